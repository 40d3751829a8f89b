"""Web forms."""

import pytest

from channels.form.parse import FormField, validate
from channels.values import Attachment, Identity, Inbound

FIELDS = (
    FormField("name", "Name"),
    FormField("email", "Email", "email", required=True),
    FormField("phone", "Phone", "phone"),
    FormField("subject", "Subject", max_length=20),
    FormField("topic", "Topic", "select", options=("returns", "invoice")),
    FormField("order", "Order number"),
    FormField("terms", "Terms", "checkbox", required=True),
    FormField("message", "Message", "textarea", required=True, max_length=1000),
    FormField("photo", "Photo", "file"),
)
GOOD = {
    "name": " Jane  Miller ",
    "email": "Jane@Example.NET",
    "phone": "13800138000",
    "subject": "Parcel",
    "topic": "returns",
    "order": "4711",
    "terms": "on",
    "message": "Hello,\r\n\r\nit is broken.\x00 ",
    "website": "",
    "unasked": "dropped",
}


def test_a_submission_becomes_a_message() -> None:
    photo = Attachment("a.png", "image/png", b"x")
    found = validate(FIELDS, GOOD, external_id="k1", files={"photo": [photo]}, region="CN")
    assert found == Inbound(
        channel="form",
        external_id="k1",
        identities=(Identity("email", "jane@example.net"), Identity("phone", "+8613800138000")),
        name="Jane Miller",
        subject="Parcel",
        text="Hello,\n\nit is broken.",
        full_text="Hello,\n\nit is broken.",
        attachments=(photo,),
        fields={
            "Email": "Jane@Example.NET",
            "Phone": "13800138000",
            "Topic": "returns",
            "Order number": "4711",
            "Terms": "1",
        },
    )


@pytest.mark.parametrize(
    ("name", "value", "key"),
    [
        ("email", "", "required"),
        ("email", "jane", "not_an_email"),
        ("phone", "123", "not_a_phone"),
        ("subject", "x" * 21, "too_long"),
        ("topic", "other", "not_an_option"),
        ("terms", "", "required"),
        ("message", "  \r\n", "required"),
        ("website", "buy now", "spam"),
    ],
)
def test_a_refused_field_is_named_with_its_reason(name: str, value: str, key: str) -> None:
    found = validate(FIELDS, {**GOOD, name: value}, external_id="k1", region="CN")
    assert found == {name: key}


def test_every_refused_field_is_named_at_once() -> None:
    assert validate(FIELDS, {}, external_id="k1") == {
        "email": "required",
        "terms": "required",
        "message": "required",
    }


def test_a_required_file_must_be_there() -> None:
    fields = (FormField("photo", "Photo", "file", required=True),)
    assert validate(fields, {}, external_id="k1") == {"photo": "required"}
    files = {"photo": [Attachment("a.png", "image/png", b"x")]}
    assert isinstance(validate(fields, {}, external_id="k1", files=files), Inbound)
