"""Card, stream and effort over the API."""

import pytest

from tests.customers.test_first_card import fill
from tests.desk import Desk
from tests.fixtures.machines import Machine

pytestmark = pytest.mark.engine


async def test_card_stream_and_effort_are_had_over_the_api(machine: Machine, desk: Desk) -> None:
    mail = await desk.mail()
    kim = mail.customer_id
    await fill(desk, kim, mail.conversation_id)
    ana = await machine("ana")
    card = (await ana.get(f"/customers/{kim}/card?conversation_id=1")).json()
    assert [card["first"][0]["kind"], card["sure"]] == ["promise_overdue", "given"]
    assert len(card["first"]) == 6
    answer = await ana.get(f"/customers/{kim}/timeline?limit=2&type=message&type=order&type=fact")
    seen = answer.json()
    while "next" in answer.links:
        answer = await ana.get(answer.links["next"]["url"].removeprefix("/api/v1"))
        seen += answer.json()
    assert sorted(one["type"] for one in seen) == ["fact", "fact", "message", "order"]
    effort = (await ana.get(f"/customers/{kim}/effort?days=7")).json()
    assert effort["total"]["contacts"] == 1
    assert [one["conversation_id"] for one in effort["conversations"]] == [mail.conversation_id]
    for path in ("card", "timeline", "effort"):
        assert (await ana.get(f"/customers/{kim + 99}/{path}")).status_code == 404
    assert (await ana.get(f"/customers/{kim}/timeline?before=1.gossip.1")).status_code == 422
