"""A queue's rules as they are typed: what would make them wrong is said at its field."""

from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import delete, insert, select, update

from app.db import Tx
from app.models.agent import agent_queues, agent_skills
from app.models.organisation import queue_skills, queues, skills
from tests.desk import Desk
from tests.fixtures.people import SignIn

PLAIN = {
    "name": "General",
    "brand_id": "",
    "priority": "normal",
    "agent_rule": "longest_idle",
    "occupancy": "pack",
    "target_s": "60",
    "mail_target_s": "14400",
    "goal_pct": "80",
}


@pytest.fixture
async def ada(desk: Desk, browser_of: SignIn) -> httpx.AsyncClient:
    """The administrator's browser."""
    return await browser_of("ada")


@pytest.fixture
async def tea(desk: Desk) -> int:
    """A skill that Ana has at level 3."""

    def make(tx: Tx) -> int:
        skill = tx.execute(
            insert(skills).values(name="Tea", kind="topic", code="").returning(skills.c.id)
        ).scalar_one()
        ana = desk.agents["ana"]
        tx.execute(insert(agent_skills).values(agent_id=ana, skill_id=skill, level=3))
        return int(skill)

    return await desk.runtime.db.write(make)


async def queue(desk: Desk, name: str) -> Any:
    async with desk.runtime.db.read() as conn:
        found = await conn.execute(select(queues).where(queues.c.id == desk.queues[name]))
        return found.one()


def asks(skill: int, level: int, *steps: tuple[int, int]) -> dict[str, Any]:
    """A form in which a skill is asked for at a level, and at others after some seconds."""
    form: dict[str, Any] = PLAIN | {"skills": str(skill), f"skills-{skill}": str(level)}
    form["steps-row"] = [str(n) for n in range(len(steps))]
    for n, (after, lower) in enumerate(steps):
        form |= {f"steps-{n}-after": str(after), f"steps-{n}-of": str(skill)}
        form[f"steps-{n}-level-{skill}"] = str(lower) if lower else ""
    return form


def way(when: str, way: str = "queue", **more: object) -> dict[str, str]:
    values = {"when": when, "way": way, "limit": "", "queue": "", "text": ""} | more
    return PLAIN | {"overflow-row": "0"} | {f"overflow-0-{k}": str(v) for k, v in values.items()}


async def test_steps_are_kept_in_order_and_shown_again(
    desk: Desk, ada: httpx.AsyncClient, tea: int
) -> None:
    address = f"/admin/queues/{desk.queues['general']}"
    done = await ada.post(address, data=asks(tea, 3, (120, 0), (60, 1)))
    assert done.status_code == 303, done.text
    assert (await queue(desk, "general")).steps == [
        {"after_s": 60, "skills": [[tea, 1]]},
        {"after_s": 120, "skills": []},
    ]
    page = (await ada.get(address)).text
    assert 'name="steps-0-after" value="60"' in page
    assert 'name="steps-2-after" value=""' in page


async def test_a_step_that_asks_for_more_is_refused_with_its_reason(
    desk: Desk, ada: httpx.AsyncClient, tea: int
) -> None:
    answer = await ada.post(f"/admin/queues/{desk.queues['general']}", data=asks(tea, 1, (60, 3)))
    assert answer.status_code == 422
    assert "Step 1 asks for Tea at level 3, but before it level 1 is enough" in answer.text
    assert 'id="field-steps-error"' in answer.text
    assert '<a href="#field-steps">Go there</a>' in answer.text
    assert 'id="field-steps"' in answer.text
    assert '<details class="admin-more" open>' in answer.text
    assert (await queue(desk, "general")).steps == []


async def test_two_steps_at_the_same_time_are_refused(
    desk: Desk, ada: httpx.AsyncClient, tea: int
) -> None:
    answer = await ada.post(
        f"/admin/queues/{desk.queues['general']}", data=asks(tea, 3, (60, 2), (60, 1))
    )
    assert answer.status_code == 422
    assert "Give it a later time." in answer.text


async def test_a_queue_that_inboxes_lead_to_may_not_be_made_impossible(
    desk: Desk, ada: httpx.AsyncClient, tea: int
) -> None:
    answer = await ada.post(f"/admin/queues/{desk.queues['general']}", data=asks(tea, 5))
    assert answer.status_code == 422
    assert "Nobody can ever serve this queue" in answer.text


async def test_a_new_queue_may_wait_for_its_agents_and_the_overview_says_so(
    desk: Desk, ada: httpx.AsyncClient
) -> None:
    done = await ada.post("/admin/queues/new", data=PLAIN | {"name": "Returns"})
    assert done.status_code == 303
    overview = (await ada.get("/admin")).text
    assert "Queues that need attention" in overview
    assert "Nobody can ever serve this queue" in overview


