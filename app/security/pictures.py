"""Pictures drawn anew: upright, no larger than asked for, and without anything hidden in them.

Imported where a picture comes in, and not before: Pillow takes its time and memory.
"""

import io

from PIL import Image, ImageOps, UnidentifiedImageError

from app.db import Invalid

FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/gif": "GIF"}
MOST_PIXELS = 50_000_000  # larger ones are not opened: a small file can be a huge picture
MOST_FRAMES = 200
_UNREADABLE = (
    UnidentifiedImageError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
)


def redraw(
    data: bytes, content_type: str, longest: int, *, square: bool = False, field: str = "file"
) -> tuple[bytes, int, int]:
    """(bytes, width, height) of the same picture, drawn anew: upright, without EXIF or anything
    hidden in it, no side longer than `longest` pixels."""
    try:
        with Image.open(io.BytesIO(data), formats=list(FORMATS.values())) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Invalid(**{field: "too_large"})
            if square:
                return _square(image, longest)
            if getattr(image, "is_animated", False):
                return _animation(image, longest, field)
            return _still(image, FORMATS[content_type], longest)
    except _UNREADABLE as error:
        raise Invalid(**{field: "not_a_picture"}) from error


def _still(image: Image.Image, form: str, longest: int) -> tuple[bytes, int, int]:
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((longest, longest))
    if form == "JPEG" and upright.mode not in ("RGB", "L"):
        upright = upright.convert("RGB")
    upright.info = {}
    return _encoded(upright, form), upright.width, upright.height


def _square(image: Image.Image, side: int) -> tuple[bytes, int, int]:
    upright = ImageOps.exif_transpose(image).convert("RGB")
    upright.info = {}
    return _encoded(ImageOps.fit(upright, (side, side)), "WEBP"), side, side


def _animation(image: Image.Image, longest: int, field: str) -> tuple[bytes, int, int]:
    count = getattr(image, "n_frames", 1)
    if count > MOST_FRAMES or count * image.width * image.height > MOST_PIXELS * 4:
        raise Invalid(**{field: "too_large"})
    frames, durations = [], []
    for number in range(count):
        image.seek(number)
        frame = image.convert("RGBA")
        frame.thumbnail((longest, longest))
        frame.info = {}
        frames.append(frame)
        durations.append(int(image.info.get("duration") or 100))
    out = io.BytesIO()
    form = image.format or "GIF"
    frames[0].save(out, form, save_all=True, append_images=frames[1:], duration=durations, loop=0)
    return out.getvalue(), frames[0].width, frames[0].height


def _encoded(image: Image.Image, form: str) -> bytes:
    out = io.BytesIO()
    image.save(out, form, quality=88) if form in ("JPEG", "WEBP") else image.save(out, form)
    return out.getvalue()
