"""What an agent wrote into a mail with which they answer one of ours: above a line that we drew.

Trimming quotes is a guess about mail programs, good enough to read by. Here a wrong guess would
send the customer what was meant for the agent, so the line decides wherever it came back.
"""

import re

from channels.email.reply import trim

_LINE = re.compile(r"^[>|\s]*##- .{1,200} -##\s*$", re.MULTILINE)
_FIRST = "Answer"


def drawn_line(words: str) -> str:
    """The line above which an answer is to be written, its words in the reader's language."""
    return f"##- {words} -##"


def agent_answer(full_text: str) -> str:
    """The answer alone, without what was quoted and without a signature; "" where there is none."""
    found = _LINE.search(full_text)
    if found is None:
        return _own_words(full_text)
    above = full_text[: found.start()].rstrip("> |\t\r\n")
    # A quote below lets the line "On Monday, Tea wrote:" be known for what it is.
    return _own_words(f"{above}\n> {found[0].strip()}\n")


def _own_words(text: str) -> str:
    """Trimmed below a word of our own: trimming shows all of a text rather than nothing of it."""
    return trim(f"{_FIRST}\n\n{text}").removeprefix(_FIRST).strip()