async def test_the_overview_tells_when_the_last_agent_has_left_and_others_can_be_changed(
    desk: Desk, ada: httpx.AsyncClient
) -> None:
    assert "Queues that need attention" not in (await ada.get("/admin")).text
    general = desk.queues["general"]

    def leave(tx: Tx) -> None:
        tx.execute(delete(agent_queues).where(agent_queues.c.queue_id == general))

    await desk.runtime.db.write(leave)
    assert f'href="/admin/queues/{general}"' in (await ada.get("/admin")).text
    renamed = await ada.post(f"/admin/queues/{general}", data=PLAIN | {"name": "Front door"})
    assert renamed.status_code == 303, "what was wrong before keeps nobody from working on"


async def test_a_way_out_is_kept_and_leads_to_another_queue(
    desk: Desk, ada: httpx.AsyncClient
) -> None:
    form = way("too_long", queue=desk.queues["billing"], limit=300, text="Billing helps you.")
    done = await ada.post(f"/admin/queues/{desk.queues['general']}", data=form)
    assert done.status_code == 303, done.text
    assert (await queue(desk, "general")).overflow == [
        {
            "when": "too_long",
            "limit": 300,
            "way": "queue",
            "queue_id": desk.queues["billing"],
            "text": "Billing helps you.",
        }
    ]


async def test_contacts_may_not_go_round_in_a_circle(desk: Desk, ada: httpx.AsyncClient) -> None:
    general, billing = desk.queues["general"], desk.queues["billing"]

    def lead(tx: Tx) -> None:
        rule = {"when": "closed", "limit": 0, "way": "queue", "queue_id": general, "text": ""}
        tx.execute(update(queues).where(queues.c.id == billing).values(overflow=[rule]))

    await desk.runtime.db.write(lead)
    answer = await ada.post(f"/admin/queues/{general}", data=way("closed", queue=billing))
    assert answer.status_code == 422
    assert "Contacts would go round in a circle: General → Billing → General." in answer.text
    assert 'id="field-overflow-error"' in answer.text


@pytest.mark.parametrize(
    ("form", "says"),
    [
        (way("too_long", queue=2), "Say how many contacts, or how many seconds."),
        (way("closed"), "Choose the queue they go to."),
        (way("closed", queue=999), "a queue that does not exist any more"),
        (way("sometimes", "message"), "Choose when it happens and where contacts go."),
        (way("too_many", "message", limit="many"), "Write a whole number."),
    ],
)
async def test_a_way_out_that_cannot_be_used_says_what_is_missing(
    desk: Desk, ada: httpx.AsyncClient, form: dict[str, str], says: str
) -> None:
    answer = await ada.post(f"/admin/queues/{desk.queues['general']}", data=form)
    assert answer.status_code == 422
    assert says in answer.text
    assert (await queue(desk, "general")).overflow == []


async def test_a_way_into_a_closed_queue_is_refused(desk: Desk, ada: httpx.AsyncClient) -> None:
    billing = desk.queues["billing"]
    await ada.post(f"/admin/queues/{billing}", data=PLAIN | {"name": "Billing", "closed": "1"})
    answer = await ada.post(
        f"/admin/queues/{desk.queues['general']}", data=way("closed", queue=billing)
    )
    assert "leads to Billing, which is closed" in answer.text


async def test_the_form_begins_with_five_fields_and_folds_the_rest_away(
    desk: Desk, ada: httpx.AsyncClient
) -> None:
    page = (await ada.get("/admin/queues/new")).text
    first, more = page.split('<details class="admin-more">')
    for name in ("name", "hours_id", "priority", "target_s", "mail_target_s"):
        assert f'name="{name}"' in first
    for name in ("next_target_s", "parallel_offers", "keep_free", "wrap_up_s", "overflow-0-when"):
        assert f'name="{name}"' in more


async def test_promises_and_what_comes_afterwards_are_kept(
    desk: Desk, ada: httpx.AsyncClient
) -> None:
    form = PLAIN | {
        "next_target_s": "300",
        "mail_resolve_target_s": "172800",
        "parallel_offers": "2",
        "keep_free": "1",
        "interruptible": "1",
        "drain_after_s": "0",
        "wrap_up_s": "0",
        "disposition_required": "1",
    }
    await ada.post(f"/admin/queues/{desk.queues['general']}", data=form)
    row = await queue(desk, "general")
    assert (row.next_target_s, row.resolve_target_s, row.mail_resolve_target_s) == (
        300,
        None,
        172_800,
    )
    assert (row.parallel_offers, row.keep_free, row.drain_after_s, row.drain_for_s) == (
        2,
        1,
        0,
        120,
    )
    assert (row.wrap_up_s, row.disposition_required, row.sla_boost) == (0, True, False)
    assert row.interruptible is True
    async with desk.runtime.db.read() as conn:
        assert (await conn.execute(select(queue_skills))).first() is None
