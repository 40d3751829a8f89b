"""A mail that harms whoever reads it: it is kept and named, and the rest goes on."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import select

from app.files import FileStore
from app.models.work import raw_mails
from app.queries.setup_mail import unreadable_mails
from app.workers import parse_mail
from app.workers.keep import keep_delivered
from app.workers.mail_reader import MailReader, Unreadable
from app.workers.read_mail import MailToRead, ReadMail
from tests.desk import Desk
from tests.fixtures.mail import mail
from tests.fixtures.workers import Start, until

ODD = "tests.workers.odd_reader"


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[MailReader]:
    found = MailReader(tmp_path, b"secret", module=ODD, most_s=4.0)
    yield found
    found.end()


def kept(folder: Path, subject: str) -> MailToRead:
    raw = mail(subject=subject)
    return MailToRead(FileStore(folder).put(raw), len(raw), "imap", "kim@example.com", ())


def subjects(found: Sequence[ReadMail | Unreadable]) -> list[str]:
    """The subjects of mails that were read; of others the signal that ended the reader."""
    return [
        each.inbound.subject if isinstance(each, ReadMail) else re.findall(r"SIG\w+", str(each))[0]
        for each in found
    ]


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("hang", "could not be read in"),
        ("eat", "MemoryError"),
        ("crash", "SIGSEGV"),
        ("leave", "exit status 3"),
    ],
)
def test_what_a_mail_does_to_its_reader_is_said_and_the_next_is_read(
    tmp_path: Path, reader: MailReader, subject: str, words: str
) -> None:
    [refused] = reader.read([kept(tmp_path, subject)])
    assert isinstance(refused, Unreadable)
    assert words in str(refused)
    assert subjects(reader.read([kept(tmp_path, "My parcel")])) == ["My parcel"]


def test_mails_are_read_together_up_to_the_one_that_ends_the_reader(
    tmp_path: Path, reader: MailReader
) -> None:
    mails = [kept(tmp_path, subject) for subject in ("One", "Two", "crash", "Three")]
    assert subjects(reader.read(mails)) == ["One", "Two", "SIGSEGV"]
    assert subjects(reader.read(mails[3:])) == ["Three"]


def test_more_answers_than_a_pipe_holds_block_nobody(tmp_path: Path, reader: MailReader) -> None:
    files = FileStore(tmp_path)
    raws = [mail("word " * 40_000, subject=f"No. {n}") for n in range(10)]
    rcpt_to = tuple(f"{n}{'x' * 200}@example.com" for n in range(200))
    mails = [MailToRead(files.put(raw), len(raw), "smtp", "", rcpt_to) for raw in raws]
    assert subjects(reader.read(mails)) == [f"No. {n}" for n in range(10)]


def test_a_mail_whose_bytes_are_gone_is_named(tmp_path: Path, reader: MailReader) -> None:
    gone = MailToRead("f" * 64, 10, "imap", "", ())
    found = reader.read([gone, kept(tmp_path, "The next")])
    assert "FileNotFoundError" in str(found[0])
    assert subjects(found[1:]) == ["The next"]


def test_what_libraries_print_does_no_harm(tmp_path: Path, reader: MailReader) -> None:
    assert subjects(reader.read([kept(tmp_path, "chatter")])) == ["chatter"]


def test_a_reader_that_died_by_itself_is_replaced(tmp_path: Path, reader: MailReader) -> None:
    reader.read([kept(tmp_path, "One")])
    process = reader._process
    assert process is not None
    process.kill()
    process.wait()
    assert subjects(reader.read([kept(tmp_path, "Two")])) == ["Two"]


async def test_mails_that_harm_are_put_off_in_words_and_the_rest_goes_on(
    desk: Desk, work: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parse_mail, "READER", ODD)
    monkeypatch.setattr(parse_mail, "MOST_S", 4.0)
    subjects = ["before", "hang", "eat", "crash", "leave", "after"]
    for subject in subjects:
        raw = mail(subject=subject, message_id=f"<{subject}@example.com>")
        await keep_delivered(desk.runtime, [desk.inboxes["email"]], raw, "kim@example.com", [])
    await work(parse_mail.WORKER)

    async def states() -> list[tuple[str, str]]:
        async with desk.runtime.db.read() as conn:
            rows = (await conn.execute(select(raw_mails).order_by(raw_mails.c.id))).all()
        return [(row.state, row.error) for row in rows]

    async def each_was_tried() -> bool:
        return all(state == "parsed" or error for state, error in await states())

    await until(each_was_tried)
    found = await states()
    assert [state for state, _ in found] == ["parsed", *["stored"] * 4, "parsed"]
    for (_, error), words in zip(
        found[1:5], ["in 4 s", "MemoryError", "SIGSEGV", "status 3"], strict=True
    ):
        assert words in error
    assert await desk.runtime.db.query(unreadable_mails) == []
