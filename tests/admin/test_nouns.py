"""Making, changing and taking away what is set up, over HTTP, and what is refused."""

from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import Table, select

from app.actions.setup.catalogue import RESOURCES
from app.actions.setup.organisation import PLACEHOLDERS
from app.events import AccessChanged, Event, SetupChanged
from app.models.agent import agent_queues, agent_skills, agents, audit, team_members
from app.models.contact import contacts
from app.models.conversation import tags
from app.models.organisation import (
    brands,
    business_hours,
    inboxes,
    macros,
    queue_rules,
    queue_skills,
    queues,
    skills,
    teams,
)
from app.queries.thread import thread_head
from app.web.console.macros import values_of
from tests.desk import Desk
from tests.fixtures.people import SignIn

WEEK = {f"spans-{day}": "" for day in range(7)}


@pytest.fixture
async def ada(desk: Desk, browser_of: SignIn) -> httpx.AsyncClient:
    """The administrator's browser."""
    return await browser_of("ada")


async def rows(desk: Desk, table: Table) -> list[Any]:
    async with desk.runtime.db.read() as conn:
        return list((await conn.execute(select(table).order_by(*table.primary_key))).all())


async def last(desk: Desk, table: Table) -> Any:
    return (await rows(desk, table))[-1]


def queue_form(**more: str) -> dict[str, str]:
    return {
        "name": "Returns",
        "brand_id": "",
        "team_id": "",
        "hours_id": "",
        "priority": "high",
        "agent_rule": "best_skilled",
        "occupancy": "spread",
        "target_s": "120",
        "mail_target_s": "7200",
        "goal_pct": "90",
    } | more


async def test_a_queue_is_made_with_its_skills_and_told_to_everybody(
    desk: Desk, ada: httpx.AsyncClient
) -> None:
    heard: list[Event] = []
    desk.runtime.listeners.append(heard.extend)
    await ada.post("/admin/skills/new", data={"name": "English", "kind": "language", "code": "en"})
    skill = await last(desk, skills)
    form = queue_form(agents_may_pull="1", skills=str(skill.id)) | {f"skills-{skill.id}": "3"}
    done = await ada.post("/admin/queues/new", data=form)
    assert (done.status_code, done.headers["location"]) == (303, "/admin/queues?done=created")
    queue = await last(desk, queues)
    assert (queue.name, queue.priority, queue.target_s) == ("Returns", "high", 120)
    assert (queue.agents_may_pull, queue.closed) == (True, False)
    assert [(s.skill_id, s.level) for s in await rows(desk, queue_skills)] == [(skill.id, 3)]
    assert SetupChanged("queue", queue.id) in heard
    entry = await last(desk, audit)
    assert (entry.action, entry.subject) == ("queue.created", f"queue {queue.id}")
    assert entry.agent_id == desk.agents["ada"]


async def test_a_change_keeps_what_the_form_does_not_name(
    desk: Desk, ada: httpx.AsyncClient
) -> None:
    before = (await rows(desk, queues))[0]
    forged = {"active": "", "created_at": "1", "id": "99"}
    form = queue_form(brand_id=str(desk.brand)) | forged
    await ada.post(f"/admin/queues/{before.id}", data=form)
    after = (await rows(desk, queues))[0]
    assert (after.id, after.name) == (before.id, "Returns")
    assert (after.active, after.created_at) == (before.active, before.created_at)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("name", "  ", "Fill this in."),
        ("target_s", "soon", "Write a whole number."),
        ("target_s", "0", "too small or too large"),
        ("goal_pct", "101", "too small or too large"),
        ("priority", "extreme", "Choose one of the list."),
        ("brand_id", "999", "Choose one of the list."),
        ("brand_id", "1; DROP TABLE brands", "Choose one of the list."),
        ("skills", "999", "Choose one of the list."),
    ],
)
async def test_a_mistake_is_said_at_its_field_and_the_rest_is_kept(
    desk: Desk, ada: httpx.AsyncClient, field: str, value: str, says: str
) -> None:
    count = len(await rows(desk, queues))
    answer = await ada.post("/admin/queues/new", data=queue_form(name="Kept") | {field: value})
    assert answer.status_code == 422
    assert says in answer.text
    assert f'id="field-{field}-error"' in answer.text
    assert 'value="120"' in answer.text or field == "target_s"
    assert len(await rows(desk, queues)) == count


async def test_a_queue_goes_out_of_use_and_comes_back(desk: Desk, ada: httpx.AsyncClient) -> None:
    address = f"/admin/queues/{desk.queues['billing']}"
    await ada.post(f"{address}/remove")
    assert "Not in use" in (await ada.get("/admin/queues")).text
    await ada.post(f"{address}/restore")
    assert "Not in use" not in (await ada.get("/admin/queues")).text


async def test_a_queue_that_gets_a_team_changes_what_others_may_see(
    desk: Desk, ada: httpx.AsyncClient
) -> None:
    await ada.post("/admin/teams/new", data={"name": "Second line"})
    team = await last(desk, teams)
    heard: list[Event] = []
    desk.runtime.listeners.append(heard.extend)
    form = queue_form(team_id=str(team.id))
    await ada.post(f"/admin/queues/{desk.queues['billing']}", data=form)
    assert AccessChanged(desk.agents["ana"]) in heard
    assert desk.queues["billing"] in (await desk.actor("ana")).hidden_queues


