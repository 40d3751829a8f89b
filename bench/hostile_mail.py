"""The worst mails we know, each with its CPU time and the memory of a process that reads it."""

import base64
import resource
import struct
import subprocess
import sys
import time
from collections.abc import Callable

from bench.harness import Report
from channels.email.parse import parse

LIMIT_S, LIMIT_MB = 2.0, 500
_HEAD = b"From: a@example.com\r\nSubject: x\r\n"
_TEXT = _HEAD + b"Content-Type: text/plain; charset=%s\r\n\r\n"


def _nested() -> bytes:
    line = b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n"
    return _HEAD + b"".join(line % (depth, depth) for depth in range(3_000))


def _liar() -> bytes:
    lie = struct.pack("<BHHI", 2, 0x9002, 6, 0) + b"\0\0"
    packed = struct.pack("<IH", 0x223E9F78, 1) + lie * 900_000
    head = b"Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return _HEAD + head + base64.encodebytes(packed)


CASES: dict[str, Callable[[], bytes]] = {
    "50 MB of text": lambda: _HEAD + b"\r\n" + b"hello world, a line of text\r\n" * 1_750_000,
    "20 MB of HTML": lambda: (
        _HEAD + b"Content-Type: text/html\r\n\r\n" + b"<p>hello <b>world</b></p>\r\n" * 750_000
    ),
    "a million open tags": lambda: (
        _HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * 1_000_000
    ),
    "20,000 encoded words": lambda: (
        b"From: a@b.c\r\nSubject: " + b"=?utf-8?q?a?= " * 20_000 + b"\r\n\r\nx"
    ),
    "a million quotes in From": lambda: b"From: " + b'"' * 1_000_000 + b" <a@b.c>\r\n\r\nx",
    "100,000 header fields": lambda: (
        b"".join(b"X-%d: y\r\n" % number for number in range(100_000)) + b"\r\nx"
    ),
    "3,000 parts in each other": _nested,
    "200,000 parts in a row": lambda: (
        _HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\n\r\n" * 200_000
    ),
    "40 MB of base64 in one line": lambda: (
        _HEAD
        + b"Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.b64encode(bytes(30_000_000))
    ),
    "5,000,000 paddings in base64": lambda: (
        _HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"YQ==" * 5_000_000
    ),
    "2,000,000 lines of uuencode": lambda: (
        _HEAD + b"Content-Transfer-Encoding: uuencode\r\n\r\n" + b"M!!!!\r\n" * 2_000_000
    ),
    "16 MB that are no gb2312": lambda: _TEXT % b"gb2312" + b"\xff\x81" * 8_000_000,
    "20,000,000 quote marks": lambda: _HEAD + b"\r\n" + b">" * 20_000_000,
    "700,000 times 'On Monday wrote:'": lambda: _HEAD + b"\r\n" + b"On Mon wrote:\r\n" * 700_000,
    "a winmail.dat of 900,000 lies": _liar,
}


def run(report: Report) -> None:
    """Each case in a process of its own, so that memory is its own."""
    for name in CASES:
        child = subprocess.run(
            [sys.executable, "-m", "bench.hostile_mail", name],
            capture_output=True,
            text=True,
            check=True,
        )
        seconds, megabytes = map(float, child.stdout.split())
        report(f"{name}: CPU", seconds, "s", beside=LIMIT_S, goal=f"<= {LIMIT_S:g}")
        report(f"{name}: memory", megabytes, "MB", beside=LIMIT_MB, goal=f"<= {LIMIT_MB}")


def _one(name: str) -> None:
    raw = CASES[name]()
    began = time.process_time()
    parse(raw)
    took = time.process_time() - began
    print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    _one(sys.argv[1])
