"""Messages from outside that your own systems bring."""

import base64
import binascii
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from app.web.api.shapes.base import Body, Shape
from app.web.api.shapes.conversation import Uploads
from app.web.api.values import Address, Asked, Id, Line, Name, Text, Word


def _decoded(text: object) -> bytes:
    """Base64 as RFC 4648 has it; anything else in it is an error, not skipped."""
    if not isinstance(text, str):
        raise ValueError("a string is needed")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error


InBase64 = Annotated[
    bytes,
    BeforeValidator(_decoded),
    WithJsonSchema(
        {"type": "string", "contentEncoding": "base64", "pattern": "^[A-Za-z0-9+/]*={0,2}$"}
    ),
]


class AttachmentBody(Body):
    """A small file inside the request; upload larger ones at /files and name them in `uploads`."""

    name: Name = Field(examples=["receipt.txt"])
    data: InBase64 = Field(description="base64", examples=["SGVsbG8="])


class ContactBody(Body):
    """A message from outside, brought by your own system."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "external_id": "order-4711-1",
                    "email": "kim@example.com",
                    "name": "Kim Doe",
                    "subject": "Order 4711",
                    "text": "Where is my parcel?",
                }
            ]
        }
    )

    external_id: Annotated[
        Asked, Field(min_length=1, description="unique within the inbox", examples=["order-4711-1"])
    ]
    email: Address = ""
    phone: Address = Field("", examples=["+44 20 7946 0018"])
    user_id: Address = Field("", description="your own id of the customer", examples=["u-8801"])
    name: Name = ""
    subject: Line = ""
    text: Annotated[Text, Field(min_length=1, examples=["Where is my parcel?"])]
    conversation_id: Id | None = Field(None, description="to continue a conversation")
    fields: dict[Word, Text] = Field(default_factory=dict, max_length=50)
    attachments: list[AttachmentBody] = Field(default_factory=list, max_length=20)
    uploads: Uploads


class ReceivedShape(Shape):
    """What the message became; `duplicate` when it had come before."""

    conversation_id: int
    message_id: int
    customer_id: int
    seq: int
    duplicate: bool
