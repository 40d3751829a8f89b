"""The rules of retention from the command line: looked at, then done."""

import os
import sys
from subprocess import PIPE, STDOUT, Popen

import pytest
from sqlalchemy import func, insert, select

from app.actions.retention import save_rules
from app.models.activity import activities
from app.models.consent import retention_runs
from app.settings import ROOT, Settings
from tests.desk import Desk

pytestmark = pytest.mark.usefixtures("app")


def run(settings: Settings, *arguments: str) -> tuple[int, str]:
    """Run the command in a process of its own; its exit code and what it said."""
    env = {k: v for k, v in os.environ.items() if k not in ("SECRET_KEY", "DATABASE_URL")}
    command = [sys.executable, "-m", "app.cli", "retention", *arguments]
    env |= {"DATA_DIR": str(settings.data_dir), "DATABASE_URL": settings.database_url}
    with Popen(command, cwd=ROOT, env=env, stdout=PIPE, stderr=STDOUT, text=True) as process:
        said, _ = process.communicate()
    return process.returncode, said


async def test_a_dry_run_counts_and_the_run_removes(settings: Settings, desk: Desk) -> None:
    page = {"brand_id": desk.brand, "kind": "page_view", "source": "shop", "key": "1"}
    page |= {"payload": {}, "at": 1, "received_at": 1}
    await desk.runtime.db.write(lambda tx: tx.execute(insert(activities).values(page)))
    ada = await desk.actor("ada")
    await desk.runtime.db.write(save_rules, ada, None, {("page_views", None): 30})
    code, said = run(settings, "--dry-run")
    assert code == 0
    assert said.startswith("page_views, every brand, before ")
    assert ": 1\n    1970-01-01  #" in said
    count = select(func.count()).select_from(activities)
    assert await desk.runtime.db.query(lambda conn: conn.execute(count).scalar()) == 1
    assert run(settings) == (0, "page_views: 1\n")
    assert await desk.runtime.db.query(lambda conn: conn.execute(count).scalar()) == 0
    rows = await desk.runtime.db.query(
        lambda conn: conn.execute(select(retention_runs.c.dry, retention_runs.c.counts)).all()
    )
    assert [tuple(row) for row in rows] == [
        (True, {"page_views": 1}), (False, {"page_views": 1}),
    ]  # fmt: skip
