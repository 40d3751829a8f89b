"""The product started as a process; a stand-in of a few lines takes its place here."""

import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.servers.process import Product, running_product

STAND_IN = """
import http.server, os, pathlib
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(os.environ["GREETING"].encode())
print("starting", os.getpid())
http.server.HTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Answer).serve_forever()
"""
COMMAND = (sys.executable, "-c", STAND_IN)


def test_it_is_started_with_its_settings_and_ready(tmp_path: Path) -> None:
    with running_product(tmp_path / "data", command=COMMAND, GREETING="hello") as product:
        with urlopen(product.url) as answer:
            assert answer.read() == b"hello"
        assert f"starting {product.pid}" in product.log_tail()


def test_after_a_kill_it_comes_back_on_the_same_port(tmp_path: Path) -> None:
    with running_product(tmp_path, command=COMMAND, GREETING="hello") as product:
        first = product.pid
        product.kill()
        assert not product.is_ready()
        product.restart()
        assert product.is_ready()
        assert product.pid != first


def test_a_product_that_cannot_start_says_why(tmp_path: Path) -> None:
    product = Product(
        tmp_path, command=(sys.executable, "-c", "raise SystemExit('no such setting')")
    )
    with pytest.raises(RuntimeError, match="no such setting"):
        product.start()
