"""Passwords: hashed with argon2 off the event loop, a few at a time; weak ones are refused."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from pwdlib import PasswordHash

MIN_LENGTH = 10
MAX_LENGTH = 200  # argon2 reads every byte: nobody makes us hash a book
AT_ONCE = 2  # a hash costs some 200 ms of CPU and 64 MB

# What people choose most when ten characters are asked for; compared without case.
_COMMON = frozenset(
    Path(__file__).with_name("common_passwords.txt").read_text(encoding="utf-8").split()
)

_hasher = PasswordHash.recommended()
_threads = ThreadPoolExecutor(AT_ONCE, "argon2")


def weakness(password: str, *, name: str = "", email: str = "") -> str:
    """Why a new password is refused: too_short, too_long, common or personal; empty: it is fine."""
    folded = password.strip().casefold()
    if len(password) < MIN_LENGTH:
        return "too_short"
    if len(password) > MAX_LENGTH:
        return "too_long"
    if folded in _COMMON or len(set(folded)) < 4:
        return "common"
    personal = {name.casefold(), name.casefold().replace(" ", ""), email.casefold()}
    return "personal" if folded in personal else ""


async def hash_password(password: str) -> str:
    """The hash to store."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher.hash, password)


async def verify_password(password: str, stored: str) -> tuple[bool, str | None]:
    """Whether the password fits, and a newer hash to store where the old one is outdated.

    Takes the same time when `stored` is empty: nobody learns which accounts exist.
    """
    if len(password) > MAX_LENGTH:
        password = ""
    right, newer = await asyncio.get_running_loop().run_in_executor(
        _threads, _verify, password, stored
    )
    return (right and bool(stored), newer if stored else None)


def _verify(password: str, stored: str) -> tuple[bool, str | None]:
    return _hasher.verify_and_update(password, stored or _hash_of_nobody())


@cache
def _hash_of_nobody() -> str:
    """What a password is compared with where there is no account."""
    return _hasher.hash("nobody has this password")
