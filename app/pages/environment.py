"""The Jinja environment of each language, and rendering of whole pages, blocks and fragments."""

import json
import zlib
from collections.abc import Callable, Hashable
from gettext import NullTranslations
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from babel import Locale
from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from jinja2_fragments import render_block
from markupsafe import Markup

from app import clock
from app.pages.assets import Assets
from app.pages.filters import filters
from app.pages.locales import DEFAULT_LOCALE, LANGUAGE_TAGS, LOCALE_NAMES, load_translations

KEPT = 4_096  # fragments, of about 2 KB
HUES = 8  # how many avatar colours components.css defines


class _Compiled(BytecodeCache):
    """What templates were compiled to, for a second application in the same process."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what is kept of this template's text."""
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it."""
        self._kept[bucket.key, bucket.checksum] = bucket.code


_COMPILED: dict[str, _Compiled] = {}  # by locale: constants may be folded in its language


class Pages:
    """Renders templates in a reader's language. Safe to share between threads and tasks.

    Every macro in `templates/components/` is at hand in every template as `ui.<name>`, without an
    import, also when a single block is rendered.
    """

    def __init__(
        self,
        templates_dir: Path,
        locale_dir: Path,
        static_dir: Path | None = None,
        *,
        now: Callable[[], int] = clock.now,
        reload: bool = False,
    ) -> None:
        self.assets = Assets(static_dir or templates_dir.parent / "static")
        self._templates_dir = templates_dir
        self._locale_dir = locale_dir
        self._now = now
        self._reload = reload
        self._environments: dict[str, Environment] = {}
        self._catalogues: dict[str, NullTranslations] = {}
        self._drawn: dict[tuple[str, str, Hashable], Markup] = {}

    def render(self, template: str, locale: str = DEFAULT_LOCALE, /, **context: Any) -> str:
        """A whole template. `time_zone` in the context (an IANA name) decides what clocks show."""
        return self.environment(locale).get_template(template).render(context)

    def render_block(
        self, template: str, block: str, locale: str = DEFAULT_LOCALE, /, **context: Any
    ) -> str:
        """One block of a template, for an answer that replaces only that part of the page."""
        return render_block(self.environment(locale), template, block, context)

    def fragment(self, key: Hashable, template: str, locale: str, /, **context: Any) -> Markup:
        """A piece of a page that depends on nothing but its key, template and locale: drawn once
        and kept, for whoever asks with an equal key."""
        found = self._drawn.get((template, locale, key))
        if found is None:
            found = Markup(self.render(template, locale, **context))
            if len(self._drawn) >= KEPT:  # the oldest go; a dict keeps the order of insertion
                for old in list(islice(self._drawn, KEPT // 8)):
                    self._drawn.pop(old, None)
            self._drawn[template, locale, key] = found
        return found

    def translate(self, locale: str, message: str, /, **values: Any) -> str:
        """A message marked with `N_`, in the reader's language, its %(placeholders)s filled."""
        return self._translations(locale).gettext(message) % values

    def environment(self, locale: str) -> Environment:
        """The environment of a locale, made when it is first needed; English for an unknown one."""
        locale = locale if locale in LOCALE_NAMES else DEFAULT_LOCALE
        if locale not in self._environments:
            self._environments[locale] = self._make(locale)
        return self._environments[locale]

    def _translations(self, locale: str) -> NullTranslations:
        if locale not in self._catalogues:
            self._catalogues[locale] = load_translations(self._locale_dir, locale)
        return self._catalogues[locale]

    def _make(self, locale: str) -> Environment:
        translations = self._translations(locale)
        environment = Environment(
            loader=FileSystemLoader(self._templates_dir),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=self._reload,
            bytecode_cache=_COMPILED.setdefault(locale, _Compiled()),
            extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"],
        )
        environment.policies["ext.i18n.trimmed"] = True
        environment.install_gettext_translations(  # type: ignore[attr-defined]
            translations, newstyle=True
        )
        environment.globals.update(
            static=self.assets.url,
            icon=self._icon,
            locale=locale,
            lang=LANGUAGE_TAGS[locale],
            locale_names=LOCALE_NAMES,
            hue=_hue,
            initials=_initials,
            now=self._now,
        )
        environment.filters.update(filters(Locale.parse(locale), self._now, translations.gettext))
        self._add_components(environment)
        return environment

    def _add_components(self, environment: Environment) -> None:
        """Put every macro of templates/components/ into the global `ui`, which they may use too."""
        components = environment.globals["ui"] = SimpleNamespace()
        for name in environment.list_templates(["html"]):
            if not name.startswith("components/"):
                continue
            for macro, value in vars(environment.get_template(name).module).items():
                if macro.startswith("_") or not callable(value):
                    continue
                if hasattr(components, macro):
                    raise ValueError(f"{name}: there is another component called {macro}")
                setattr(components, macro, value)

    def _icon(self, name: str, label: str = "", size: str = "") -> Markup:
        """A drawing from static/icons.svg: decoration, unless it has a label of its own."""
        meaning = Markup('aria-hidden="true"')
        if label:
            meaning = Markup('role="img" aria-label="{}"').format(label)
        return Markup('<svg class="icon{}" {}><use href="{}#{}"></use></svg>').format(
            f" icon-{size}" if size else "", meaning, self.assets.url("icons.svg"), name
        )


def toast(text: str, kind: str = "info", undo: str | None = None) -> dict[str, str]:
    """The response header that makes the page show a short notice; `undo` is a URL to POST to."""
    # Sent to the body: the button that asked may have left the page meanwhile.
    notice = {"text": text, "kind": kind, "target": "body"} | ({"undo": undo} if undo else {})
    return {"HX-Trigger": json.dumps({"toast": notice})}


def _hue(seed: Any) -> str:
    """A colour class that stays with a person: the same seed (an id or a name), the same colour."""
    return f"hue-{zlib.crc32(str(seed).encode()) % HUES}"


def _initials(name: str) -> str:
    """One or two letters for an avatar; one character is enough where names are written in Han."""
    words = [word for word in name.replace("@", " ").replace(".", " ").split() if word[0].isalnum()]
    if not words:
        return "?"
    if ord(words[0][0]) > 0x2E80:
        return words[0][-2:] if len(words[0]) <= 3 else words[0][0]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()
