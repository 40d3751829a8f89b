"""The product as a process of its own, to be killed and started again like in real life."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from tests.servers.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
SERVE = (sys.executable, "-m", "app.cli", "serve")
_direct = build_opener(ProxyHandler({}))  # never through a proxy of the environment


class Product:
    """One installation: a port, a data folder and a log that outlive its processes."""

    def __init__(self, data_dir: Path, *, command: Sequence[str] = SERVE, **env: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.data_dir = data_dir
        self.log_path = data_dir / "serve.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._command = tuple(command)
        self._env = env

    @property
    def pid(self) -> int:
        """The process that runs now."""
        if self.process is None:
            raise RuntimeError("the product does not run; call start() first")
        return self.process.pid

    def start(self, *, timeout_s: float = 30.0) -> float:
        """Start it and return, once /readyz says 200, after how many seconds it did."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        env = os.environ | {
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "DATA_DIR": str(self.data_dir),
        }
        began = time.monotonic()
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=env | {"PYTHONUNBUFFERED": "1"} | self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        while not self.is_ready():
            if self.process.poll() is not None:
                raise RuntimeError(f"the product ended at its start:\n{self.log_tail()}")
            if time.monotonic() > began + timeout_s:
                self.kill()
                raise TimeoutError(
                    f"the product is not ready after {timeout_s} s:\n{self.log_tail()}"
                )
            time.sleep(0.02)
        return time.monotonic() - began

    def is_ready(self) -> bool:
        """Whether /readyz answers 200 now."""
        try:
            with _direct.open(f"{self.url}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def stop(self, *, timeout_s: float = 20.0) -> int:
        """Ask it to end (SIGTERM), wait, and return its exit code."""
        return self._end(signal.SIGTERM, timeout_s)

    def kill(self) -> None:
        """End it at once (SIGKILL), as a power cut would."""
        self._end(signal.SIGKILL, 10.0)

    def restart(self, *, timeout_s: float = 30.0) -> float:
        """Kill it and start it again on the same port and data."""
        self.kill()
        return self.start(timeout_s=timeout_s)

    def log_tail(self, lines: int = 40) -> str:
        """The last lines it has logged."""
        text = self.log_path.read_text(errors="replace") if self.log_path.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def _end(self, how: signal.Signals, timeout_s: float) -> int:
        if self.process is None:
            return 0
        self.process.send_signal(how)
        try:
            code = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
            raise TimeoutError(
                f"the product did not end in {timeout_s} s:\n{self.log_tail()}"
            ) from None
        self.process = None
        return code


@contextmanager
def running_product(
    data_dir: Path, *, command: Sequence[str] = SERVE, **env: str
) -> Iterator[Product]:
    """A started product for as long as the block lasts; its last log lines go to stderr, which
    pytest shows when a test fails."""
    product = Product(data_dir, command=command, **env)
    try:
        product.start()
        yield product
    finally:
        product.kill()
        sys.stderr.write(f"--- {product.log_path}\n{product.log_tail()}\n")
