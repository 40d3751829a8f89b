"""Mail over real SMTP: our deliverer against our listener, and against servers that misbehave."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from channels.email.smtp_listen import Listener, start_listener
from channels.email.smtp_send import DeliveryResult, Line, SmtpSettings, deliver
from tests.servers.ports import free_port

RAW = b"From: a@example.net\r\nTo: s@example.org\r\nSubject: x\r\n\r\n.dot\r\nbye\r\n"
SENDER = "a@example.net"
Kept = list[tuple[bytes, str, list[str]]]


@asynccontextmanager
async def listening(
    kept: Kept, *, fails: bool = False, max_bytes: int = 1_000_000, lmtp: bool = False
) -> AsyncIterator[Listener]:
    async def on_mail(raw: bytes, mail_from: str, rcpt_to: list[str]) -> None:
        if fails:
            raise OSError("the disk is full")
        kept.append((raw, mail_from, rcpt_to))

    def is_known(address: str) -> bool:
        return address.endswith("@example.org")

    listener = await start_listener("127.0.0.1", 0, on_mail, is_known, max_bytes, lmtp=lmtp)
    try:
        yield listener
    finally:
        await listener.stop()


def plain(port: int) -> SmtpSettings:
    return SmtpSettings("127.0.0.1", port, security="none", timeout_s=10)


def outcomes(result: DeliveryResult) -> list[tuple[str, str]]:
    return [(each.address, each.outcome) for each in result.recipients]


async def test_an_accepted_mail_was_kept_byte_for_byte() -> None:
    kept: Kept = []
    async with listening(kept) as listener:
        result = await deliver(
            RAW, SENDER, ["s@example.org", "t@example.org"], plain(listener.port)
        )
    assert outcomes(result) == [("s@example.org", "accepted"), ("t@example.org", "accepted")]
    assert kept == [(RAW, SENDER, ["s@example.org", "t@example.org"])]


async def test_the_null_sender_comes_as_an_empty_text() -> None:
    kept: Kept = []
    async with listening(kept) as listener:
        await deliver(RAW, "", ["s@example.org"], plain(listener.port))
    assert kept[0][1] == ""


async def test_a_mail_that_could_not_be_kept_is_asked_for_again() -> None:
    async with listening([], fails=True) as listener:
        result = await deliver(RAW, SENDER, ["s@example.org"], plain(listener.port))
    (recipient,) = result.recipients
    assert recipient.outcome == "temporary"
    assert recipient.code == 451


async def test_an_unknown_recipient_is_refused_and_the_others_are_served() -> None:
    kept: Kept = []
    async with listening(kept) as listener:
        result = await deliver(
            RAW, SENDER, ["x@evil.example", "s@example.org"], plain(listener.port)
        )
    assert outcomes(result) == [("x@evil.example", "permanent"), ("s@example.org", "accepted")]
    assert result.having("permanent")[0].code == 550
    assert kept[0][2] == ["s@example.org"]


async def test_a_mail_over_the_limit_is_refused_for_good() -> None:
    async with listening([], max_bytes=100) as listener:
        result = await deliver(RAW * 10, SENDER, ["s@example.org"], plain(listener.port))
    (recipient,) = result.recipients
    assert recipient.outcome == "permanent"
    assert recipient.code == 552


async def test_a_line_longer_than_the_standard_allows_is_kept() -> None:
    kept: Kept = []
    raw = b"Subject: x\r\n\r\n" + b"y" * 50_000 + b"\r\n"
    async with listening(kept) as listener:
        await deliver(raw, SENDER, ["s@example.org"], plain(listener.port))
    assert kept[0][0] == raw


async def test_many_mails_at_once_are_each_kept_once() -> None:
    kept: Kept = []
    async with listening(kept) as listener:
        await asyncio.gather(
            *(
                deliver(RAW + b"%d\r\n" % n, SENDER, ["s@example.org"], plain(listener.port))
                for n in range(20)
            )
        )
    assert len({raw for raw, _, _ in kept}) == len(kept) == 20


async def test_stopping_waits_for_the_mail_that_is_being_kept() -> None:
    begun, may_end, ended = asyncio.Event(), asyncio.Event(), []

    async def on_mail(raw: bytes, mail_from: str, rcpt_to: list[str]) -> None:
        begun.set()
        await may_end.wait()
        ended.append(raw)

    listener = await start_listener("127.0.0.1", 0, on_mail, lambda _: True, 1_000_000)
    sending = asyncio.create_task(deliver(RAW, SENDER, ["s@example.org"], plain(listener.port)))
    await begun.wait()
    stopping = asyncio.create_task(listener.stop())
    await asyncio.sleep(0)
    may_end.set()
    await stopping
    await sending
    assert ended == [RAW]


@pytest.mark.parametrize(("fails", "answer"), [(False, b"250 2.0.0"), (True, b"451 4.3.0")])
async def test_lmtp_answers_once_for_each_recipient_that_was_taken(
    fails: bool, answer: bytes
) -> None:
    kept: Kept = []
    async with listening(kept, fails=fails, lmtp=True) as listener:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)

        async def say(line: bytes, answers: int = 1) -> list[bytes]:
            writer.write(line + b"\r\n")
            return [await asyncio.wait_for(reader.readline(), 10) for _ in range(answers)]

        assert (await reader.readline()).startswith(b"220")
        assert (await say(b"EHLO mx.example.net"))[0].startswith(b"500")
        writer.write(b"LHLO mx.example.net\r\n")
        while not (await asyncio.wait_for(reader.readline(), 10)).startswith(b"250 "):
            pass
        await say(b"MAIL FROM:<a@example.net>")
        for name in (b"s@example.org", b"nobody@elsewhere.example", b"t@example.org"):
            await say(b"RCPT TO:<" + name + b">")
        await say(b"DATA")
        answers = await say(RAW + b".", 2)
        assert [line.startswith(answer) for line in answers] == [True, True]
        assert (await say(b"QUIT"))[0].startswith(b"221")
        writer.close()
    taken = [] if fails else [["s@example.org", "t@example.org"]]
    assert [to for _, _, to in kept] == taken


async def test_nobody_listening_is_temporary() -> None:
    result = await deliver(RAW, SENDER, ["s@example.org"], plain(free_port()))
    assert outcomes(result) == [("s@example.org", "temporary")]


async def test_a_server_without_tls_gets_no_mail_in_clear_text() -> None:
    kept: Kept = []
    async with listening(kept) as listener:
        settings = SmtpSettings("127.0.0.1", listener.port, security="starttls", timeout_s=10)
        result = await deliver(RAW, SENDER, ["s@example.org"], settings)
    assert outcomes(result) == [("s@example.org", "temporary")]
    assert kept == []


async def test_a_refused_login_is_temporary_and_says_so() -> None:
    async with listening([]) as listener:
        settings = SmtpSettings("127.0.0.1", listener.port, "none", "user", "wrong", 10)
        result = await deliver(RAW, SENDER, ["s@example.org"], settings)
    (recipient,) = result.recipients
    assert recipient.outcome == "temporary"
    assert recipient.reason


Script = Callable[[str], str | None]


@asynccontextmanager
async def scripted(after_data: str | None, to_rcpt: str = "250 OK") -> AsyncIterator[int]:
    """A server that says what it is told to; None as the answer after DATA cuts the line."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        in_data = False
        while line := await reader.readline():
            word = line.strip().upper()
            if in_data:
                if word != b".":
                    continue
                in_data = False
                if after_data is None:
                    break
                writer.write(after_data.encode() + b"\r\n")
            elif word == b"DATA":
                in_data = True
                writer.write(b"354 go on\r\n")
            elif word.startswith(b"RCPT"):
                writer.write(to_rcpt.encode() + b"\r\n")
            else:
                writer.write(b"250 OK\r\n")
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize(
    ("after_data", "outcome"),
    [
        ("250 2.0.0 queued", "accepted"),
        ("452 4.3.1 come back", "temporary"),
        ("554 5.7.1 spam", "permanent"),
        (None, "uncertain"),
    ],
)
async def test_the_answer_to_the_content_decides(after_data: str | None, outcome: str) -> None:
    async with scripted(after_data) as port:
        result = await deliver(RAW, SENDER, ["s@example.org"], plain(port))
    assert outcomes(result) == [("s@example.org", outcome)]


