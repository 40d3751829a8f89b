"""Writing an article: one language at a time, kept while one types, saved, published, proposed."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup
from sqlalchemy import Connection

from app import clock
from app.actions.article import save_article
from app.actions.article_draft import drop_draft, keep_draft
from app.actions.article_publish import plan_article, publish_article
from app.actions.article_review import ask_review
from app.actions.category import slug_of
from app.db import Conflict, Invalid, Tx
from app.pages import LOCALE_NAMES, N_
from app.queries.article_categories import category_names
from app.queries.article_editor import DraftRow, EditorArticle, editor_article, own_draft
from app.queries.article_source import Drafted, drafted_from
from app.queries.article_together import Together, together
from app.queries.article_versions import text_at
from app.queries.choices import Choice, agent_choices, brand_choices
from app.runtime import Runtime
from app.security.permissions import Actor
from app.security.sessions import Session
from app.web.console.authoring.written import Written, written
from app.web.console.refusals import ConsoleRoute, errors_of, words_of
from app.web.prose import prose
from app.web.request import Run, SignedIn, Who, frame, html
from app.web.review_mail import tell_reviewers
from knowledge.changes import Part, changes

router = APIRouter(route_class=ConsoleRoute, prefix="/knowledge")
Form_ = Annotated[Written, Form()]
CHANGED = N_(
    "Somebody else has changed this meanwhile. Your text is here: look at theirs and save again."
)
UNDER = 2  # the headings of a preview come below the page's


@dataclass(frozen=True, slots=True)
class Page:
    """What the editor shows beside the form."""

    article: EditorArticle | None
    draft: DraftRow | None
    brands: tuple[Choice, ...]
    people: tuple[Choice, ...]
    categories: tuple[str, ...]
    source: Drafted | None = None  # the conversation it was written from
    drift: tuple[Part, ...] = ()  # what changed in the original since it was translated
    together: Together | None = None  # others at the same text


@router.get("/new")
async def new(
    runtime: Run,
    session: SignedIn,
    title: str = "",
    lang: str = "",
    alternatives: str = "",
    brand: str = "",
) -> Response:
    """An empty article in the author's language, or what they were writing last."""
    page = await runtime.db.query(_read_new, session.actor)
    typed = Written(
        lang=lang if lang in LOCALE_NAMES else session.actor.locale,
        brand=next((it.id for it in page.brands if str(it.id) == brand), None)
        or (page.brands[0].id if page.brands else None),
        owner=str(session.actor.agent_id),
        title=title[:300],
        alternatives=alternatives[:5_000],
    )
    if page.draft is not None and not title:
        typed = typed.model_copy(
            update={
                "lang": page.draft.locale,
                "brand": page.draft.brand_id,
                "title": page.draft.title,
                "body": page.draft.body,
                "alternatives": "\n".join(page.draft.alternatives),
            }
        )
    return html(_draw(runtime, session, page, typed))


@router.post("/preview")
async def preview(
    session: SignedIn, body: Annotated[str, Form(max_length=250_000)] = ""
) -> Response:
    """The Markdown as readers will see it."""
    return html(prose(body, under=UNDER))


@router.get("/{article_id:int}")
async def edit(
    runtime: Run,
    session: SignedIn,
    article_id: int,
    lang: str = "",
    beside: str = "",
    saved: str = "",
    alternatives: str = "",
) -> Response:
    """An article in one of its languages, or a new language of it; `alternatives` are phrasings to
    be added to those it has."""
    page = await runtime.db.query(_read, session.actor, article_id, lang, beside)
    assert page.article is not None
    locale = _language(page.article, session.actor, lang)
    if (
        locale not in page.article.texts and page.article.texts
    ):  # translated with the original beside
        beside = beside or page.article.locale
    typed = written(page.article, locale, page.draft, session.actor.time_zone)
    if alternatives:
        more = f"{typed.alternatives}\n{alternatives[:5_000]}".strip()
        typed = typed.model_copy(update={"alternatives": more})
    return html(_draw(runtime, session, page, typed, beside=beside, saved=saved))


@router.post("/new")
@router.post("/{article_id:int}")
async def save(
    runtime: Run, session: SignedIn, typed: Form_, article_id: int | None = None
) -> Response:
    """Keep what was written, and publish it or ask for a review if that was the button."""
    try:
        kept, said = await runtime.db.write(
            _save_and_tell, runtime, session.actor, typed, article_id
        )
    except (Invalid, Conflict) as error:
        return await _again(runtime, session, article_id, typed, error)
    return RedirectResponse(f"/knowledge/{kept}?lang={typed.lang}&saved={said}", 303)


@router.post("/new/draft")
@router.post("/{article_id:int}/draft")
async def keep(
    runtime: Run, session: SignedIn, typed: Form_, article_id: int | None = None
) -> Response:
    """Keep what is being written, without saving it: the words beside the buttons say when."""
    actor, now = session.actor, clock.now()
    await runtime.db.write(
        keep_draft, actor, article_id, typed.brand or 0, typed.lang, typed.text, typed.revision
    )
    others = None
    if article_id is not None:
        others = await runtime.db.query(
            together, actor, article_id, typed.lang, typed.revision, now
        )
    words = runtime.pages.render(
        "console/_draft_kept.html", actor.locale, **frame(session), at=now, together=others
    )
    return html(words)


@router.post("/new/draft/drop")
@router.post("/{article_id:int}/draft/drop")
async def drop(
    runtime: Run, actor: Who, lang: Annotated[str, Form()] = "en", article_id: int | None = None
) -> Response:
    """Throw away what was not saved."""
    await runtime.db.write(drop_draft, actor, article_id, lang)
    return RedirectResponse(
        f"/knowledge/{article_id}?lang={lang}" if article_id else "/knowledge/new", 303
    )


