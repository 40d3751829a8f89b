"""The process that reads mails, with limits that the system holds it to.

A mail that makes it hang, eat memory or crash ends this process and nothing else. In: pickled
lists of mails on stdin, after the store's folder, the secret and the limits; out: for each mail a
`ReadMail`, or why not, in words. It ends when nobody listens any more.
"""

import contextlib
import os
import pickle
import resource
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.files import FileStore
from app.workers.read_mail import MailToRead, ReadMail, read_mail

Read = Callable[[FileStore, MailToRead, bytes], ReadMail]


@dataclass(frozen=True, slots=True)
class Terms:
    """What the process is told first. `secret` goes by the pipe, where nobody else can read it."""

    files: Path
    secret: bytes
    most_s: float
    most_bytes: int


def serve(read: Read = read_mail) -> None:
    """Read mails until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started us
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anything prints must not get between the answers
    with contextlib.suppress(EOFError, BrokenPipeError):
        terms: Terms = pickle.load(sys.stdin.buffer)
        _limit_memory(terms.most_bytes)
        files = FileStore(terms.files)
        while True:
            mails: Sequence[MailToRead] = pickle.load(sys.stdin.buffer)
            for mail in mails:
                # Not handled: the system ends us, even in the middle of a regular expression.
                signal.setitimer(signal.ITIMER_REAL, terms.most_s)
                answer = _answer(read, files, mail, terms.secret)
                signal.setitimer(signal.ITIMER_REAL, 0)
                answers.write(answer)
                answers.flush()  # at once: the next mail may be our last


def _answer(read: Read, files: FileStore, mail: MailToRead, secret: bytes) -> bytes:
    try:
        return pickle.dumps(read(files, mail, secret))
    except Exception as error:
        return pickle.dumps(f"{type(error).__name__}: {error}")


def _limit_memory(most: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    with contextlib.suppress(ValueError, OSError):  # a system that has no such limit
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))


if __name__ == "__main__":
    serve()
