"""What a chat or form inbox is set to: the JSON of `inboxes.settings` read into values.

Reading never fails: whatever is missing or of the wrong shape takes its default, so that a visitor
never sees an error because of a setting. Whoever edits settings checks them where they are edited.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from html import escape
from typing import Any, Literal, Self, cast, get_args

Position = Literal["end", "start"]
FieldKind = Literal["text", "email", "textarea", "select", "phone", "checkbox", "file"]
Answering = Literal["off", "suggest", "answer"]
Localised = Mapping[str, str]  # {"en": "Hello", "zh_Hans": "您好"}; empty: the product's own words

DEFAULT_COLOR = "#3b5bdb"
QUEUE_CAP = 50
MAX_LENGTH = 500
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_SITE = re.compile(r"(https?://)?(\*\.)?[a-z0-9.-]+(:\d{1,5})?", re.IGNORECASE)


def localised(texts: Localised, locale: str) -> str:
    """The text in this language, else in English, else in any; empty where there is none."""
    return texts.get(locale) or texts.get("en") or next(iter(texts.values()), "")


@dataclass(frozen=True, slots=True)
class PreChatField:
    """A question before the first message: only "name" and "email" are asked."""

    name: Literal["name", "email"]
    required: bool = False


@dataclass(frozen=True, slots=True)
class WidgetSettings:
    """How a chat inbox looks and behaves on the sites that show it.

    `allowed_sites` are origins or hosts ("https://shop.example", "*.shop.example") that may embed
    the widget; none: any site. `identity_secrets` are those with which the site's own server signs
    who its user is; two of them while one is being replaced. `queue_cap` is how many may wait before a message is asked for
    instead; 0: no cap. `answers` says whether articles are suggested, or answer before a person is
    asked; `page_views`, whether the pages on which it is opened are kept as events; `holdout_pct` of the visitors see neither, to measure what that changes. Texts are per
    locale; an empty one means the product's own words.
    """

    color: str = DEFAULT_COLOR
    position: Position = "end"
    title: Localised = field(default_factory=dict)
    greeting: Localised = field(default_factory=dict)
    launcher: Localised = field(default_factory=dict)
    offline_message: Localised = field(default_factory=dict)
    pre_chat: tuple[PreChatField, ...] = ()
    consent: Localised = field(default_factory=dict)
    consent_required: bool = False
    policy_url: str = ""
    allowed_sites: tuple[str, ...] = ()
    queue_cap: int = QUEUE_CAP
    sound: bool = True
    page_views: bool = False
    answers: Answering = "suggest"
    holdout_pct: int = 0
    identity_secrets: tuple[str, ...] = ()

    @classmethod
    def of(cls, json: Mapping[str, Any] | None) -> Self:
        """The settings in an inbox's JSON."""
        read = _Reader(json)
        return cls(
            color=read.text("color", DEFAULT_COLOR, _COLOR),
            position="start" if read.text("position") == "start" else "end",
            title=read.texts("title"),
            greeting=read.texts("greeting"),
            launcher=read.texts("launcher"),
            offline_message=read.texts("offline_message"),
            pre_chat=_pre_chat(read.items("pre_chat")),
            consent=read.texts("consent"),
            consent_required=read.flag("consent_required", False),
            policy_url=read.url("policy_url"),
            allowed_sites=read.sites("allowed_sites"),
            queue_cap=read.number("queue_cap", QUEUE_CAP),
            sound=read.flag("sound", True),
            page_views=read.flag("page_views", False),
            answers=read.answering(),
            holdout_pct=min(100, read.number("holdout_pct", 0)),
            identity_secrets=tuple(read.strings("identity_secrets")),
        )

    @property
    def suggestions(self) -> bool:
        """Whether articles are offered while somebody types."""
        return self.answers != "off"

    def json(self) -> dict[str, Any]:
        """The same as JSON, to be kept in the inbox's row."""
        return asdict(self)

    def snippet(self, base_url: str, key: str) -> str:
        """The tag that a site puts into its pages to show this inbox's chat button.

        Colour, side and words of the button stand in it, so that it needs no second request.
        """
        looks = "" if self.color == DEFAULT_COLOR else f' data-color="{self.color}"'
        looks += ' data-position="start"' if self.position == "start" else ""
        for locale, label in self.launcher.items():
            name = "" if locale == "en" else "-" + locale.lower().replace("_", "-")
            looks += f' data-label{name}="{escape(label)}"'
        source = f"{base_url}/static/widget/loader.js"
        return f'<script async src="{source}" data-key="{escape(key)}"{looks}></script>'

    def asks(self, name: str) -> PreChatField | None:
        """The pre-chat field of that name, if it is asked."""
        return next((asked for asked in self.pre_chat if asked.name == name), None)


@dataclass(frozen=True, slots=True)
class FormFieldSetting:
    """One question of a form. `options` are those of a select, the same in every language."""

    name: str
    label: Localised
    kind: FieldKind = "text"
    required: bool = False
    options: tuple[str, ...] = ()
    max_length: int = MAX_LENGTH


# Labels here are the product's own words: the page translates "name", "email", "subject",
# "message" and "files" when a field has no label of its own.
DEFAULT_FIELDS = (
    FormFieldSetting("name", {}, "text", required=True, max_length=200),
    FormFieldSetting("email", {}, "email", required=True, max_length=254),
    FormFieldSetting("subject", {}, "text", max_length=200),
    FormFieldSetting("message", {}, "textarea", required=True, max_length=10_000),
    FormFieldSetting("files", {}, "file"),
)


