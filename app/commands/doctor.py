"""`switchroom doctor`: looks at everything the installation depends on and says what to do."""

import asyncio
from collections.abc import Awaitable, Callable

from app.commands import checks, mail_checks
from app.commands.checks import Finding
from app.settings import Settings

MARKS = {"ok": "ok  ", "warn": "WARN", "fail": "FAIL"}

Check = Callable[[Settings], Awaitable[list[Finding]]]
CHECKS: tuple[tuple[str, Check], ...] = (
    ("data folder", checks.data_folder),
    ("SQLite", checks.sqlite),
    ("database", checks.database),
    ("bus", checks.bus),
    ("clock", checks.system_clock),
    ("public address", checks.public_address),
    ("outgoing mail", mail_checks.outgoing),
    ("incoming mail", mail_checks.incoming),
    ("workers", checks.workers),
)


def doctor() -> int:
    """Print one line a finding; exit code 1 when something does not work."""
    settings = Settings()
    findings = asyncio.run(_examine(settings))
    for subject, finding in findings:
        print(f"{MARKS[finding.verdict]}  {subject}: {finding.words}")
    failed = sum(finding.verdict == "fail" for _, finding in findings)
    print("Everything that must work does." if not failed else f"{failed} things do not work.")
    return 1 if failed else 0


async def _examine(settings: Settings) -> list[tuple[str, Finding]]:
    found: list[tuple[str, Finding]] = []
    for subject, check in CHECKS:
        try:
            findings = await check(settings)
        except Exception as error:  # a check that breaks is a finding, not the end
            findings = [Finding("fail", f"{type(error).__name__}: {error}")]
        found += [(subject, finding) for finding in findings]
    return found
