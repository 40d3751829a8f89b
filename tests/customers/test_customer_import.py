"""People from a file: every row makes a customer, joins one, or is put aside with the reason."""

import httpx2 as httpx
import pytest
from sqlalchemy import func, select

from app.actions.customer import edit_customer
from app.models.customer import customers, identities
from app.models.party import duplicate_pairs, field_values
from app.queries.customer_imports import next_running
from app.workers.imports import run_import
from tests.desk import Desk
from tests.fixtures.machines import Machine

pytestmark = pytest.mark.engine
HEAD = "Name,Email,Phone,Company,Birthday,Number\n"
MAPPING = {
    "Name": "name", "Email": "email", "Phone": "phone", "Company": "company",
    "Birthday": "birthday", "Number": "external_id",
}  # fmt: skip
ROWS = """Kim Doe,kim@example.com,,Tea Ltd,1990-05-17,
Lee,LEE@example.com,138 0013 8000,,,7
Lee again,lee@example.com,+8613800138000,,,7
=cmd(),no-address,,,,
,,,,1990-01-01,
Otto,otto@example.com,,,31.12.1999,
Nora,,+8613800138000,,,
Ann,ann@example.com,138-0013-8000,,,
Undefined,undefined@undefined,null,,,null
"""


async def take_in(client: httpx.AsyncClient, desk: Desk, text: str, **more: object) -> int:
    """Upload and start; returns the import's id. The worker's part is done here."""
    made = await client.post("/imports", files={"file": ("people.csv", text.encode())})
    assert made.status_code == 201, made.text
    job = made.json()
    body = {"mapping": MAPPING, "source": "fair", "region": "CN", **more}
    started = await client.post(f"/imports/{job['id']}/start", json=body)
    assert started.status_code == 200, started.text
    running = await desk.runtime.db.query(next_running)
    assert running is not None
    await run_import(desk.runtime.db, desk.runtime.files, running)
    return int(job["id"])


async def test_every_row_is_accounted_for(machine: Machine, desk: Desk) -> None:
    kim = (await desk.mail(email="kim@example.com", name="Kim D.")).customer_id
    client = await machine("sam")
    job_id = await take_in(client, desk, HEAD + ROWS)
    job = (await client.get(f"/imports/{job_id}")).json()
    assert (job["state"], job["total"]) == ("done", 9)
    assert job["created"] + job["merged"] + job["rejected"] == 9
    assert (job["created"], job["merged"], job["rejected"]) == (2, 2, 5)
    aside = (await client.get(f"/imports/{job_id}/rejected")).json()
    assert [(row["number"], row["reasons"]) for row in aside] == [
        (4, ["email_invalid"]),
        (5, ["nothing_to_know_them_by"]),
        (6, ["birthday_invalid"]),
        (7, ["phone_of_somebody_else"]),
        (9, ["external_id_invalid", "email_invalid", "phone_invalid"]),
    ]
    async with desk.runtime.db.read() as conn:
        row = (await conn.execute(select(customers).where(customers.c.id == kim))).one()
        known = (
            await conn.execute(select(identities.c.value).where(identities.c.kind == "external"))
        ).scalars()
        doubts = (
            await conn.execute(
                select(field_values.c.field).where(field_values.c.state == "conflict")
            )
        ).scalars()
        assert list(known) == ["fair:7"]
        assert sorted(doubts) == ["name", "name"][:1]
        assert (row.company, row.birthday, row.name) == ("Tea Ltd", "1990-05-17", "Kim D.")
        pairs = (await conn.execute(select(duplicate_pairs.c.reasons))).scalars().all()
    assert ["same_phone"] in pairs  # Ann has Lee's number


async def test_the_same_file_again_makes_nobody(machine: Machine, desk: Desk) -> None:
    client = await machine("sam")
    await take_in(client, desk, HEAD + ROWS)
    async with desk.runtime.db.read() as conn:
        before = (await conn.execute(select(func.count()).select_from(customers))).scalar_one()
    job_id = await take_in(client, desk, HEAD + ROWS)
    job = (await client.get(f"/imports/{job_id}")).json()
    assert (job["created"], job["merged"], job["rejected"]) == (0, 4, 5)
    async with desk.runtime.db.read() as conn:
        after = (await conn.execute(select(func.count()).select_from(customers))).scalar_one()
    assert after == before


async def test_a_list_from_outside_does_not_overwrite_what_an_agent_has_set(
    machine: Machine, desk: Desk
) -> None:
    kim = (await desk.mail(email="kim@example.com")).customer_id
    await desk.runtime.db.write(edit_customer, kim, {"company": "Own Word"})
    await take_in(await machine("sam"), desk, HEAD + ROWS, verified=True)
    async with desk.runtime.db.read() as conn:
        company = (
            await conn.execute(select(customers.c.company).where(customers.c.id == kim))
        ).scalar_one()
    assert company == "Own Word"


async def test_an_import_is_looked_over_then_followed_in_the_browser(
    supervisor: httpx.AsyncClient, desk: Desk
) -> None:
    made = await supervisor.post(
        "/customers/imports",
        files={"file": ("people.csv", (HEAD + ROWS).encode())},
        data={"source": "fair"},
    )
    path = made.headers["location"]
    preview = (await supervisor.get(path)).text
    assert "kim@example.com" in preview
    assert '<option value="email" selected>' in preview
    form = {f"column:{column}": field for column, field in MAPPING.items()}
    refused = await supervisor.post(f"{path}/start", data={**form, "source": "agent"})
    assert refused.status_code == 422
    started = await supervisor.post(
        f"{path}/start", data={**form, "source": "fair", "region": "CN"}
    )
    assert started.status_code == 303
    assert "every 1s" in (await supervisor.get(path)).text
    running = await desk.runtime.db.query(next_running)
    assert running is not None
    await run_import(desk.runtime.db, desk.runtime.files, running)
    done = (await supervisor.get(path)).text
    assert "every 1s" not in done
    aside = await supervisor.get(f"{path}/rejected.csv")
    assert "'=cmd()" in aside.text
    assert "phone_of_somebody_else" in aside.text
    quality = await supervisor.get("/customers/quality")
    assert "fair" in quality.text
    assert "55.6 %" in quality.text  # five of nine rows were rejected


async def test_who_serves_one_brand_imports_nothing(machine: Machine, other_brand: int) -> None:
    client = await machine("sue")
    answer = await client.post("/imports", files={"file": ("p.csv", (HEAD + ROWS).encode())})
    assert answer.status_code == 404
