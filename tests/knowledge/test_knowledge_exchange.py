"""Articles from folders, tables and other programs; and out again, to the letter."""

import io
import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.exchange.folder import read_folder, unzip, write_folder
from knowledge.exchange.page import to_markdown
from knowledge.exchange.table import read_table
from knowledge.exchange.targets import PICTURE
from knowledge.exchange.values import Refused, SentArticle, SentText, Unreadable
from knowledge.exchange.zammad import read_zammad
from knowledge.exchange.zendesk import read_zendesk

TAGS = {"en": "en", "en-us": "en", "zh-cn": "zh_Hans", "zh_Hans": "zh_Hans", "zh-tw": "zh_Hant"}


def locale_of(tag: str) -> str | None:
    """The languages of these tests."""
    return TAGS.get(tag) or TAGS.get(tag.lower())


def test_a_folder_is_read_with_and_without_front_matter() -> None:
    files = {
        "Delivery/when.en.md": b"---\nid: kb-1\ntitle: When?\nstatus: published\n"
        b"alternatives: [Where is it]\n---\nSoon.\n",
        "Delivery/when.zh-CN.md": "---\nid: kb-1\ntitle: 何时\n---\n很快".encode(),
        "plain.md": b"# How do I pay?\n\nBy card.\n",
        "picture.png": b"...",
    }
    parcel = read_folder(files, locale_of, "en")
    assert parcel.refused == []
    first, second = parcel.articles
    assert (first.id, first.status, list(first.texts)) == ("kb-1", "published", ["en", "zh_Hans"])
    assert first.texts["en"] == SentText("When?", "Soon.\n", ("Where is it",))
    assert second.texts["en"] == SentText("How do I pay?", "By card.\n")
    assert (second.slug, second.id) == ("plain", "")


def test_what_cannot_be_taken_is_named_with_its_reason() -> None:
    files = {
        "a.md": b"---\ntitle: [\n---\n",
        "b.md": b"No title at all",
        "c.md": b"---\ntitle: C\nlocale: tlh\n---\n",
        "d.md": b"\xff\xfe\x00",
        "e.md": b"---\ntitle: E\nvisibility: secret\n---\n",
        "f.md": b"---\ntitle: F\ncheck_by: soon\n---\n",
        "g.en.md": b"---\nid: g\ntitle: G\n---\n",
        "h.en.md": b"---\nid: g\ntitle: G again\n---\n",
    }
    parcel = read_folder(files, locale_of, "en")
    assert parcel.refused == [
        Refused("a.md", "front_matter"),
        Refused("d.md", "not_utf8"),
        Refused("b.md", "no_title"),
        Refused("c.md", "language"),
        Refused("e.md", "visibility"),
        Refused("f.md", "check_by"),
        Refused("h.en.md", "twice"),
    ]
    assert [article.id for article in parcel.articles] == ["g"]


def test_pictures_are_called_by_their_place_in_the_folder() -> None:
    files = {"docs/a/x.md": b"# X\n\n![it](../img/p.png) ![web](https://e.example/p.png)",
             "docs/img/p.png": b"1"}  # fmt: skip
    parcel = read_folder(files, locale_of, "en")
    assert set(parcel.pictures) == {"img/p.png"}
    body = parcel.articles[0].texts["en"].body
    assert body == f"![it]({PICTURE}img/p.png) ![web](https://e.example/p.png)"


def test_folders_of_other_programs_say_language_and_address() -> None:
    files = {
        "docs/en/README.md": b"# All\n",
        "docs/en/brew/README.md": b"# Brewing\n",
        "docs/zh-CN/brew/README.md": "# 冲泡\n".encode(),
        "docs/en/brew/water.md": b"# Water for brewing\n",
        "docs/en/care/water.md": b"# Water for care\n",
        "docs/zh-CN/care/water.md": "# 水\n".encode(),
    }
    parcel = read_folder(files, locale_of, "en")
    assert parcel.refused == []
    found = {article.slug: (article.category, list(article.texts)) for article in parcel.articles}
    assert found == {
        "README": ((), ["en"]),
        "brew": (("brew",), ["en", "zh_Hans"]),
        "brew-water": (("brew",), ["en"]),
        "care-water": (("care",), ["en", "zh_Hans"]),
    }


