"""The workers of an installation as a process of their own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.process import ROOT


@contextmanager
def workers(data: Path, fault: str = "", **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """The workers of an installation as a process, which dies at a point of our choice; `more` are
    settings by their names."""
    env = os.environ | {"DATA_DIR": str(data), "FAULT_POINT": fault, **more}
    with (data / "workers.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "worker"], cwd=ROOT, env=env, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
