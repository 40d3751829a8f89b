"""What an agent wrote above the line goes to the customer, and nothing that was below it."""

import pytest

from channels.email.agent_answer import agent_answer, drawn_line
from channels.email.threading import agent_mark, read_agent_mark

LINE = drawn_line("Write your answer above this line")
NOTICE = (
    f"{LINE}\n\nTo answer Kim, answer this mail.\nOpen the conversation: http://d/inbox/7\n\n"
    "Kim wrote:\n\nIs it green?"
)


def quoted(text: str = NOTICE) -> str:
    return "".join(f"> {line}\n" for line in text.splitlines())


WAYS = {
    "gmail": "On Sat, 21 Nov 2026 at 10:00, Tea <help+a1-2-3.x@tea.example> wrote:\n\n" + quoted(),
    "gmail wrapped": "On Sat, 21 Nov 2026 at 10:00, Tea <\nhelp@tea.example> wrote:\n\n" + quoted(),
    "apple": "> On 21 Nov 2026, at 10:00, Tea <help@tea.example> wrote:\n> \n" + quoted(),
    "outlook": "________________________________\nFrom: Tea <help@tea.example>\nSent: Saturday\n"
    f"To: Ana\nSubject: Kim wrote: My parcel\n\n{NOTICE}",
    "outlook de": "Von: Tea <help@tea.example>\nGesendet: Samstag\nAn: Ana\nBetreff: X\n\n"
    + NOTICE,
    "thunderbird de": "Am 21.11.26 um 10:00 schrieb Tea:\n" + quoted(),
    "qq": '------------------ 原始邮件 ------------------\n发件人: "Tea" <help@tea.example>;\n'
    f'发送时间: 2026年11月21日\n收件人: "Ana";\n主题: X\n\n{NOTICE}',
    "163": '在 2026-11-21 10:00:00，"Tea" <help@tea.example> 写道：\n\n' + quoted(),
    "unknown program": "\n" + NOTICE,
    "no quote at all": "",
}


@pytest.mark.parametrize("way", WAYS)
def test_the_answer_stands_above_the_line(way: str) -> None:
    answer = "Yes, it is.\n\nIt comes with:\n\n* a cup\n* a spoon"
    assert agent_answer(f"{answer}\n\n{WAYS[way]}") == answer


@pytest.mark.parametrize("way", [way for way in WAYS if way != "no quote at all"])
def test_nothing_above_is_no_answer(way: str) -> None:
    assert agent_answer(f"\n\n{WAYS[way]}") == ""


def test_the_signature_is_not_sent_twice() -> None:
    assert agent_answer(f"Yes.\n\n-- \nAna\nTea & Things\n\n{WAYS['gmail']}") == "Yes."


def test_nothing_below_the_line_is_ever_sent() -> None:
    text = f"Yes.\n\n{NOTICE}\n\nP.S. below"
    assert agent_answer(text) == "Yes."


def test_a_mark_is_read_back_and_ends_at_a_full_hour() -> None:
    mark = agent_mark(12, 1042, 7_200_001, b"secret")
    found = read_agent_mark(f"HELP+{mark.upper()}@tea.example", b"secret")
    assert found is not None
    assert (found.agent_id, found.message_id, found.genuine) == (12, 1042, True)
    assert found.expires_at == 10_800_000


@pytest.mark.parametrize("part", range(4))
def test_a_mark_that_was_changed_is_not_genuine(part: int) -> None:
    mark = agent_mark(12, 1042, 7_200_000, b"secret")
    head, signature = mark.split(".")
    numbers = [head[1:].split("-")[0], *head.split("-")[1:]]
    if part == 3:
        signature = signature[1:] + ("a" if signature[0] != "a" else "b")
    else:
        numbers[part] = str(int(numbers[part]) + 1)
    found = read_agent_mark(f"x+a{'-'.join(numbers)}.{signature}@t.example", b"secret")
    assert found is not None
    assert not found.genuine


def test_a_genuine_mark_counts_before_one_that_is_not() -> None:
    mark = agent_mark(12, 1042, 7_200_000, b"secret")
    text = f"<{agent_mark(1, 2, 3, b'other')}@x> <{mark}@x>"
    found = read_agent_mark(text, b"old secret", b"secret")
    assert found is not None
    assert found.genuine
    assert read_agent_mark("<c12.ab.aaaaaaaaaaaaaaaa@x>", b"secret") is None
