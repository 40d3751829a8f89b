"""Pictures from elsewhere: fetched by us, never from inside the house, and only pictures."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from app.security import remote_picture
from app.security.outgoing import NotCalled, public_address
from app.security.remote_picture import cached, fetch, is_signed, kind_of, sign

PNG = b"\x89PNG\r\n\x1a\nand so on"
Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def web_server(answer: Answer) -> Iterator[tuple[str, list[BaseHTTPRequestHandler]]]:
    """A server on this machine; its address and what was asked of it."""
    asked: list[BaseHTTPRequestHandler] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self)
            answer(self)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def sends(body: bytes, status: int = 200, **headers: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    return answer


def test_a_picture_comes_without_a_word_about_the_reader() -> None:
    with web_server(sends(PNG, Content_Type="text/html", Set_Cookie="a=b")) as (url, asked):
        found = fetch(f"{url}/träcker.png?who=kim sent", allow_private=True)
    assert (found.data, found.content_type) == (PNG, "image/png")
    assert asked[0].path == "/tr%C3%A4cker.png?who=kim%20sent"
    assert {name.lower() for name in asked[0].headers} == {
        "host", "accept", "accept-encoding", "user-agent", "connection",
    }  # fmt: skip


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x.png",
        "http://localhost/x.png",
        "http://[::1]/x.png",
        "http://[::ffff:127.0.0.1]/x.png",
        "http://10.1.2.3/x.png",
        "http://192.168.1.1/x.png",
        "http://172.16.0.1/x.png",
        "http://169.254.169.254/latest/meta-data/",
        "http://[fe80::1]/x.png",
        "http://[fd00:ec2::254]/x.png",
        "http://0.0.0.0/x.png",
        "http://2130706433/x.png",
        "http://0x7f.1/x.png",
        "http://8.8.8.8:22/x.png",
        "ftp://8.8.8.8/x.png",
        "file:///etc/passwd",
        "http:///x.png",
        "http://a.example:99999/x.png",
        f"http://{'a' * 70}.example/x.png",
        "http://8.8.8.8/" + "x" * 5000,
    ],
)
def test_addresses_in_the_house_or_odd_ones_are_not_asked(url: str) -> None:
    with pytest.raises(NotCalled):
        fetch(url)


def test_redirects_are_followed_a_little_and_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    with web_server(sends(PNG)) as (there, _):
        hop = sends(b"", 302, Location=f"{there}/x.png")
        with web_server(hop) as (url, _):
            assert fetch(url, allow_private=True).data == PNG
            # A name that is public at first and then sends us into the house.
            first = iter([True])
            monkeypatch.setattr(
                "app.security.remote_picture.public_address",
                lambda host, port, allow_private: public_address(
                    host, port, allow_private=next(first, False)
                ),
            )
            monkeypatch.setattr(remote_picture, "PORTS", {None, *map(int, (url[17:], there[17:]))})
            with pytest.raises(NotCalled, match="not a public address"):
                fetch(url)


def test_a_redirect_in_a_circle_ends() -> None:
    with (
        web_server(sends(b"", 302, Location="/again")) as (url, asked),
        pytest.raises(NotCalled, match="too often"),
    ):
        fetch(url, allow_private=True)
    assert len(asked) == remote_picture.MOST_REDIRECTS + 1


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (sends(b"<html>", Content_Type="image/png"), "not a picture"),
        (sends(b"<svg xmlns='http://www.w3.org/2000/svg'>"), "not a picture"),
        (sends(PNG, 404), "404"),
        (sends(PNG + b"x" * remote_picture.MOST_BYTES), "larger"),
        (lambda request: request.connection.close(), "Error|Disconnected"),
        (lambda request: request.wfile.write(b"nonsense\r\n\r\n"), "BadStatusLine"),
    ],
)
def test_what_is_no_picture_is_not_passed_on(answer: Answer, why: str) -> None:
    with web_server(answer) as (url, _), pytest.raises(NotCalled, match=why):
        fetch(url, allow_private=True)


def test_a_server_that_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_picture, "MOST_S", 0.3)
    ended = threading.Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        try:
            request.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n" + PNG)
            while not ended.wait(0.02):
                request.wfile.write(b"x")
                request.wfile.flush()
        except OSError:
            return

    try:
        with web_server(drip) as (url, _), pytest.raises(NotCalled, match="longer than"):
            fetch(url, allow_private=True)
    finally:
        ended.set()


def test_a_picture_is_asked_for_once(tmp_path: Path) -> None:
    with web_server(sends(PNG)) as (url, asked):
        for _ in range(3):
            assert cached(tmp_path / "pictures", url, allow_private=True).data == PNG
    assert len(asked) == 1


def test_what_is_kept_does_not_grow_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_picture, "MOST_KEPT", 3 * len(PNG))
    with web_server(sends(PNG)) as (url, _):
        for number in range(6):
            cached(tmp_path, f"{url}/{number}", allow_private=True)
    assert len(list(tmp_path.iterdir())) == 3


def test_a_mark_holds_for_one_message_and_address() -> None:
    mark = sign(b"secret", 1, "https://a.example/x.png")
    assert is_signed(b"secret", 1, "https://a.example/x.png", mark)
    assert not is_signed(b"secret", 2, "https://a.example/x.png", mark)
    assert not is_signed(b"secret", 1, "https://a.example/y.png", mark)
    assert not is_signed(b"other", 1, "https://a.example/x.png", mark)
    assert not is_signed(b"secret", 1, "https://a.example/x.png", "é")


@pytest.mark.parametrize(
    ("begin", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"<svg", None),
        (b"", None),
    ],
)
def test_kinds_are_told_by_the_first_bytes(begin: bytes, kind: str | None) -> None:
    assert kind_of(begin) == kind