async def test_a_team_has_members_and_tells_those_who_join_or_leave(
    desk: Desk, ada: httpx.AsyncClient
) -> None:
    ana, ben = desk.agents["ana"], desk.agents["ben"]
    await ada.post("/admin/teams/new", data={"name": "Second line", "agents": str(ana)})
    team = await last(desk, teams)
    heard: list[Event] = []
    desk.runtime.listeners.append(heard.extend)
    form = {"name": "Second line", "agents": str(ben)}
    await ada.post(f"/admin/teams/{team.id}", data=form)
    assert [row.agent_id for row in await rows(desk, team_members)] == [ben]
    assert {e.agent_id for e in heard if isinstance(e, AccessChanged)} == {ana, ben}


async def test_a_name_that_is_taken_is_refused_whatever_its_case(
    desk: Desk, ada: httpx.AsyncClient
) -> None:
    await ada.post("/admin/teams/new", data={"name": "Second line"})
    answer = await ada.post("/admin/teams/new", data={"name": "second LINE"})
    assert answer.status_code == 422
    assert "Another one has this already." in answer.text


async def test_a_team_that_a_queue_needs_is_not_deleted(desk: Desk, ada: httpx.AsyncClient) -> None:
    await ada.post("/admin/teams/new", data={"name": "Second line"})
    team = await last(desk, teams)
    await ada.post("/admin/queues/new", data=queue_form(team_id=str(team.id)))
    answer = await ada.post(f"/admin/teams/{team.id}/remove")
    assert answer.status_code == 409
    assert "Something else still needs it." in answer.text
    assert len(await rows(desk, teams)) == 1


async def test_a_brand_needs_a_short_name_for_addresses(desk: Desk, ada: httpx.AsyncClient) -> None:
    form = {"name": "Coffee", "slug": "Coffee House!", "locale": "en", "color": "#aa3311"}
    assert (await ada.post("/admin/brands/new", data=form)).status_code == 422
    bad_color = form | {"slug": "coffee", "color": "red; background: url(//evil)"}
    assert (await ada.post("/admin/brands/new", data=bad_color)).status_code == 422
    bad_url = form | {"slug": "coffee", "policy_url": "javascript:alert(1)"}
    assert (await ada.post("/admin/brands/new", data=bad_url)).status_code == 422
    await ada.post("/admin/brands/new", data=form | {"slug": "coffee"})
    assert (await last(desk, brands)).slug == "coffee"


async def test_business_hours_take_several_spans_a_day_and_holidays(
    desk: Desk, ada: httpx.AsyncClient
) -> None:
    form = {"name": "Shop", "time_zone": "Asia/Hong_Kong", "holidays": "2026-12-25\n2026-02-17"}
    spans = WEEK | {"spans-0": "14:00-18:00, 9:00–12:30", "spans-5": "10:00-24:00"}
    done = await ada.post("/admin/hours/new", data=form | spans)
    assert done.status_code == 303
    kept = await last(desk, business_hours)
    assert kept.spans == {
        "0": [["09:00", "12:30"], ["14:00", "18:00"]],
        "5": [["10:00", "24:00"]],
    }
    assert kept.holidays == ["2026-02-17", "2026-12-25"]
    page = (await ada.get(f"/admin/hours/{kept.id}")).text
    assert "09:00–12:30, 14:00–18:00" in page


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"spans-0": "nine to five"}, "Write spans such as"),
        ({"spans-0": "18:00-09:00"}, "must end after it starts"),
        ({"spans-0": "09:00-25:00"}, "must end after it starts"),
        ({"spans-0": "09:00-13:00, 12:00-18:00"}, "overlap"),
        ({"time_zone": "Mars/Olympus"}, "Choose a time zone"),
        ({"holidays": "2026-02-30"}, "Write one date a line"),
        ({"holidays": "Christmas"}, "Write one date a line"),
    ],
)
async def test_business_hours_that_cannot_be_are_refused(
    desk: Desk, ada: httpx.AsyncClient, wrong: dict[str, str], says: str
) -> None:
    form = {"name": "Shop", "time_zone": "UTC", "holidays": ""} | WEEK | wrong
    answer = await ada.post("/admin/hours/new", data=form)
    assert answer.status_code == 422
    assert says in answer.text
    assert next(iter(wrong.values())).split(",")[0] in answer.text


async def test_rules_keep_an_order_that_can_be_changed(desk: Desk, ada: httpx.AsyncClient) -> None:
    for word in ("invoice", "parcel", "refund"):
        form = {"topic": word, "queue_id": str(desk.queues["billing"]), "priority": ""}
        assert (await ada.post("/admin/rules/new", data=form)).status_code == 303
    last_rule = await last(desk, queue_rules)
    await ada.post(f"/admin/rules/{last_rule.id}/move", data={"direction": "up"})
    kept = sorted(await rows(desk, queue_rules), key=lambda row: row.position)
    assert [row.topic for row in kept] == ["invoice", "refund", "parcel"]
    bad = await ada.post(f"/admin/rules/{last_rule.id}/move", data={"direction": "sideways"})
    assert bad.status_code == 404


