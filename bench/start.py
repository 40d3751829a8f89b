"""Process start to the first ready answer, and memory when nothing happens."""

import tempfile
import time
from pathlib import Path
from statistics import median

from bench.harness import Report, process_cpu_s, resident_mb
from tests.servers.ports import free_port
from tests.servers.process import Product

ROUNDS = 5
IDLE_S = 5.0


def run(report: Report) -> None:
    """Start the product several times on an installation that is there, and once on none."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        product = Product(data, SMTP_LISTEN_PORT=str(free_port()))
        first_s = product.start()
        product.stop()
        starts, cpu = [], []
        for _ in range(ROUNDS):
            starts.append(product.start())
            cpu.append(process_cpu_s(product.pid))
            product.stop()
        product.start()
        time.sleep(IDLE_S)
        began = process_cpu_s(product.pid)
        time.sleep(IDLE_S)
        busy = (process_cpu_s(product.pid) - began) / IDLE_S
        memory = resident_mb(product.pid)
        product.stop()
    report("process start to ready, median of 5", median(starts), "s", goal="<= 1.5 s")
    report("CPU until ready, median of 5", median(cpu), "s")
    report("first start of all, with migrations", first_s, "s")
    report(f"resident memory after {IDLE_S:.0f} s idle", memory, "MB", goal="<= 120 MB")
    report("CPU of an idle process with all workers", busy * 1000, "ms/s")
