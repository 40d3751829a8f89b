"""The small types of the API: ids, moments and texts that no database refuses.

A number that no column holds, or a NUL that PostgreSQL keeps in no text, is a 422 at the door.
"""

from typing import Annotated

from pydantic import Field

LARGEST_ID = 2**63 - 1
LARGEST_SEQ = 2**31 - 1
LAST_MOMENT = 253_402_300_799_999  # the end of the year 9999
NO_NUL = r"^[^\x00]*$"

Id = Annotated[int, Field(ge=1, le=LARGEST_ID, examples=[1042])]
Seq = Annotated[int, Field(ge=0, le=LARGEST_SEQ, examples=[7])]
Moment = Annotated[
    int,
    Field(
        ge=0,
        le=LAST_MOMENT,
        description="ms since the epoch, UTC",
        examples=[1_800_000_000_000],
    ),
]
Line = Annotated[str, Field(pattern=NO_NUL, max_length=500)]
Name = Annotated[str, Field(pattern=NO_NUL, max_length=200)]
Word = Annotated[str, Field(pattern=NO_NUL, max_length=60)]
Text = Annotated[str, Field(pattern=NO_NUL, max_length=100_000)]
Asked = Annotated[str, Field(pattern=NO_NUL, max_length=200)]
Address = Annotated[str, Field(pattern=NO_NUL, max_length=254, examples=["kim@example.com"])]
Locale = Annotated[
    str, Field(pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8}){0,3}$", examples=["en"])
]
OwnKey = Annotated[
    str,
    Field(
        pattern=r"^[!-~]{8,64}$",
        description="your own id of the message; sending it again changes nothing",
        examples=["crm-2026-000017"],
    ),
]
FileKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{8,64}$")]