def _save_and_tell(
    tx: Tx, runtime: Runtime, actor: Actor, typed: Written, article_id: int | None
) -> tuple[int, str]:
    kept, said = _save(tx, actor, typed, article_id)
    if said == "asked":
        tell_reviewers(tx, runtime, kept)
    return kept, said


def _save(tx: Tx, actor: Actor, typed: Written, article_id: int | None) -> tuple[int, str]:
    """Everything the buttons do, in one write; returns the article and what to say."""
    if article_id is not None and typed.then == "review":
        held = editor_article(tx.conn, actor, article_id)
        if held.status in ("published", "archived"):  # a proposal: the article stays as it is
            ask_review(tx, actor, article_id, typed.note, (typed.lang, typed.text))
            return article_id, "asked"
    kept = save_article(tx, actor, typed.brand or 0, typed.draft(), article_id, typed.version)
    drop_draft(tx, actor, article_id, typed.lang)
    publish_at, archive_at = typed.plan(actor.time_zone)
    if typed.then == "publish":
        publish_article(tx, actor, kept)
        plan_article(tx, actor, kept, None, archive_at)
        return kept, "published"
    plan_article(tx, actor, kept, publish_at, archive_at)
    if typed.then == "review":
        ask_review(tx, actor, kept, typed.note)
        return kept, "asked"
    is_elsewhere = typed.slug and editor_article(tx.conn, actor, kept).slug != slug_of(typed.slug)
    return kept, "elsewhere" if is_elsewhere else "saved"


def _read_new(conn: Connection, actor: Actor) -> Page:
    return Page(
        None,
        own_draft(conn, actor, None, ""),
        brand_choices(conn, actor),
        agent_choices(conn, actor),
        category_names(conn, actor, None),
    )


def _read(
    conn: Connection,
    actor: Actor,
    article_id: int,
    lang: str,
    beside: str = "",
    began_from: int | None = None,
) -> Page:
    article = editor_article(conn, actor, article_id)
    locale = _language(article, actor, lang)
    draft, held = own_draft(conn, actor, article, locale), article.texts.get(locale)
    if began_from is None:
        began_from = draft.revision if draft else held.revision if held else 0
    return Page(
        article,
        draft,
        brand_choices(conn, actor),
        agent_choices(conn, actor),
        category_names(conn, actor, article.brand_id),
        source=drafted_from(conn, actor, article) if article.status == "draft" else None,
        drift=_drift(conn, article, locale) if beside == article.locale else (),
        together=together(conn, actor, article.id, locale, began_from, clock.now()),
    )


def _drift(conn: Connection, article: EditorArticle, locale: str) -> tuple[Part, ...]:
    """What changed in the original since this translation was made of it."""
    text, own = article.texts.get(locale), article.texts.get(article.locale)
    if text is None or own is None or not text.behind or text.translated_from is None:
        return ()
    before = text_at(conn, article.id, article.locale, text.translated_from)
    if before is None:
        return ()
    return tuple(changes(f"{before.title}\n\n{before.body}", f"{own.title}\n\n{own.body}"))


def _language(article: EditorArticle, actor: Actor, asked: str) -> str:
    if asked in LOCALE_NAMES:
        return asked
    return actor.locale if actor.locale in article.texts else next(iter(article.texts), "en")


async def _again(
    runtime: Runtime,
    session: Session,
    article_id: int | None,
    typed: Written,
    error: Invalid | Conflict,
) -> Response:
    """The form once more, with what was written and what is wrong with it."""
    actor, locale = session.actor, session.actor.locale
    if article_id is None:
        page = await runtime.db.query(_read_new, actor)
    else:
        page = await runtime.db.query(_read, actor, article_id, typed.lang, "", typed.revision)
        if isinstance(error, Conflict) and error.code == "changed":
            typed = _caught_up(page, typed, actor.time_zone)
    errors = errors_of(runtime, locale, error) if isinstance(error, Invalid) else {}
    if isinstance(error, Conflict):
        words = words_of(runtime, locale, error) or error.code
        if error.code == "changed":
            words = runtime.pages.translate(locale, CHANGED)
        errors = {"form": words}
    status = 409 if isinstance(error, Conflict) else 422
    return html(_draw(runtime, session, page, typed, errors=errors), status)


def _caught_up(page: Page, typed: Written, time_zone: str) -> Written:
    """What was typed, on top of what the article is now, so that it can be saved once more; the
    details are those of now."""
    assert page.article is not None
    now = written(page.article, typed.lang, None, time_zone)
    kept = ("title", "body", "alternatives", "revision", "note", "minor")
    return now.model_copy(update={name: getattr(typed, name) for name in kept})


def _draw(runtime: Runtime, session: Session, page: Page, typed: Written, **context: Any) -> str:
    actor = session.actor
    given: dict[str, Any] = {"errors": {}, "saved": "", "beside": "", **context}
    article = page.article
    text = article.texts.get(given["beside"]) if article is not None else None
    return runtime.pages.render(
        "console/article.html", actor.locale, **frame(session), section="knowledge",
        page=page, article=article, typed=typed, locales=LOCALE_NAMES,
        preview=prose(typed.body, under=UNDER),
        other=text, other_body=prose(text.body, under=UNDER) if text is not None else Markup(""),
        help_url=f"{runtime.settings.base_url}/help/", **given,
    )  # fmt: skip
