"""What a contact is about leads it to its queue; agents correct it, and that is learned from."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import insert, select

from app.actions.classify_contact import correct_class
from app.actions.correct_contact import correct_contact
from app.actions.set_status import resolve
from app.db import Invalid, NotFound
from app.erasing import erase
from app.knowledge_index import classes as learning
from app.models.answering import topics
from app.models.contact import contacts
from app.models.conversation import conversations
from app.models.organisation import queue_rules, skills
from app.models.question import contact_classes, training_examples
from app.queries.assist import classes_of
from app.queries.training import training_examples as examples_to_learn
from tests.desk import Desk

pytestmark = pytest.mark.engine


async def add(desk: Desk, table: Any, **values: Any) -> int:
    def write(tx: Any) -> int:
        return int(tx.execute(insert(table).values(**values).returning(table.c.id)).scalar_one())

    return await desk.runtime.db.write(write)


async def one(desk: Desk, table: Any) -> Any:
    async with desk.runtime.db.read() as conn:
        return (await conn.execute(select(table).order_by(table.c.id.desc()))).first()


async def rule(desk: Desk, **conditions: Any) -> int:
    return await add(desk, queue_rules, position=1, queue_id=desk.queues["billing"], **conditions)


async def test_words_of_a_topic_lead_to_the_queue_of_a_rule(desk: Desk) -> None:
    await add(desk, topics, name="Refunds", words="refund, money back, 退款", created_at=1)
    await rule(desk, class_topic="Refunds", priority="high")
    await desk.mail("I want my money back.")
    contact = await one(desk, contacts)
    assert (contact.queue_id, contact.priority) == (desk.queues["billing"], "high")
    found = await one(desk, contact_classes)
    assert (found.topic, found.topic_score, found.evidence["words"]) == (
        "Refunds",
        None,
        "money back",
    )


async def test_a_word_inside_another_is_not_the_word(desk: Desk) -> None:
    await add(desk, topics, name="Tea", words="tea", created_at=1)
    await desk.mail("Does my team get a discount?")
    assert await one(desk, contact_classes) is None


async def test_mood_and_urgency_lead_too_with_a_skill(desk: Desk) -> None:
    calm = await add(desk, skills, name="Calming", kind="topic", code="calm")
    await rule(desk, mood="negative", skill_id=calm)
    await desk.mail("This is unacceptable, I am furious.")
    contact = await one(desk, contacts)
    assert (contact.queue_id, contact.skills) == (desk.queues["billing"], [[calm, 1]])
    found = await one(desk, contact_classes)
    assert found.evidence["mood"] == "This is unacceptable, I am furious."


async def test_who_is_unsure_sets_nothing_and_the_contact_waits_all_the_same(desk: Desk) -> None:
    await rule(desk, urgency="urgent")
    await desk.mail("Which tea is best?")
    contact = await one(desk, contacts)
    assert (contact.queue_id, contact.status) == (desk.queues["general"], "waiting")
    assert await one(desk, contact_classes) is None


async def test_what_was_learned_decides_before_words(desk: Desk) -> None:
    await add(desk, topics, name="Parcels", words="parcel", created_at=1)
    desk.runtime.db.topics = lambda text, brand: [("Customs", 0.93)]
    await desk.mail("Where is my parcel?")
    assert (await one(desk, contact_classes)).topic == "Customs"
    desk.runtime.db.topics = lambda text, brand: [("Customs", 0.31)]
    await desk.mail("Where is my parcel?", email="li@example.com")
    assert (await one(desk, contact_classes)).topic == "Parcels"


async def test_a_correction_becomes_an_example_and_stays(desk: Desk) -> None:
    await add(desk, topics, name="Parcels", words="parcel", created_at=1)
    received = await desk.mail("Where is my parcel?")
    ana = await desk.actor("ana")
    write = desk.runtime.db.write
    await write(correct_class, ana, received.conversation_id, "topic", "Customs")
    await write(correct_class, ana, received.conversation_id, "topic", "Duty")
    found = await one(desk, contact_classes)
    assert (found.topic, found.corrected_by) == ("Duty", desk.agents["ana"])
    async with desk.runtime.db.read() as conn:
        kept = (await conn.execute(select(training_examples))).all()
    assert [(row.label, row.source) for row in kept] == [("Duty", "agent")]
    learned = await desk.runtime.db.query(examples_to_learn)
    assert [(it.brand_id, it.label) for it in learned] == [(desk.brand, "Duty")]


async def test_solved_conversations_teach_the_topic_whose_words_they_held(desk: Desk) -> None:
    await add(desk, topics, name="Parcels", words="parcel", created_at=1)
    solved = await desk.mail("Where is my parcel?")
    corrected = await desk.mail("My parcel is empty", email="li@example.com")
    await desk.mail("The parcel is wet", email="jo@example.com")  # still open
    ana, write = await desk.actor("ana"), desk.runtime.db.write
    await write(correct_class, ana, corrected.conversation_id, "topic", "Missing")
    for mail in (solved, corrected):
        await write(resolve, ana, mail.conversation_id)
    learned = await desk.runtime.db.query(examples_to_learn)
    assert sorted((it.text.split("\n")[-1], it.label) for it in learned) == [
        ("My parcel is empty", "Missing"),
        ("Where is my parcel?", "Parcels"),
    ]


async def test_what_is_learned_holds_no_names_and_forgets_who_is_erased(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "QUIET_S", 0.0)
    ana, write = await desk.actor("ana"), desk.runtime.db.write
    kim = await desk.mail("Kim here, mail kim.doe@example.com: my ocarina is out of tune")
    for topic, mail in (
        ("Music", kim),
        ("Music", await desk.mail("The flute is broken", email="li@example.com", name="Li Wong")),
        ("Tea", await desk.mail("The tea is bitter", email="jo@example.com", name="Jo Ray")),
    ):
        await write(correct_class, ana, mail.conversation_id, "topic", topic)
    stored = desk.runtime.settings.data_dir

    async def learned(word: str, *, there: bool) -> str:
        while True:
            files = [file.read_text() for file in stored.rglob("topics-*.json")]
            if files and all((f'"={word}"' in text) == there for text in files):
                return "".join(files)
            await asyncio.sleep(0.05)

    held = await asyncio.wait_for(learned("bitter", there=True), 60)
    assert '"=ocarina"' in held
    assert not any(f'"={word}"' in held for word in ("kim", "doe", "wong", "ray", "exampl"))
    await erase(desk.runtime, kim.customer_id, ana)
    await asyncio.wait_for(learned("ocarina", there=False), 60)


async def test_a_corrected_language_is_that_of_the_conversation_and_its_example(desk: Desk) -> None:
    received = await desk.mail("Where is my parcel?")
    ana, write = await desk.actor("ana"), desk.runtime.db.write
    await write(correct_class, ana, received.conversation_id, "topic", "Customs")
    await write(correct_class, ana, received.conversation_id, "language", "de")
    assert (await one(desk, conversations)).language == "de"
    assert (await one(desk, training_examples)).locale == "de"
    shown = await desk.runtime.db.query(classes_of, ana, received.conversation_id)
    assert (shown.language, shown.topic, shown.corrected_by) == ("de", "Customs", "Ana")
    assert {"en", "zh"} <= set(shown.languages)
    with pytest.raises(Invalid):
        await write(correct_class, ana, received.conversation_id, "language", "Klingon!")


async def test_who_waits_is_for_those_who_speak_the_corrected_language(desk: Desk) -> None:
    german = await add(desk, skills, name="German", kind="language", code="de")
    received = await desk.mail("Where is my parcel?")
    before = await one(desk, contacts)
    assert before.skills == []
    ana, write = await desk.actor("ana"), desk.runtime.db.write
    await write(correct_contact, ana, received.conversation_id, "language", "de")
    after = await one(desk, contacts)
    assert (after.skills, after.status) == ([[german, 1]], "waiting")
    assert (after.queue_id, after.enqueued_at) == (before.queue_id, before.enqueued_at)
    await desk.available("ana")
    await desk.route()
    assert await desk.pending_offer("ana") is None


async def test_only_who_works_with_it_corrects_and_only_with_what_there_is(desk: Desk) -> None:
    received = await desk.mail()
    write, ana = desk.runtime.db.write, await desk.actor("ana")
    with pytest.raises(Invalid):
        await write(correct_class, ana, received.conversation_id, "mood", "sarcastic")
    with pytest.raises(NotFound):
        await write(correct_class, ana, 999, "topic", "Duty")
