"""Static files are found with and without their version, and kept only where that is safe."""

from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.pages import Assets
from app.web.static import Static


@pytest.fixture
def assets(tmp_path: Path) -> Assets:
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "page.js").write_text("1;")
    return Assets(tmp_path)


@pytest.fixture
def client(assets: Assets) -> TestClient:
    app = FastAPI()
    app.mount("/static", Static(assets))
    return TestClient(app)


def test_a_file_of_this_version_is_kept_for_ever(client: TestClient, assets: Assets) -> None:
    answer = client.get(assets.url("js/page.js"))
    assert answer.text == "1;"
    assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["/static/js/page.js", "/static/0123456789ab/js/page.js"])
def test_other_addresses_answer_but_are_asked_again(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.text == "1;"
    assert answer.headers["Cache-Control"] == "public, max-age=300"


@pytest.mark.parametrize("path", ["js/none.js", "0123456789ab/%2e%2e/%2e%2e/etc/passwd"])
def test_what_is_not_there_is_not_found(client: TestClient, path: str) -> None:
    assert client.get(f"/static/{path}").status_code == 404


def test_a_file_that_has_not_changed_is_not_sent_again(client: TestClient) -> None:
    first = client.get("/static/js/page.js")
    again = client.get("/static/js/page.js", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_file_that_has_changed_is_sent_as_it_is_now(client: TestClient, assets: Assets) -> None:
    assert client.get("/static/js/page.js").text == "1;"
    (assets.static_dir / "js" / "page.js").write_text("22;" * 500)
    packed = client.get("/static/js/page.js")
    assert packed.headers["Content-Encoding"] == "gzip"
    plain = client.get("/static/js/page.js", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert packed.text == plain.text == "22;" * 500