LINE = st.text(
    alphabet=st.characters(exclude_categories=("C",), exclude_characters="\r"), max_size=30
)
WORD = LINE.map(str.strip).filter(bool)
BODY = st.lists(LINE, max_size=5).map("\n".join)
TEXTS = st.builds(SentText, WORD, BODY, st.lists(WORD, max_size=3).map(tuple))


@given(
    st.dictionaries(st.sampled_from(["en", "zh_Hans", "zh_Hant"]), TEXTS, min_size=1),
    st.lists(WORD, max_size=2).map(tuple),
    st.sampled_from(["public", "customer", "internal"]),
    st.sampled_from(["draft", "published", "archived"]),
    st.sampled_from(["", "zendesk:17", "a: b", "2024"]),
)
def test_what_is_written_is_read_the_same(texts, category, visibility, status, number) -> None:  # type: ignore[no-untyped-def]
    article = SentArticle(
        number, texts, category, visibility, status, "the-slug", "ana@tea.example", "2026-05-31"
    )
    packed = write_folder([article], {"files/p.png": b"1"})
    parcel = read_folder(unzip(packed), lambda tag: tag, "en")
    assert parcel.refused == []
    assert parcel.articles == [article]
    assert next(iter(parcel.articles[0].texts)) == next(iter(texts))
    assert write_folder(parcel.articles, parcel.pictures) == packed


def test_a_table_is_read_whatever_its_signs() -> None:
    for delimiter, encoding in ((",", "utf-8"), (";", "utf-8-sig"), ("\t", "utf-16")):
        table = delimiter.join(["Question", "answer", "id", "lang", "alternatives", "format"])
        table += "\n" + delimiter.join(["When?", "<p>So<b>on</b></p>", "7", "en", "a | b", "html"])
        table += "\n" + delimiter.join(["何时", "很快", "7", "zh-CN", "", ""])
        table += "\n" + delimiter.join(["", "No title", "8", "en", "", ""])
        parcel = read_table(table.encode(encoding), locale_of, "en")
        assert [list(article.texts) for article in parcel.articles] == [["en", "zh_Hans"]]
        assert parcel.articles[0].texts["en"] == SentText("When?", "So**on**", ("a", "b"))
        assert parcel.refused == [Refused("4", "no_title")]
    with pytest.raises(Unreadable):
        read_table(b"a,b\n1,2\n", locale_of, "en")


def test_an_export_of_zendesk_is_read_in_all_languages() -> None:
    export = {
        "articles": [
            {"id": 1, "title": "When?", "body": "<h2>Soon</h2><p>In <strong>3</strong> days</p>",
             "locale": "en-us", "source_locale": "en-us", "section_id": 5, "draft": False,
             "label_names": ["where is it"]},
            {"id": 2, "title": "Staff", "body": "", "locale": "en-us", "section_id": 5,
             "user_segment_id": 9},
            {"id": 3, "title": "Signed in", "body": "", "locale": "en-us", "user_segment_id": 8,
             "draft": True},
        ],
        "sections": [{"id": 5, "name": "Abroad", "category_id": 6}],
        "categories": [{"id": 6, "name": "Delivery"}],
        "user_segments": [{"id": 8, "user_type": "signed_in_users"},
                          {"id": 9, "user_type": "staff"}],
        "translations": [
            {"source_id": 1, "source_type": "Article", "locale": "zh-cn", "title": "何时",
             "body": "<p>很快</p>"},
            {"source_id": 5, "source_type": "Section", "locale": "zh-cn", "title": "国外"},
            {"source_id": 1, "source_type": "Article", "locale": "xx", "title": "?", "body": ""},
        ],
    }  # fmt: skip
    parcel = read_zendesk({"export.json": json.dumps(export).encode()}, locale_of, "en")
    first, staff, signed_in = parcel.articles
    assert first == SentArticle(
        "zendesk:1",
        {
            "en": SentText("When?", "## Soon\n\nIn **3** days", ("where is it",)),
            "zh_Hans": SentText("何时", "很快"),
        },
        ("Delivery", "Abroad"),
        "public",
        "published",
    )
    assert (staff.visibility, signed_in.visibility, signed_in.status) == (
        "internal",
        "customer",
        "draft",
    )
    assert parcel.refused == [Refused("1 (xx)", "language")]


