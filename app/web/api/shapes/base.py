"""What every shape is made of, and the shapes that others contain."""

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    """The base of what goes out: made from a record, fields it does not name stay inside."""

    model_config = ConfigDict(extra="ignore", from_attributes=True)


class Body(BaseModel):
    """The base of what comes in: an unknown field is an error, not a silent loss."""

    model_config = ConfigDict(extra="forbid")


class Row(BaseModel):
    """The base of a row as another system exports it: fields that are nothing to us are passed
    over."""

    model_config = ConfigDict(extra="ignore")


class Problem(BaseModel):
    """A refusal (RFC 9457). `code` or `errors` say to a program what `title` says to a person."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="what kind of problem it is", examples=["about:blank"])
    title: str = Field(examples=["Something in the request cannot be used."])
    status: int = Field(examples=[422])
    detail: str | None = Field(None, description="what to do about it")
    code: str | None = Field(None, description="of a conflict: how the world has moved on")
    errors: dict[str, str] | None = Field(
        None, description="of unusable input: why, by field", examples=[{"text": "empty"}]
    )


class FileShape(Shape):
    """A file of a message; fetch it at /api/v1/files/{key}."""

    key: str
    name: str = Field(examples=["receipt.pdf"])
    content_type: str = Field(examples=["application/pdf"])
    size: int = Field(description="bytes")
