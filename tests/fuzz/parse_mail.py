"""Looks for bytes that make the mail parser raise, hang or eat memory (atheris, coverage-guided).

Run by `scripts/fuzz`. A finding is written to a file `crash-…`, and the run ends there.
"""

import sys
import time

import atheris

with atheris.instrument_imports(include=["channels"]):
    from channels.email.parse import parse, summary

SLOW_S = 2.0


def look(data: bytes) -> None:
    """One try. `parse` has a last resort for what nobody thought of; here that is a finding."""
    began = time.perf_counter()
    found = parse(data, verify_token=lambda text: None, trusted_authserv="mx.example", locale="zh")
    summary(data)
    if any("could not be read (" in defect for defect in found.defects):
        raise AssertionError(found.defects)
    if time.perf_counter() - began > SLOW_S:
        raise AssertionError(f"took {time.perf_counter() - began:.1f} s for {len(data)} bytes")


if __name__ == "__main__":
    atheris.Setup(sys.argv, look)
    atheris.Fuzz()
