"""Alerts, consults and the log of listening in, over the API."""

from app.actions.alert import take_measures
from app.actions.watch import leave_watch, watch
from tests.desk import Desk
from tests.fixtures.machines import Machine


async def test_a_rule_raises_an_alert_that_somebody_sees_to(machine: Machine, desk: Desk) -> None:
    sam = await machine("sam")
    rule = {"name": " Long  wait ", "metric": "waiting", "queue_id": desk.queues["general"],
            "threshold": 3, "for_s": 0, "webhook_url": "https://ops.example/hook"}  # fmt: skip
    made = (await sam.post("/alert-rules", json=rule)).json()
    assert (made["name"], made["direction"], made["active"]) == ("Long wait", "above", True)
    assert made["secret"]
    assert (await sam.get("/alerts")).json() == []
    await desk.runtime.db.write(take_measures, {made["id"]: 7})
    up = (await sam.get("/alerts")).json()[0]
    assert (up["state"], up["value"], up["queue_name"]) == ("raised", 7, "General")
    seen = (await sam.post(f"/alerts/{up['id']}/acknowledge")).json()
    assert (seen["state"], seen["acknowledged_by"]) == ("acknowledged", "Sam")
    await desk.runtime.db.write(take_measures, {made["id"]: 0})
    assert (await sam.get("/alerts")).json() == []
    over = (await sam.get("/alerts?state=over")).json()
    assert [one["state"] for one in over] == ["over"]


async def test_a_rule_is_changed_as_a_whole_and_keeps_its_secret(
    machine: Machine, desk: Desk
) -> None:
    sam = await machine("sam")
    rule = {"name": "Long wait", "metric": "longest_wait", "threshold": 120,
            "webhook_url": "https://ops.example/hook"}  # fmt: skip
    made = (await sam.post("/alert-rules", json=rule)).json()
    path = f"/alert-rules/{made['id']}"
    changed = (await sam.put(path, json={**rule, "threshold": 90, "sound": True})).json()
    assert (changed["threshold"], changed["sound"], changed["secret"]) == (90, True, None)
    moved = (await sam.put(path, json={**rule, "webhook_url": "https://other.example/"})).json()
    assert moved["secret"] not in (None, made["secret"])
    assert "secret" not in (await sam.get("/alert-rules")).json()[0]
    refused = await sam.put(path, json={**rule, "metric": "service_level"})
    assert refused.json()["errors"] == {"threshold": "out_of_range"}
    assert (await sam.delete(path)).status_code == 204
    assert (await sam.get("/alert-rules")).json() == []


async def test_alerts_are_for_supervisors(machine: Machine, desk: Desk) -> None:
    ana = await machine("ana")
    for path in ("/alerts", "/alert-rules"):
        assert (await ana.get(path)).status_code == 404


async def test_a_colleague_is_asked_comes_in_and_takes_over(machine: Machine, desk: Desk) -> None:
    await desk.available("ana")
    await desk.mail()
    conversation = await desk.accept("ana")
    ana, ben = await machine("ana"), await machine("ben")
    ask = {"agent_id": desk.agents["ben"], "question": "Do you know this tea?"}
    path = f"/conversations/{conversation}/consults"
    assert (await ana.post(path, json=ask)).json()["code"] == "colleague_away"
    await desk.available("ben")
    asked = (await ana.post(path, json=ask)).json()
    assert (asked["status"], asked["to_name"]) == ("asked", "Ben")
    assert [one["id"] for one in (await ben.get("/consults")).json()] == [asked["id"]]
    here = f"/consults/{asked['id']}"
    assert (await ana.post(f"{here}/hand-over")).json()["code"] == "consult_over"  # not yet there
    assert (await ana.post(f"{here}/join")).status_code == 404  # it is for Ben to come
    assert (await ben.post(f"{here}/join")).json()["status"] == "joined"
    assert [one["status"] for one in (await ben.get(path)).json()] == ["joined"]
    assert (await ana.post(f"{here}/hand-over")).json()["status"] == "handed"
    found = (await ben.get(f"/conversations/{conversation}")).json()
    assert found["assignee_id"] == desk.agents["ben"]
    texts = [
        one["text"] for one in (await ben.get(f"/conversations/{conversation}/messages")).json()
    ]
    assert "Do you know this tea?" in texts


async def test_who_listened_in_is_told_to_supervisors_only(machine: Machine, desk: Desk) -> None:
    await desk.available("ana")
    await desk.mail()
    conversation = await desk.accept("ana")
    sam = await desk.actor("sam")
    for mode in ("monitor", "whisper"):
        await desk.runtime.db.write(watch, sam, conversation, mode)
    await desk.runtime.db.write(leave_watch, sam, conversation)
    path = f"/conversations/{conversation}/watches"
    log = (await (await machine("sam")).get(path)).json()
    assert [(one["who"], one["mode"]) for one in log] == [("Sam", "whisper"), ("Sam", "monitor")]
    assert all(one["ended_at"] for one in log)
    assert (await (await machine("ana")).get(path)).status_code == 404
