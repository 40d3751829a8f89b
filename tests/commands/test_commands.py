"""The command line, as an operator uses it: each command in a process of its own."""

import asyncio
import os
import sys
import tarfile
from pathlib import Path

import httpx2 as httpx
from sqlalchemy import select

from app.actions.lease import take_lease
from app.models.agent import agents
from app.models.conversation import messages
from app.models.organisation import brands, queues
from app.runtime import Runtime, build_runtime
from app.security.passwords import verify_password
from app.settings import ROOT, Settings
from app.workers.keep import keep_delivered
from app.workers.leases import make_owner
from tests.desk import Desk
from tests.fixtures.mail import mail
from tests.servers.ports import free_port
from tests.servers.process import running_product


async def _run(settings: Settings, *arguments: str, stdin: str = "") -> tuple[int, str]:
    """Run a command on an installation; its exit code and all it said."""
    env = {k: v for k, v in os.environ.items() if k not in ("SECRET_KEY", "DATABASE_URL")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app.cli", *arguments),
        cwd=ROOT,
        env=env | {"DATA_DIR": str(settings.data_dir)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate(stdin.encode())
    assert process.returncode is not None
    return process.returncode, said.decode()


async def test_an_administrator_is_made_with_a_password_that_is_printed_once(
    settings: Settings, runtime: Runtime
) -> None:
    code, said = await _run(settings, "create-admin", "Ada@Tea.example", "--name", "Ada")
    assert code == 0
    password = said.split("Password: ")[1].split()[0]
    async with runtime.db.read() as conn:
        row = (await conn.execute(select(agents))).one()
    assert (row.email, row.role) == ("ada@tea.example", "admin")
    assert (await verify_password(password, row.password))[0]
    code, said = await _run(settings, "create-admin", "ada@tea.example")
    assert (code, "already" in said) == (1, True)


async def test_the_first_administrator_finds_a_brand_and_a_queue(
    settings: Settings, runtime: Runtime
) -> None:
    code, said = await _run(settings, "create-admin", "ada@tea.example", "--company", "Tea House")
    assert code == 0, said
    async with runtime.db.read() as conn:
        brand = (await conn.execute(select(brands))).one()
        queue = (await conn.execute(select(queues))).one()
    assert (brand.name, brand.slug, queue.brand_id) == ("Tea House", "main", brand.id)
    code, said = await _run(settings, "create-admin", "bea@tea.example")
    assert code == 0, said
    async with runtime.db.read() as conn:
        assert len((await conn.execute(select(brands))).all()) == 1


async def test_a_key_made_on_the_command_line_opens_the_api(
    settings: Settings, runtime: Runtime, client: httpx.AsyncClient
) -> None:
    await _run(settings, "create-admin", "ada@tea.example")
    code, said = await _run(settings, "create-key", "Ada@tea.example", "--name", "import")
    assert code == 0, said
    key = said.split()[-1]
    answer = await client.get("/api/v1/queues", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 200
    code, said = await _run(settings, "create-key", "nobody@tea.example")
    assert (code, "nobody@tea.example" in said) == (1, True)


async def test_a_password_comes_from_stdin_and_a_weak_one_is_refused(settings: Settings) -> None:
    arguments = ("create-admin", "ada@tea.example", "--password-stdin")
    code, said = await _run(settings, *arguments, stdin="password123\n")
    assert (code, "another" in said) == (1, True)
    code, said = await _run(settings, *arguments, stdin="a long and good sentence\n")
    assert code == 0
    assert "Password:" not in said


async def test_a_backup_of_a_running_desk_restores_to_the_same(
    settings: Settings, desk: Desk, tmp_path: Path
) -> None:
    await desk.mail("Keep me.")
    raw = mail()
    await keep_delivered(desk.runtime, [desk.inboxes["email"]], raw, "", [])
    archive, elsewhere = tmp_path / "backup.tar.gz", tmp_path / "elsewhere"
    code, said = await _run(settings, "backup", str(archive))
    assert code == 0, said
    assert archive.stat().st_mode & 0o077 == 0
    other = Settings(data_dir=elsewhere)
    code, said = await _run(other, "restore", str(archive))
    assert code == 0, said
    restored = build_runtime(other)
    try:
        async with restored.db.read() as conn:
            assert (await conn.execute(select(messages.c.text))).scalar() == "Keep me."
    finally:
        await restored.db.close()
    with tarfile.open(archive) as names:
        kept = [Path(name).name for name in names.getnames() if name.startswith("files/")]
    assert len(kept) == 1
    assert restored.files.read(kept[0]) == raw


async def test_a_restore_does_not_touch_data_that_is_there_unless_forced(
    settings: Settings, desk: Desk, tmp_path: Path
) -> None:
    archive = tmp_path / "backup.tar.gz"
    assert (await _run(settings, "backup", str(archive)))[0] == 0
    code, said = await _run(settings, "restore", str(archive))
    assert (code, "not empty" in said) == (1, True)
    await desk.runtime.db.write(take_lease, "routing", make_owner(), 60_000)
    code, said = await _run(settings, "restore", str(archive), "--force")
    assert (code, "Stop it first" in said) == (1, True)


async def test_a_forced_restore_moves_aside_what_was_there(
    settings: Settings, tmp_path: Path
) -> None:
    archive = tmp_path / "backup.tar.gz"
    assert (await _run(settings, "backup", str(archive)))[0] == 0
    code, said = await _run(settings, "restore", str(archive), "--force")
    assert code == 0, said
    [aside] = settings.data_dir.glob("before-restore-*")
    assert (aside / "switchroom.db").exists()
    assert (settings.data_dir / "switchroom.db").exists()


async def test_a_file_that_is_no_backup_is_refused(settings: Settings, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.tar"
    with tarfile.open(wrong, "w") as archive:
        archive.add(__file__, "readme.txt")
    code, said = await _run(Settings(data_dir=tmp_path / "new"), "restore", str(wrong))
    assert (code, "not a backup" in said) == (1, True)


async def test_the_doctor_says_what_is_wrong_and_what_to_do(settings: Settings, desk: Desk) -> None:
    code, said = await _run(settings, "doctor")
    assert code == 1
    assert "FAIL  outgoing mail: help@tea.example: no server; set SMTP_HOST" in said
    assert "ok    database: answers" in said
    assert desk.brand


async def test_the_doctor_is_content_with_a_new_installation(tmp_path: Path) -> None:
    code, said = await _run(Settings(data_dir=tmp_path / "new"), "doctor")
    assert code == 0, said
    assert "switchroom serve makes it" in said


async def test_a_first_start_prints_the_link_that_makes_the_first_account(tmp_path: Path) -> None:
    def begin() -> str:
        with running_product(tmp_path / "data", SMTP_LISTEN_PORT=str(free_port())) as product:
            said = product.log_tail()
            assert product.stop() == 0
            return said

    assert "/setup?token=" in await asyncio.to_thread(begin)


async def test_migrating_twice_has_nothing_to_do(tmp_path: Path) -> None:
    fresh = Settings(data_dir=tmp_path / "new")
    assert "at this version now" in (await _run(fresh, "migrate"))[1]
    assert "Nothing to migrate" in (await _run(fresh, "migrate"))[1]
