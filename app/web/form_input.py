"""What somebody filled into a web form: taken out of the request, checked, made into a message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import FormData, UploadFile

from app.actions.customer_mail import Acknowledgement
from app.db import Invalid
from app.files import StoredFile
from app.models.inbox_settings import FormFieldSetting, FormSettings, localised
from app.pages import N_
from app.queries.visitor import Door
from app.runtime import Runtime
from app.web.widget.files import keep
from channels.form.parse import ErrorKey, FormField, validate
from channels.language import detect
from channels.values import Attachment, Inbound

# The words of fields that have no label of their own.
LABELS = {
    "name": N_("Your name"),
    "email": N_("Your email address"),
    "subject": N_("Subject"),
    "message": N_("How can we help?"),
    "files": N_("Files"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A form as somebody sees it: its inbox, settings and language."""

    door: Door
    settings: FormSettings
    locale: str
    embedded: bool = False
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """What somebody filled in: texts, files that were kept, and why files were refused."""

    values: Mapping[str, str]
    files: Mapping[str, Sequence[StoredFile]] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)


async def read_form(runtime: Runtime, shown: Shown, data: FormData) -> Filled:
    """Take texts and files out of a form; files are kept at once, or refused with a reason."""
    values = {name: value for name, value in data.items() if isinstance(value, str)}
    kept: dict[str, list[StoredFile]] = {}
    refused: dict[str, str] = {}
    for item in shown.settings.fields:
        if item.kind != "file":
            continue
        for upload in data.getlist(item.name):
            if not isinstance(upload, UploadFile) or not upload.filename:
                continue
            try:
                kept.setdefault(item.name, []).append(await keep(runtime, upload))
            except Invalid as error:
                refused[item.name] = next(iter(error.errors.values()))
    return Filled(values, kept, refused)


def form_inbound(
    runtime: Runtime, shown: Shown, filled: Filled, submission: str
) -> Inbound | dict[str, ErrorKey]:
    """The message, or for each field that was refused the reason."""
    fields = [
        FormField(
            name=item.name,
            label=label_of(runtime, item, shown.locale),
            kind=item.kind,
            required=item.required,
            options=item.options,
            max_length=item.max_length,
        )
        for item in shown.settings.fields
    ]
    # The bytes are on disk already: the check needs to know only that there are files.
    present = {
        name: [Attachment(item.name, item.content_type, b"") for item in items]
        for name, items in filled.files.items()
    }
    text = " ".join(filled.values.get(item.name, "") for item in shown.settings.fields)
    return validate(
        fields,
        filled.values,
        external_id=f"form:{submission}",
        files=present,
        language=detect(text) or shown.locale.replace("_", "-"),
    )


def acknowledgement(runtime: Runtime, shown: Shown, email: str) -> Acknowledgement | None:
    """The mail that says it has come in, unless the owner does not want one."""
    if not shown.settings.acknowledge:
        return None
    brand = shown.door.brand_name.replace("%", "%%")
    return Acknowledgement(
        to=email,
        subject=runtime.pages.translate(shown.locale, N_("We have your message")),
        text=runtime.pages.render(
            "widget/acknowledgement.txt", shown.locale, brand=brand, number="%(number)s"
        ),
        locale=shown.locale,
    )


def label_of(runtime: Runtime, item: FormFieldSetting, locale: str) -> str:
    """The field's own words, or the product's."""
    own = localised(item.label, locale)
    return own or runtime.pages.translate(locale, LABELS.get(item.name, item.name.title()))


def plain_value(value: Any) -> str:
    """A JSON value as a form would send it."""
    if isinstance(value, bool):
        return "1" if value else ""
    return value if isinstance(value, str) else "" if value is None else str(value)
