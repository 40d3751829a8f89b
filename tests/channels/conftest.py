"""What the suites of the channels share: sample mails and a real IMAP server."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.dovecot import DovecotServer, dovecot

MAILS = Path(__file__).parent / "mails"


@pytest.fixture(scope="session")
def mail() -> Callable[[str], bytes]:
    """The bytes of a sample mail by its name."""
    return lambda name: (MAILS / f"{name}.eml").read_bytes()


@pytest.fixture(scope="session")
def dovecot_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DovecotServer]:
    with dovecot(tmp_path_factory.mktemp("dovecot")) as server:
        yield server


@pytest.fixture
def mailbox(dovecot_process: DovecotServer) -> DovecotServer:
    """The running server with an empty inbox."""
    dovecot_process.empty()
    return dovecot_process
