"""Reads address lists as people and programs really write them; linear on any input."""

import re
from dataclasses import dataclass

from channels.email.headers import decode_words

MAX_ADDRESSES = 500

# What separates or groups, kept whole: encoded words, quoted strings, comments, angle brackets.
_TOKEN = re.compile(
    r"=\?[^?\s]{1,60}\?[bBqQ]\?[^?]*\?="
    r"|\"(?:[^\"\\]|\\.){0,1000}\""
    r"|\((?:[^()\\]|\\.){0,1000}\)"
    r"|<[^<>]*>"
    r"|[,;:]"
    r"|[^\",;:(<=]+"
    r"|."
)
_MAX_TOKENS = 20_000
_JUNK = re.compile(r"[\s<>\x00-\x1f\x7f\"]+")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One address as it was written, and the name beside it."""

    name: str
    address: str


def parse_addresses(value: str) -> list[Mailbox]:
    """The mailboxes of a From, To, Cc or Reply-To field; groups are opened, nonsense left out."""
    found: list[Mailbox] = []
    words: list[str] = []
    for count, token in enumerate(_TOKEN.finditer(value)):
        text = token[0]
        if count > _MAX_TOKENS or len(found) >= MAX_ADDRESSES:
            break
        if text == ":" and not any("@" in word or word.startswith("<") for word in words):
            words = []  # the name of a group
        elif text in ",;":
            found += _mailbox(words)
            words = []
        else:
            words.append(text)
    return found + _mailbox(words)


def _mailbox(words: list[str]) -> list[Mailbox]:
    angle = next((w for w in reversed(words) if w.startswith("<") and w.endswith(">")), None)
    comments = [w[1:-1] for w in words if w.startswith("(") and w.endswith(")")]
    rest = [w for w in words if w is not angle and not (w.startswith("(") and w.endswith(")"))]
    plain = "".join(rest).strip()
    if angle is not None:
        return _checked(_name(plain) or _name(" ".join(comments)), angle[1:-1])
    if "@" in plain and "<" in plain:  # never closed
        name, _, address = plain.rpartition("<")
        return _checked(_name(name), address)
    quoted = re.match(r"(\"(?:[^\"\\]|\\.)*\")\s+(\S+@\S+)$", plain)
    if quoted:
        return _checked(_name(quoted[1]), quoted[2])
    return _checked(_name(" ".join(comments)), decode_words(plain))


def _checked(name: str, address: str) -> list[Mailbox]:
    address = re.sub(r"\([^()]*\)", "", address[:1000])
    address = decode_words(address) if "=?" in address else address
    address = _JUNK.sub("", address.removeprefix("mailto:"))
    if "@" not in address:
        return []
    return [Mailbox("" if name.lower() == address.lower() else name, address)]


def _name(text: str) -> str:
    """The display name with quotes and escapes undone, then encoded words decoded."""
    unquoted = re.sub(
        r"\"((?:[^\"\\]|\\.){0,1000})\"", lambda m: re.sub(r"\\(.)", r"\1", m[1]), text.strip()
    )
    return " ".join(decode_words(unquoted).split()).strip("'\"").strip()