@dataclass(frozen=True, slots=True)
class FormSettings:
    """What a form inbox asks and says. A form without an email field of its own gets one.

    `answers` and `holdout_pct` as in a widget.
    """

    color: str = DEFAULT_COLOR
    title: Localised = field(default_factory=dict)
    intro: Localised = field(default_factory=dict)
    fields: tuple[FormFieldSetting, ...] = DEFAULT_FIELDS
    thanks: Localised = field(default_factory=dict)
    policy_url: str = ""
    allowed_sites: tuple[str, ...] = ()
    answers: Answering = "suggest"
    holdout_pct: int = 0
    acknowledge: bool = True

    @classmethod
    def of(cls, json: Mapping[str, Any] | None) -> Self:
        """The settings in an inbox's JSON."""
        read = _Reader(json)
        return cls(
            color=read.text("color", DEFAULT_COLOR, _COLOR),
            title=read.texts("title"),
            intro=read.texts("intro"),
            fields=_fields(read.items("fields")),
            thanks=read.texts("thanks"),
            policy_url=read.url("policy_url"),
            allowed_sites=read.sites("allowed_sites"),
            answers=read.answering(),
            holdout_pct=min(100, read.number("holdout_pct", 0)),
            acknowledge=read.flag("acknowledge", True),
        )

    @property
    def suggestions(self) -> bool:
        """Whether articles are offered while somebody types."""
        return self.answers != "off"

    def json(self) -> dict[str, Any]:
        """The same as JSON, to be kept in the inbox's row."""
        return asdict(self)

    def snippet(self, base_url: str, key: str) -> str:
        """The tag that puts this form into a site's page, where the tag stands."""
        source = f"{base_url}/static/form/embed.js"
        return f'<script async src="{source}" data-key="{escape(key)}"></script>'


def _pre_chat(items: Sequence[Mapping[str, Any]]) -> tuple[PreChatField, ...]:
    asked = {item.get("name"): bool(item.get("required")) for item in items}
    return tuple(
        PreChatField(name, asked[name])
        for name in cast("tuple[Literal['name', 'email'], ...]", ("name", "email"))
        if name in asked
    )


def _fields(items: Sequence[Mapping[str, Any]]) -> tuple[FormFieldSetting, ...]:
    found: dict[str, FormFieldSetting] = {}
    for item in items:
        name, kind = str(item.get("name", "")), item.get("kind", "text")
        if _NAME.fullmatch(name) and kind in get_args(FieldKind):
            found[name] = _field(name, cast(FieldKind, kind), _Reader(item))
    if not found:
        return DEFAULT_FIELDS
    if not any(item.kind == "email" for item in found.values()):
        return (*found.values(), replace(DEFAULT_FIELDS[1], name="email"))
    return tuple(found.values())


def _field(name: str, kind: FieldKind, read: "_Reader") -> FormFieldSetting:
    longest = 10_000 if kind == "textarea" else MAX_LENGTH
    return FormFieldSetting(
        name=name,
        label=read.texts("label"),
        kind=kind,
        required=read.flag("required", False),
        options=tuple(read.strings("options")) if kind == "select" else (),
        max_length=min(longest, read.number("max_length", longest) or longest),
    )


class _Reader:
    """Takes values out of JSON that people wrote; whatever does not fit is the default."""

    def __init__(self, json: Mapping[str, Any] | None) -> None:
        self._json = json if isinstance(json, Mapping) else {}

    def text(self, name: str, default: str = "", shape: re.Pattern[str] | None = None) -> str:
        value = self._json.get(name)
        if not isinstance(value, str) or (shape is not None and not shape.fullmatch(value)):
            return default
        return value.strip()

    def texts(self, name: str) -> Localised:
        value = self._json.get(name)
        if isinstance(value, str):
            return {"en": value} if value.strip() else {}
        if not isinstance(value, Mapping):
            return {}
        return {
            str(locale): text.strip()
            for locale, text in value.items()
            if isinstance(text, str) and text.strip()
        }

    def flag(self, name: str, default: bool) -> bool:
        value = self._json.get(name)
        return value if isinstance(value, bool) else default

    def number(self, name: str, default: int) -> int:
        value = self._json.get(name)
        return value if isinstance(value, int) and value >= 0 else default

    def answering(self) -> Answering:
        """What the help pages do."""
        asked = self.text("answers")
        return cast(Answering, asked) if asked in get_args(Answering) else "suggest"

    def strings(self, name: str) -> list[str]:
        value = self._json.get(name)
        if not isinstance(value, list | tuple):
            return []
        return [item.strip() for item in value if isinstance(item, str) and item.strip()]

    def items(self, name: str) -> list[Mapping[str, Any]]:
        value = self._json.get(name)
        if not isinstance(value, list | tuple):
            return []
        return [item for item in value if isinstance(item, Mapping)]

    def url(self, name: str) -> str:
        value = self.text(name)
        return value if value.startswith(("https://", "http://")) else ""

    def sites(self, name: str) -> tuple[str, ...]:
        return tuple(site for site in self.strings(name) if _SITE.fullmatch(site))
