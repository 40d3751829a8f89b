"""The template filters: `formats` bound to a language, a clock and the reader's zone."""

import re
from collections.abc import Callable
from typing import Any

from babel import Locale
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from app.pages import formats
from channels.email.markup import formatted

Shape = Callable[[Context, int], str]


def filters(
    locale: Locale, now: Callable[[], int], gettext: Callable[[str], str]
) -> dict[str, Callable[..., Any]]:
    """All filters of one language. Those that show a clock read `time_zone` from the context."""
    shapes = _shapes(locale, now, gettext)

    @pass_context
    def time(context: Context, at: int, shape: str = "ago") -> Markup:
        """A <time> element that time.js keeps up to date; `shape` is a key of `_shapes`."""
        return Markup(
            '<time datetime="{}" title="{}" data-at="{}" data-shape="{}">{}</time>'
        ).format(
            formats.local(at, formats.zone("UTC")).isoformat(timespec="seconds"),
            shapes["moment"](context, at),
            at,
            shape,
            shapes[shape](context, at),
        )

    texts = {name: pass_context(shape) for name, shape in shapes.items()}
    return texts | {
        "time": time,
        "linked": linked,
        "written": written,
        "timer": formats.timer,
        "duration": lambda ms: formats.duration(ms, locale),
        "filesize": lambda size: formats.filesize(size, locale),
        "number": lambda value: formats.number(value, locale),
        "percent": lambda share, digits=0: formats.percent(share, locale, digits),
        "language": lambda tag: formats.language(tag, locale),
        "attrs": attributes,
    }


def _shapes(
    locale: Locale, now: Callable[[], int], gettext: Callable[[str], str]
) -> dict[str, Shape]:
    """Ways to write a moment: each is a filter of its own and a `data-shape` in the browser."""

    def zone(context: Context) -> Any:
        return formats.zone(context.get("time_zone"))

    def ago(context: Context, at: int) -> str:
        return formats.ago(at, now(), locale, zone(context)) or gettext("now")

    return {
        "ago": ago,
        "clock": lambda context, at: formats.clock(at, locale, zone(context)),
        "day": lambda context, at: formats.day(at, now(), locale, zone(context)),
        "weekday": lambda context, at: formats.weekday(at, locale, zone(context)),
        "moment": lambda context, at: formats.moment(at, locale, zone(context)),
        "utc_day": lambda _context, at: formats.weekday(at, locale, formats.zone("UTC")),
        "since": lambda _context, at: formats.timer(now() - at),
        "until": lambda _context, at: formats.timer(at - now()),
        "left": lambda _context, at: formats.left(abs(at - now()), locale),
    }


_LINK = re.compile(r"https?://[^\s<>\"'）】」]+[^\s<>\"'.,;:!?)\]）】」。，；：！？]")


def linked(text: str) -> Markup:
    """Plain text with its web addresses as links, opened in a tab that knows nothing of ours."""
    parts, at = [], 0
    for match in _LINK.finditer(text):
        parts.append(escape(text[at : match.start()]))
        parts.append(
            Markup(
                '<a href="{0}" target="_blank" rel="noopener noreferrer nofollow">{0}</a>'
            ).format(match[0])
        )
        at = match.end()
    return Markup("").join([*parts, escape(text[at:])])


_SIGNS = re.compile(r"[*_`>\[]|^\s*(?:[-+]|\d+[.)])\s", re.MULTILINE)
_OUTSIDE = '<a target="_blank" rel="noopener noreferrer nofollow" '


def written(text: str) -> Markup:
    """What an agent wrote as a mail, in the shape in which the customer reads it."""
    if not _SIGNS.search(text):
        return linked(text)
    # every < of the text itself is escaped: this one is of a link
    shown = formatted(text).replace("<a ", _OUTSIDE)
    return Markup('<div class="message-formatted">{}</div>').format(Markup(shown))


def attributes(values: dict[str, Any]) -> Markup:
    """Keyword arguments as HTML attributes: hx_get → hx-get, class_ → class.

    True makes a bare attribute; None and False leave it out.
    """
    parts = []
    for name, value in values.items():
        if value is None or value is False:
            continue
        name = name.rstrip("_").replace("_", "-")
        pattern = Markup(" {}") if value is True else Markup(' {}="{}"')
        parts.append(pattern.format(name, value))
    return Markup("").join(parts)