async def test_a_recipient_put_off_is_temporary() -> None:
    async with scripted("250 OK", to_rcpt="450 4.2.0 greylisted") as port:
        result = await deliver(RAW, SENDER, ["s@example.org"], plain(port))
    (recipient,) = result.recipients
    assert recipient.outcome == "temporary"
    assert "greylisted" in recipient.reason


@asynccontextmanager
async def hanging(at: bytes, *, hang_up: bool = False) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that says nothing more, or hangs up, when it hears a command; what it has heard."""
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if at != b"":
            writer.write(b"220 ready\r\n")
        in_data = False
        while line := await reader.readline():
            word = line.strip().upper()
            if in_data and word != b".":
                continue
            heard.append(word.split(b" ")[0])
            if at == b"" or word.startswith(at):
                if hang_up:
                    break
                continue
            writer.write(b"354 go on\r\n" if word == b"DATA" else b"250 OK\r\n")
            in_data = word == b"DATA"
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], heard


@pytest.mark.parametrize(
    ("at", "outcome"),
    [
        (b"", "temporary"),
        (b"EHLO", "temporary"),
        (b"MAIL", "temporary"),
        (b"RCPT", "temporary"),
        (b"DATA", "uncertain"),
        (b".", "uncertain"),
    ],
)
async def test_silence_is_uncertain_only_from_the_content_on(at: bytes, outcome: str) -> None:
    async with hanging(at) as (port, _):
        settings = SmtpSettings("127.0.0.1", port, security="none", timeout_s=0.3)
        result = await deliver(RAW, SENDER, ["s@example.org"], settings)
    assert outcomes(result) == [("s@example.org", outcome)]


async def test_one_line_carries_several_mails() -> None:
    async with hanging(b"never") as (port, heard):
        line = Line(plain(port))
        for _ in range(3):
            result = await line.deliver(RAW, SENDER, ["s@example.org"])
            assert outcomes(result) == [("s@example.org", "accepted")]
        await line.close()
    assert [heard.count(word) for word in (b"EHLO", b"MAIL", b"QUIT")] == [1, 3, 1]


async def test_a_server_that_has_hung_up_meanwhile_is_called_again() -> None:
    async with hanging(b"RSET", hang_up=True) as (port, heard):
        line = Line(plain(port))
        for _ in range(3):
            result = await line.deliver(RAW, SENDER, ["s@example.org"])
            assert outcomes(result) == [("s@example.org", "accepted")]
        await line.close()
    assert [heard.count(word) for word in (b"EHLO", b"MAIL")] == [3, 3]


async def test_a_mail_that_was_refused_leaves_the_line_to_the_next() -> None:
    async with scripted("554 5.7.1 spam") as port:
        line = Line(plain(port))
        for _ in range(2):
            result = await line.deliver(RAW, SENDER, ["s@example.org"])
            assert outcomes(result) == [("s@example.org", "permanent")]
        await line.close()
