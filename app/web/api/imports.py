"""People from a file over the API: upload, say what columns mean, follow, see what was rejected."""

from typing import Annotated, Any

from fastapi import APIRouter, File, Form, UploadFile
from pydantic import ConfigDict, Field

from app.actions.customer_import import start_import
from app.queries.customer_imports import get_import, rows_put_aside
from app.web.api.access import IdempotentRoute, SupervisorCaller
from app.web.api.shapes.base import Body, Shape
from app.web.api.values import Id, Name
from app.web.console.imports import take_file
from app.web.request import Run

router = APIRouter(tags=["customers"], route_class=IdempotentRoute)


class ImportShape(Shape):
    """An import: created + merged + rejected is `position`, the rows that are done."""

    id: int
    kind: str = Field(description="csv or vcard")
    name: str
    source: str
    mapping: dict[str, str] = Field(description="column -> field, as it was guessed or said")
    state: str = Field(description="preview, running, done or failed")
    total: int
    position: int
    created: int
    merged: int
    rejected: int
    error: str


class StartBody(Body):
    """What the columns mean; what is left out stays out."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"mapping": {"Name": "name", "Mail": "email"}, "source": "crm"}]
        }
    )

    mapping: dict[Name, Name] = Field(max_length=200)
    source: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")
    region: str = Field("", pattern=r"^([A-Z]{2})?$", description="ISO 3166, of numbers without +")
    verified: bool = Field(False, description="the addresses were checked")


class RejectedShape(Shape):
    """A row that was put aside."""

    number: int
    raw: dict[str, str]
    reasons: list[str] = Field(examples=[["email_invalid"]])


@router.post("/imports", response_model=ImportShape, status_code=201)
async def upload_customers(
    runtime: Run,
    caller: SupervisorCaller,
    file: Annotated[UploadFile, File()],
    source: Annotated[str, Form(max_length=40)] = "import",
) -> Any:
    """Upload a CSV or vCard file. Nothing is taken in before it is started."""
    import_id = await take_file(runtime, caller, file, source)
    return await runtime.db.query(get_import, caller, import_id)


@router.get("/imports/{import_id}", response_model=ImportShape)
async def get_customer_import(runtime: Run, caller: SupervisorCaller, import_id: Id) -> Any:
    """How far it is."""
    return await runtime.db.query(get_import, caller, import_id)


@router.post("/imports/{import_id}/start", response_model=ImportShape)
async def start_customer_import(
    runtime: Run, caller: SupervisorCaller, import_id: Id, body: StartBody
) -> Any:
    """Go."""
    await runtime.db.write(
        start_import,
        caller,
        import_id,
        body.mapping,
        source=body.source,
        region=body.region,
        verified=body.verified,
    )
    return await runtime.db.query(get_import, caller, import_id)


@router.get("/imports/{import_id}/rejected", response_model=list[RejectedShape])
async def list_rejected_rows(runtime: Run, caller: SupervisorCaller, import_id: Id) -> Any:
    """The rows that were put aside, with the reasons."""
    return await runtime.db.query(rows_put_aside, caller, import_id)
