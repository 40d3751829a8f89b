"""A real Redis (Debian's redis-server) on a free port, nothing kept on disk."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers.ports import free_port, wait_for_port
from tests.servers.programs import program


@contextmanager
def running_redis() -> Iterator[str]:
    """The URL of an empty Redis for as long as the block lasts."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="redis") as folder:
        command = [
            program("redis-server"),
            "--bind",
            "127.0.0.1",
            "--port",
            str(port),
            "--dir",
            folder,
        ]
        command += ["--save", "", "--appendonly", "no", "--daemonize", "no"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for_port(port)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()
            process.wait(timeout=10)