def test_an_export_of_zammad_is_read_in_all_languages() -> None:
    assets = {
        "KnowledgeBaseLocale": {"1": {"primary": True, "system_locale_id": 3},
                                "2": {"primary": False, "system_locale_id": 4}},
        "Locale": {"3": {"locale": "en-us"}, "4": {"locale": "zh-tw"}},
        "KnowledgeBaseCategory": {"7": {"parent_id": None}, "8": {"parent_id": 7}},
        "KnowledgeBaseCategoryTranslation": {
            "1": {"category_id": 7, "kb_locale_id": 1, "title": "Delivery"},
            "2": {"category_id": 8, "kb_locale_id": 1, "title": "Abroad"}},
        "KnowledgeBaseAnswer": {
            "4": {"category_id": 8, "published_at": "2024-01-01"},
            "5": {"category_id": 7, "internal_at": "2024-01-01"},
            "6": {"category_id": 7}},
        "KnowledgeBaseAnswerTranslation": {
            "10": {"answer_id": 4, "kb_locale_id": 2, "title": "何時", "content_id": 20},
            "11": {"answer_id": 4, "kb_locale_id": 1, "title": "When?", "content_id": 21},
            "12": {"answer_id": 5, "kb_locale_id": 1, "title": "Staff", "content_id": 22}},
        "KnowledgeBaseAnswerTranslationContent": {
            "20": {"body": "<p>很快</p>"}, "21": {"body": "<ul><li>Soon</li></ul>"}},
    }  # fmt: skip
    data = json.dumps({"assets": assets}).encode()
    parcel = read_zammad({"init.json": data}, locale_of, "en")
    first, staff = parcel.articles
    assert list(first.texts) == ["en", "zh_Hant"]
    assert first.texts["en"] == SentText("When?", "- Soon")
    assert (first.id, first.category) == ("zammad:4", ("Delivery", "Abroad"))
    assert (first.status, first.visibility) == ("published", "public")
    assert (staff.status, staff.visibility) == ("published", "internal")
    assert parcel.refused == [Refused("6", "no_title")]


def test_scripts_and_comments_of_a_page_do_not_come_along() -> None:
    html = "<p>A&nbsp;b</p><!-- no --><script>alert(1)</script><style>p{}</style><p>c</p>"
    assert to_markdown(html) == "A b\n\nc"


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04broken", b"not a zip"])
def test_a_broken_archive_is_refused(data: bytes) -> None:
    with pytest.raises(Unreadable, match="not_a_zip"):
        unzip(data)


def test_a_document_that_is_no_export_is_refused() -> None:
    for read in (read_zendesk, read_zammad):
        for data in (b"{", b"[]", b"{}", b'{"articles": 3}', b"\xff"):
            with pytest.raises(Unreadable):
                read({"x.json": data}, locale_of, "en")


def test_an_archive_that_was_damaged_on_its_way_is_said_to_be_none() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.md", "# Parcels\n" + "By post. " * 200)
    damaged = bytearray(packed.getvalue())
    damaged[34:40] = b"\xff" * 6  # the first bytes of what is compressed
    with pytest.raises(Unreadable, match="not_a_zip"):
        unzip(bytes(damaged))
