"""Addresses that a browser may fetch without a token: they are signed, and those of files and
pictures expire."""

import hashlib
import hmac
from urllib.parse import quote

from app import clock
from app.security.sessions import same

DAY_MS = 24 * 3_600_000


class Links:
    """Makes and checks the signed addresses of a widget's files, photos and unread counts."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def file(self, key: str, name: str) -> str:
        """Where a visitor fetches a file of their own thread; good until the day after tomorrow."""
        until = clock.now() // DAY_MS + 2
        return f"/widget/files/{key}/{until}.{self._sign('file', f'{key}.{until}')}/{quote(name)}"

    def opens_file(self, key: str, proof: str) -> bool:
        """Whether the address was made here and is still good."""
        return self._is_good("file", key, proof)

    def picture(self, key: str) -> str:
        """Where a picture of an article for customers is, for a page that one of them reads."""
        until = clock.now() // DAY_MS + 2
        return f"/help-files/{key}?proof={until}.{self._sign('picture', f'{key}.{until}')}"

    def opens_picture(self, key: str, proof: str) -> bool:
        """Whether the address was made here and is still good."""
        return self._is_good("picture", key, proof)

    def photo(self, agent_id: int) -> str:
        """Where the photo of the agent they talk to is."""
        return f"/widget/photo/{agent_id}.{self._sign('photo', str(agent_id))}"

    def opens_photo(self, agent_id: int, signature: str) -> bool:
        """Whether the address was made here."""
        return same(signature, self._sign("photo", str(agent_id)))

    def badge(self, session_id: int) -> str:
        """What a host page may keep to ask for the number of unread answers, and nothing else."""
        return f"{session_id}.{self._sign('badge', str(session_id))}"

    def opens_badge(self, badge: str) -> int | None:
        """The session a badge belongs to."""
        number, _, signature = badge.partition(".")
        if not number.isdecimal() or not same(signature, self._sign("badge", number)):
            return None
        return int(number)

    def reference(self, conversation_id: int) -> str:
        """A conversation's number that its sender may show to a page of ours."""
        return f"{conversation_id}.{self._sign('reference', str(conversation_id))}"

    def opens_reference(self, reference: str) -> int | None:
        """The conversation's number, if it was made here."""
        number, _, signature = reference.partition(".")
        if not number.isdecimal() or not same(signature, self._sign("reference", number)):
            return None
        return int(number)

    def _is_good(self, purpose: str, key: str, proof: str) -> bool:
        until, _, signature = proof.partition(".")
        if not until.isdecimal() or int(until) < clock.now() // DAY_MS:
            return False
        return same(signature, self._sign(purpose, f"{key}.{until}"))

    def _sign(self, purpose: str, value: str) -> str:
        text = f"widget {purpose} {value}".encode()
        return hmac.new(self._secret, text, hashlib.sha256).hexdigest()[:32]
