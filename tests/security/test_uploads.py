"""Files from browsers: what they are, how they are called, what is left of a picture."""

import io

import pytest
from PIL import Image

from app.db import Invalid
from app.security.uploads import LONGEST_SIDE, check_photo, check_upload, clean_name

LIMIT = 1_000_000


def picture(form: str = "JPEG", size: tuple[int, int] = (40, 20), **save: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, form, **save)  # type: ignore[arg-type]
    return out.getvalue()


def test_a_picture_is_drawn_anew_without_what_was_hidden_in_it() -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    exif[0x0112] = 6  # lies on its side
    original = picture(exif=exif) + b"<script>alert(1)</script>"
    kept = check_upload("p.jpg", original, LIMIT)
    assert b"taken at home" not in kept.data
    assert b"script" not in kept.data
    assert (kept.width, kept.height) == (20, 40)
    assert kept.content_type == "image/jpeg"


def test_a_large_picture_is_made_smaller() -> None:
    kept = check_upload("p.png", picture("PNG", (LONGEST_SIDE + 500, 10)), LIMIT)
    assert kept.width == LONGEST_SIDE


def test_a_small_file_that_is_a_huge_picture_is_refused() -> None:
    bomb = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(bomb, "PNG")
    with pytest.raises(Invalid, match=r"too_large|not_a_picture"):
        check_upload("bomb.png", bomb.getvalue(), LIMIT * 10)


def test_an_animation_stays_one() -> None:
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "green", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=50)
    kept = check_upload("a.gif", out.getvalue(), LIMIT)
    with Image.open(io.BytesIO(kept.data)) as image:
        assert image.n_frames == 3  # type: ignore[attr-defined]


def test_the_type_is_what_the_content_shows() -> None:
    html = check_upload("page.png", b"<html><script>alert(1)</script>", LIMIT)
    assert (html.content_type, html.width) == ("text/plain", None)
    svg = check_upload("x.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>', LIMIT)
    assert svg.content_type == "text/plain"
    assert check_upload("x.pdf", b"%PDF-1.7 ...", LIMIT).content_type == "application/pdf"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("setup.exe", b"anything"),
        ("holiday.jpg", b"MZ" + b"\0" * 100),
        ("run.PS1", b"text"),
        ("open.me.lnk", b"text"),
        ("empty.txt", b""),
        ("big.txt", b"x" * (LIMIT + 1)),
        ("broken.png", b"\x89PNG\r\n\x1a\n" + b"no picture"),
    ],
)
def test_what_nobody_needs_to_send_is_refused(name: str, data: bytes) -> None:
    with pytest.raises(Invalid):
        check_upload(name, data, LIMIT)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a b.txt", "a b.txt"),
        ("\u202etxt.exe", "txt.exe"),
        ('a"\r\nX: y.txt', "aX y.txt"),
        ("  ", "file"),
        (".htaccess", "htaccess"),
        ("报价单.pdf", "报价单.pdf"),
    ],
)
def test_names_lose_what_breaks_paths_and_headers(given: str, kept: str) -> None:
    assert clean_name(given) == kept


def test_a_long_name_keeps_its_ending() -> None:
    assert clean_name("x" * 400 + ".pdf").endswith(".pdf")
    assert len(clean_name("x" * 400 + ".pdf")) <= 150


def test_a_photo_becomes_a_small_square() -> None:
    photo = check_photo(picture("PNG", (600, 300)), LIMIT)
    assert (photo.content_type, photo.width, photo.height) == ("image/webp", 256, 256)
    with pytest.raises(Invalid, match="not_a_picture"):
        check_photo(b"%PDF-1.7", LIMIT)
