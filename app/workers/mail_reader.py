"""Has mails read in another process and survives whatever they do to it."""

import contextlib
import pickle
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, cast

from app.settings import ROOT
from app.workers.mail_process import Terms
from app.workers.read_mail import MailToRead, ReadMail

MOST_S = 30.0  # for one mail; the parser is linear, so this is for what nobody thought of
MOST_BYTES = 1_500_000_000  # of address space; a mail of 50 MB needs a third of it


class Unreadable(Exception):
    """The mail could not be read; why, in words for an administrator."""


class MailReader:
    """A process that reads mails; a new one takes its place when it dies of one."""

    def __init__(
        self,
        files: Path,
        secret: bytes,
        *,
        module: str = "app.workers.mail_process",
        most_s: float = MOST_S,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._terms = Terms(files, secret, most_s, most_bytes)
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, mails: Sequence[MailToRead]) -> list[ReadMail | Unreadable]:
        """The mails as read, in their order, up to and with the first that ended the process: the
        caller asks again for the rest. Blocks, for each mail at most for the limit."""
        if self._process is not None and self._process.poll() is not None:
            self.end()  # it died while it had nothing to do: not these mails' fault
        process = self._process or self._start()
        found: list[ReadMail | Unreadable] = []
        try:
            # All of them before the first answer is read: it takes them all before it answers.
            _tell(process, mails)
            for _ in mails:
                answer = pickle.load(cast(IO[bytes], process.stdout))
                found.append(answer if isinstance(answer, ReadMail) else Unreadable(str(answer)))
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            found.append(Unreadable(self._why_it_ended(process)))
        return found

    def end(self) -> None:
        """Stop the process; a mail that is being read is Unreadable then."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    cast(IO[bytes], pipe).close()

    def _start(self) -> subprocess.Popen[bytes]:
        self._process = process = subprocess.Popen(
            [sys.executable, "-m", self._module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )
        _tell(process, self._terms)
        return process

    def _why_it_ended(self, process: subprocess.Popen[bytes]) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
        code = process.poll()
        self.end()
        if code == -signal.SIGALRM:
            return f"The mail could not be read in {self._terms.most_s:g} s."
        if code is not None and code < 0:
            return f"Reading the mail ended the reader ({signal.Signals(-code).name})."
        return f"Reading the mail ended the reader (exit status {code})."


def _tell(process: subprocess.Popen[bytes], what: object) -> None:
    pipe = cast(IO[bytes], process.stdin)
    pickle.dump(what, pipe)
    pipe.flush()
