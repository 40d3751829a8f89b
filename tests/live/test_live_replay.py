"""Nothing is missed: neither what happened while a page was away nor what a lost event told."""

import pytest

from app.actions.delivery import set_delivery
from app.actions.desk import set_tags
from app.live.journal import events_after
from app.live.live import Live
from tests.live.floor import Floor

pytestmark = pytest.mark.engine


async def test_a_page_that_was_away_is_sent_what_it_missed_and_no_more(floor: Floor) -> None:
    conversation = await floor.chat()
    page = await floor.agent("ana", conversation)
    await page.until(lambda page: page.transcript)
    await page.leave()
    for text in ("one", "two", "three"):
        await floor.desk.chat(text, conversation_id=conversation)
    page.frames.clear()
    await page.connect()
    await page.until(lambda page: page.transcript[-3:] == ["one", "two", "three"])
    assert "Hello?" not in page.html
    await page.leave()


async def test_a_message_that_changed_meanwhile_is_sent_again(floor: Floor) -> None:
    conversation = await floor.chat()
    sent = await floor.say("ana", conversation, "On its way")
    page = await floor.agent("ana", conversation)
    await page.until(lambda page: page.cursor)
    await page.leave()
    await floor.desk.runtime.db.write(set_delivery, sent.message_id, "read")
    page.frames.clear()
    await page.connect()
    await page.until(lambda page: "On its way" in page.html)
    await page.leave()


async def test_who_missed_more_than_200_events_fetches_the_pane_anew(floor: Floor) -> None:
    conversation = await floor.chat()
    for number in range(201):
        await floor.desk.runtime.db.write(
            set_tags, await floor.desk.actor("ana"), conversation, [f"tag {number}"]
        )
    page = await floor.agent("ana", conversation)
    await page.until(lambda page: {"type": "reload", "conversation": conversation} in page.data)
    await floor.desk.chat("And now?", conversation_id=conversation)
    await page.until(lambda page: "And now?" in page.transcript)
    await page.leave()


async def test_an_event_that_was_lost_is_made_good_by_the_next(floor: Floor) -> None:
    conversation = await floor.chat()
    page = await floor.agent("ana", conversation)
    await page.until(lambda page: page.transcript)
    with _deaf(floor):
        await floor.desk.chat("lost", conversation_id=conversation)
    await page.settled()
    assert "lost" not in page.transcript
    await floor.desk.chat("heard", conversation_id=conversation)
    await page.until(lambda page: page.transcript[-2:] == ["lost", "heard"])
    await page.leave()


async def test_an_event_that_was_lost_is_made_good_by_a_beat(floor: Floor) -> None:
    conversation = await floor.chat()
    agent = await floor.agent("ana", conversation)
    visitor = await floor.visitor(conversation)
    for page in (agent, visitor):
        await page.until(lambda page: page.transcript)
    with _deaf(floor):
        await floor.desk.chat("lost", conversation_id=conversation)
    live = floor.desk.runtime.live
    await live.beats.compare(list(live.clients))
    for page in (agent, visitor):
        await page.until(lambda page: "lost" in page.transcript)
        await page.leave()


async def test_a_beat_says_how_far_the_open_conversation_was_sent(floor: Floor) -> None:
    conversation = await floor.chat()
    page = await floor.agent("ana", conversation)
    await page.until(lambda page: page.cursor)
    idle = await floor.agent("ben")
    await idle.settled()
    live = floor.desk.runtime.live
    live.beats.beat(list(live.clients))
    seq = f'"seq":{{"conversation":{conversation},"seq":{page.cursor}}}'
    await page.until(lambda page: seq in page.frames[-1])
    await idle.until(lambda page: page.frames and '"type":"beat"' in page.frames[-1])
    assert '"seq"' not in idle.frames[-1]
    await page.leave()
    await idle.leave()


async def test_a_notes_seq_is_not_told_to_the_customer(floor: Floor) -> None:
    conversation = await floor.chat()
    visitor = await floor.visitor(conversation)
    await visitor.until(lambda page: page.cursor)
    before = visitor.cursor
    agent = await floor.agent("ana", conversation)
    await floor.say("ana", conversation, "Careful with him", "note")
    await agent.until(lambda page: "Careful with him" in page.transcript)
    live = floor.desk.runtime.live
    live.beats.beat(list(live.clients))
    await visitor.until(lambda page: '"beat"' in page.frames[-1])
    assert f'"seq":{before}}}' in visitor.frames[-1]
    await visitor.leave()
    await agent.leave()


async def test_opening_another_conversation_leaves_the_one_before(floor: Floor) -> None:
    first = await floor.chat()
    second = (await floor.desk.chat("Another matter", visitor="b")).conversation_id
    page = await floor.agent("ana", first)
    await page.until(lambda page: page.transcript)
    await page.open(second)
    await page.until(lambda page: "Another matter" in page.transcript)
    await floor.desk.chat("Not for this pane", conversation_id=first)
    await floor.desk.chat("For this pane", visitor="b", conversation_id=second)
    await page.until(lambda page: "For this pane" in page.transcript)
    assert "#thread-" + str(first) not in "".join(page.frames[-2:])
    assert floor.desk.runtime.live.watched(f"conversation:{first}") == []
    await page.leave()


async def test_what_nobody_has_open_leaves_nothing_behind(floor: Floor) -> None:
    conversation = await floor.chat()
    live: Live = floor.desk.runtime.live
    page = await floor.agent("ana", conversation)
    visitor = await floor.visitor(conversation)
    for one in (page, visitor):
        await one.until(lambda page: page.transcript)
        await one.leave()
    await page.connect()
    await page.leave()
    await floor.deserted()
    threads = live.threads
    for known in (threads.followers, threads._sent, threads._visible, threads._heard):
        assert not known
    assert not live.hub._topics


async def test_the_journal_gives_a_conversations_events_without_holes(floor: Floor) -> None:
    conversation = await floor.chat()
    for text in ("one", "two"):
        await floor.desk.chat(text, conversation_id=conversation)
    query = floor.desk.runtime.db.query
    everything = await query(events_after, conversation, 0)
    assert everything.last_seq == (await query(events_after, conversation, 10_000)).last_seq
    rest = await query(events_after, conversation, everything.last_seq - 1)
    assert rest.messages == everything.messages[-1:]
    assert not (await query(events_after, conversation, everything.last_seq)).messages


class _deaf:
    """The live side does not hear what is committed meanwhile."""

    def __init__(self, floor: Floor) -> None:
        self._listeners = floor.desk.runtime.listeners
        self._live = floor.desk.runtime.live

    def __enter__(self) -> None:
        self._listeners.remove(self._live.hear)

    def __exit__(self, *exc: object) -> None:
        self._listeners.append(self._live.hear)
