"""Articles in and out on the command line."""

import asyncio
import json
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.cli import main
from app.models.knowledge import articles
from app.settings import Settings
from tests.desk import Desk


@pytest.fixture
def here(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands work on the installation of the test."""
    monkeypatch.setattr("app.commands.articles.Settings", lambda: settings)


async def _count(desk: Desk) -> int:
    async with desk.runtime.db.read() as conn:
        return (await conn.execute(select(func.count()).select_from(articles))).scalar_one()


async def test_a_folder_is_looked_at_then_taken_then_written_out_again(
    desk: Desk, here: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "docs"
    (folder / "Delivery").mkdir(parents=True)
    (folder / "Delivery" / "when.md").write_text("# When?\n\nSoon.\n")
    (folder / "bad.md").write_text("no title")
    take = ["import-articles", str(folder), "--brand", "tea"]
    assert await asyncio.to_thread(main, take) == 0
    said = capsys.readouterr().out
    assert "1 new, 0 changed, 0 as they are, 1 refused" in said
    assert "refused: bad.md: no_title" in said
    assert await _count(desk) == 0
    assert await asyncio.to_thread(main, [*take, "--yes"]) == 0
    assert await _count(desk) == 1
    assert await asyncio.to_thread(main, [*take, "--yes"]) == 0
    assert "0 new, 0 changed, 1 as they are" in capsys.readouterr().out
    target = tmp_path / "out.zip"
    assert await asyncio.to_thread(main, ["export-articles", str(target), "--brand", "tea"]) == 0
    again = ["import-articles", str(target), "--brand", "tea", "--yes"]
    assert await asyncio.to_thread(main, again) == 0
    assert "0 new, 0 changed, 1 as they are" in capsys.readouterr().out


async def test_what_cannot_be_done_is_said(
    desk: Desk, here: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export = tmp_path / "zendesk.json"
    export.write_text(json.dumps({"articles": [{"id": 1, "title": "A", "body": "b"}]}))
    for arguments, words in (
        (["--brand", "coffee", "--kind", "zendesk"], "There are: tea"),
        (["--brand", "tea", "--kind", "zammad"], "cannot be read as zammad"),
        (["--brand", "tea", "--locale", "tlh"], "no language"),
    ):
        code = await asyncio.to_thread(main, ["import-articles", str(export), *arguments])
        assert (code, words in capsys.readouterr().err) == (1, True), words