async def test_a_rule_made_here_leads_mail_to_its_queue(desk: Desk, ada: httpx.AsyncClient) -> None:
    form = {"topic": "Invoice, bill", "queue_id": str(desk.queues["billing"]), "priority": "urgent"}
    await ada.post("/admin/rules/new", data=form)
    received = await desk.mail("Where is the invoice?")
    async with desk.runtime.db.read() as conn:
        contact = (
            await conn.execute(
                select(contacts).where(contacts.c.conversation_id == received.conversation_id)
            )
        ).one()
    assert (contact.queue_id, contact.priority) == (desk.queues["billing"], "urgent")


async def test_a_macro_may_only_speak_of_what_can_be_filled_in(
    desk: Desk, ada: httpx.AsyncClient
) -> None:
    form = {"name": "Greet", "shortcut": "hi", "text": "Hello {{ customer.name }}!", "locale": ""}
    assert (await ada.post("/admin/macros/new", data=form)).status_code == 303
    assert (await last(desk, macros)).text == "Hello {{ customer.name }}!"
    for text in ("{{ settings.secret_key }}", "{{ 7*7 }}", "{{ ''.__class__ }}"):
        answer = await ada.post("/admin/macros/new", data=form | {"name": "Evil", "text": text})
        assert answer.status_code == 422


async def test_every_placeholder_offered_is_one_the_composer_fills(desk: Desk) -> None:
    received = await desk.mail()
    ana = await desk.actor("ana")
    head = await desk.runtime.db.query(thread_head, ana, received.conversation_id)
    assert set(PLACEHOLDERS) == set(values_of(head, ana))


async def test_tags_are_made_and_deleted(desk: Desk, ada: httpx.AsyncClient) -> None:
    await ada.post("/admin/tags/new", data={"name": "vip  customer"})
    tag = await last(desk, tags)
    assert tag.name == "vip customer"
    await ada.post(f"/admin/tags/{tag.id}/remove")
    assert await rows(desk, tags) == []


async def test_reading_changes_nothing(desk: Desk, ada: httpx.AsyncClient) -> None:
    before = [len(await rows(desk, each.table)) for each in RESOURCES.values()]
    for address in (
        f"/admin/queues/{desk.queues['billing']}/remove",
        "/admin/teams/new?name=Forged",
        f"/admin/agents/{desk.agents['ana']}/deactivate",
        "/admin/keys?name=forged&agent_id=1",
    ):
        await ada.get(address)
    assert before == [len(await rows(desk, each.table)) for each in RESOURCES.values()]
    assert all(row.active for row in await rows(desk, agents))


async def test_nothing_is_written_without_the_token(desk: Desk, ada: httpx.AsyncClient) -> None:
    del ada.headers["X-CSRF-Token"]
    for token in ({}, {"csrf_token": ""}, {"csrf_token": "x"}):
        answer = await ada.post("/admin/teams/new", data={"name": "Forged"} | token)
        assert answer.status_code == 403
    assert await rows(desk, teams) == []


async def test_an_agents_place_is_set_field_by_field(desk: Desk, ada: httpx.AsyncClient) -> None:
    await ada.post("/admin/skills/new", data={"name": "Tea", "kind": "topic", "code": "tea"})
    skill = await last(desk, skills)
    billing = desk.queues["billing"]
    form = {
        "name": "Ana Lima",
        "role": "supervisor",
        "locale": "en",
        "time_zone": "Europe/Lisbon",
        "queues": str(billing),
        f"queues-{billing}": "90",
        "skills": str(skill.id),
        f"skills-{skill.id}": "4",
        "capacity": "8",
        "max_chat": "2",
        "max_email": "5",
        "max_form": "4",
    }
    forged = {"email": "evil@x.example", "password": "x", "active": ""}
    ana = desk.agents["ana"]
    heard: list[Event] = []
    desk.runtime.listeners.append(heard.extend)
    assert (await ada.post(f"/admin/agents/{ana}", data=form | forged)).status_code == 303
    row = next(r for r in await rows(desk, agents) if r.id == ana)
    assert (row.name, row.role, row.capacity) == ("Ana Lima", "supervisor", 8)
    assert row.max_by_channel == {"chat": 2, "email": 5, "form": 4}
    assert (row.email, row.active, row.password) == ("ana@tea.example", True, "")
    own = [r for r in await rows(desk, agent_queues) if r.agent_id == ana]
    assert [(r.queue_id, r.delay_s) for r in own] == [(billing, 90)]
    assert [(r.skill_id, r.level) for r in await rows(desk, agent_skills)] == [(skill.id, 4)]
    assert AccessChanged(ana) in heard
    too_high = form | {f"skills-{skill.id}": "6"}
    assert (await ada.post(f"/admin/agents/{ana}", data=too_high)).status_code == 422
    assert (await last(desk, inboxes)).id == desk.inboxes["form"]
