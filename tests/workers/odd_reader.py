"""The process that reads mails, with mails in the world that do to it what their subject says."""

import os
import signal
import sys

from app.files import FileStore
from app.workers.mail_process import serve
from app.workers.read_mail import MailToRead, ReadMail, read_mail


def read(files: FileStore, mail: MailToRead, secret: bytes) -> ReadMail:
    """Read a mail, or suffer from it."""
    raw = files.read(mail.hash)
    if b"Subject: hang" in raw:
        while True:
            continue
    if b"Subject: eat" in raw:
        bytearray(20_000_000_000)
    if b"Subject: crash" in raw:
        os.kill(os.getpid(), signal.SIGSEGV)
    if b"Subject: leave" in raw:
        os._exit(3)
    if b"Subject: chatter" in raw:
        sys.stdout.write("Something that a library prints\n")
    return read_mail(files, mail, secret)


if __name__ == "__main__":
    serve(read)
