"""Who looks and who types: shown to colleagues and, but for notes, to the customer."""

from tests.live.floor import Floor


def _doing(page, conversation: int) -> list[tuple[str, str]]:  # type: ignore[no-untyped-def]
    frames = [f for f in page.data if f["type"] == "viewers" and f["conversation"] == conversation]
    return [(one["name"], one["doing"]) for one in frames[-1]["viewers"]] if frames else []


def _typing(page) -> list[bool]:  # type: ignore[no-untyped-def]
    return [frame["on"] for frame in page.data if frame["type"] == "typing"]


async def test_colleagues_see_who_has_it_open_and_who_leaves(floor: Floor) -> None:
    conversation = await floor.chat()
    ana = await floor.agent("ana", conversation)
    ben = await floor.agent("ben", conversation)
    both = [("Ana", "viewing"), ("Ben", "viewing")]
    await ana.until(lambda page: _doing(page, conversation) == both)
    await ben.leave()
    await ana.until(lambda page: _doing(page, conversation) == [("Ana", "viewing")])
    await ana.leave()


async def test_the_customer_sees_that_an_answer_is_typed_but_not_a_note(floor: Floor) -> None:
    conversation = await floor.chat()
    ana = await floor.agent("ana", conversation)
    ben = await floor.agent("ben", conversation)
    visitor = await floor.visitor(conversation)
    await visitor.until(lambda page: page.transcript)
    await ana.send(type="typing", conversation=conversation, on=True, note=True)
    await ben.until(lambda page: ("Ana", "noting") in _doing(page, conversation))
    assert _typing(visitor) == []
    await ana.send(type="typing", conversation=conversation, on=True)
    await visitor.until(lambda page: _typing(page) == [True])
    await ben.until(lambda page: ("Ana", "replying") in _doing(page, conversation))
    await ana.send(type="typing", conversation=conversation, on=False)
    await visitor.until(lambda page: _typing(page) == [True, False])
    for page in (ana, ben, visitor):
        await page.leave()


async def test_agents_see_that_the_customer_types_once(floor: Floor) -> None:
    conversation = await floor.chat()
    ana = await floor.agent("ana", conversation)
    visitor = await floor.visitor(conversation)
    for page in (ana, visitor):
        await page.until(lambda page: page.transcript)
    for _ in range(3):
        await visitor.send(type="typing", on=True)
    await visitor.send(type="typing", on=False)
    await ana.until(lambda page: _typing(page) == [True, False])
    assert _typing(visitor) == []
    await ana.leave()
    await visitor.leave()


async def test_one_cannot_type_into_a_conversation_one_has_not_open(floor: Floor) -> None:
    conversation = await floor.chat()
    visitor = await floor.visitor(conversation)
    await visitor.until(lambda page: page.transcript)
    ben = await floor.agent("ben")
    await ben.send(type="typing", conversation=conversation, on=True)
    await ben.settled()
    await visitor.settled()
    assert _typing(visitor) == []
    await ben.leave()
    await visitor.leave()


async def test_a_viewer_who_is_not_heard_of_any_more_is_forgotten(floor: Floor) -> None:
    conversation = await floor.chat()
    ana = await floor.agent("ana", conversation)
    await ana.until(lambda page: _doing(page, conversation))
    viewers = floor.desk.runtime.live.viewers
    viewers._viewers[conversation][floor.desk.agents["ana"]].until = 0.0
    viewers.expire()
    await ana.until(lambda page: _doing(page, conversation) == [])
    await ana.leave()
