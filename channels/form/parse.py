"""Checks what a web form sent against the form's own fields and makes an Inbound of it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from channels.identity import normalise
from channels.values import Attachment, Identity, Inbound

FieldKind = Literal["text", "email", "textarea", "select", "phone", "checkbox", "file"]

# Why a field was refused; the page has the sentence in the visitor's language.
ErrorKey = Literal["required", "too_long", "not_an_email", "not_a_phone", "not_an_option", "spam"]

# A field that people never see. Whatever fills it is a machine.
HONEYPOT = "website"

# The fields that carry the message itself; all others are shown beside it.
_SUBJECT, _NAME = "subject", "name"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_CHECKED = frozenset({"1", "on", "true", "yes"})


@dataclass(frozen=True, slots=True)
class FormField:
    """One question of a form. `max_length` counts characters; `options` are those of a select."""

    name: str
    label: str
    kind: FieldKind = "text"
    required: bool = False
    options: tuple[str, ...] = ()
    max_length: int = 500


def validate(
    fields: Sequence[FormField],
    data: Mapping[str, str],
    *,
    external_id: str,
    files: Mapping[str, Sequence[Attachment]] | None = None,
    region: str | None = None,
    language: str | None = None,
    honeypot: str = HONEYPOT,
) -> Inbound | dict[str, ErrorKey]:
    """An Inbound, or for each refused field (by name) the key of the reason.

    `external_id` is the submission's own key, so that a double click is one message. The first
    filled textarea is the message; fields called "subject" and "name" are what they say; email and
    phone fields become unverified identities; everything else goes to `Inbound.fields` by label.
    Values of fields that the form does not have are ignored. A filled honeypot is the error "spam".
    """
    if data.get(honeypot, "").strip():
        return {honeypot: "spam"}
    files = files or {}
    values = {field.name: _clean(field, data.get(field.name, "")) for field in fields}
    errors: dict[str, ErrorKey] = {}
    for field in fields:
        error = _error(field, values[field.name], bool(files.get(field.name)), region)
        if error is not None:
            errors[field.name] = error
    if errors:
        return errors
    text_field = next((f for f in fields if f.kind == "textarea" and values[f.name]), None)
    text = values[text_field.name] if text_field else ""
    taken = {_SUBJECT, _NAME, text_field.name if text_field else ""}
    return Inbound(
        channel="form",
        external_id=external_id,
        identities=tuple(_identities(fields, values, region)),
        name=values.get(_NAME, ""),
        subject=values.get(_SUBJECT, ""),
        text=text,
        full_text=text,
        attachments=tuple(
            file for f in fields if f.kind == "file" for file in files.get(f.name, ())
        ),
        fields={
            f.label: values[f.name]
            for f in fields
            if f.name not in taken and f.kind != "file" and values[f.name]
        },
        language=language,
    )


def _clean(field: FormField, value: str) -> str:
    value = _CONTROL.sub("", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if field.kind == "checkbox":
        return "1" if value.lower() in _CHECKED else ""
    return value if field.kind == "textarea" else " ".join(value.split())


def _error(field: FormField, value: str, has_file: bool, region: str | None) -> ErrorKey | None:
    if not value and not (field.kind == "file" and has_file):
        return "required" if field.required else None
    if len(value) > field.max_length:
        return "too_long"
    if field.kind == "email" and normalise("email", value) is None:
        return "not_an_email"
    if field.kind == "phone" and normalise("phone", value, region) is None:
        return "not_a_phone"
    if field.kind == "select" and value not in field.options:
        return "not_an_option"
    return None


def _identities(
    fields: Sequence[FormField], values: Mapping[str, str], region: str | None
) -> list[Identity]:
    found: dict[tuple[str, str], Identity] = {}
    for field in fields:
        if field.kind == "email" or field.kind == "phone":
            value = normalise(field.kind, values[field.name], region)
            if value is not None:
                found[field.kind, value] = Identity(field.kind, value)
    return list(found.values())
