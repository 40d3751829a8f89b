"""The command `switchroom`: serve, worker, migrate, create-admin, create-key, demo, doctor, backup,
restore, retention, import-articles, export-articles, eval. What a command needs is imported when it
runs, so that each starts at once."""

import argparse
import gc
import sys
from collections.abc import Callable, Sequence
from pathlib import Path


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    wanted = _parser().parse_args(argv)
    try:
        return int(wanted.run(wanted) or 0)
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="switchroom",
        description="A contact centre that a support team runs itself.",
        epilog="Settings are environment variables: see docs, or app/settings.py.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: object, words: str) -> argparse.ArgumentParser:
        found = commands.add_parser(name, help=words, description=words)
        found.set_defaults(run=run)
        return found

    command("serve", _serve, "Serve the web pages; runs the workers too unless WORKERS=false.")
    command("worker", _worker, "Run the workers alone, beside other processes that serve.")
    command("migrate", _migrate, "Bring the database to this version.")
    admin = command("create-admin", _create_admin, "Make an administrator's account.")
    admin.add_argument("email")
    admin.add_argument("--name", default="")
    admin.add_argument(
        "--company", default="", help="what an empty installation's first brand is called"
    )
    admin.add_argument(
        "--password-stdin", action="store_true", help="read the password's line from stdin"
    )
    key = command("create-key", _create_key, "Make a key for the API and print it, once.")
    key.add_argument("email", help="the agent whose rights it has")
    key.add_argument("--name", default="command line", help="what it is listed as")
    demo = command("demo", _demo, "Serve a demonstration company with data in it.")
    demo.add_argument("--live", action="store_true", help="customers keep writing while you look")
    command("doctor", _doctor, "Check what the installation depends on and say what to do.")
    backup = command("backup", _backup, "Write database, files and secret into one archive.")
    backup.add_argument("path", type=Path)
    restore = command("restore", _restore, "Put an archive written by `backup` in place.")
    restore.add_argument("path", type=Path)
    restore.add_argument("--force", action="store_true", help="replace the data that is there")
    keep = command("retention", _retention, "Remove what has been kept for long enough, now.")
    keep.add_argument("--dry-run", action="store_true", help="only say what would go")
    _article_commands(command)
    measure = command("eval", _eval, "Measure how well something works on your own data.")
    measure.add_argument("what", choices=["knowledge"])
    measure.add_argument("path", type=Path)
    measure.add_argument(
        "--words-only", action="store_true", help="without the semantic extra, if it is installed"
    )
    return parser


def _article_commands(command: Callable[..., argparse.ArgumentParser]) -> None:
    words = "Look at a file of articles; with --yes take it. The same again changes nothing."
    take = command("import-articles", _import_articles, words)
    take.add_argument("path", type=Path, help="a file, or a folder of Markdown")
    take.add_argument("--brand", required=True, help="its slug or number")
    take.add_argument(
        "--kind", choices=["markdown", "csv", "zendesk", "zammad"], default="markdown"
    )
    take.add_argument("--locale", default="en", help="of articles that do not say theirs")
    take.add_argument("--drafts", action="store_true", help="everything new as a draft")
    take.add_argument("--yes", action="store_true", help="write, do not only look")
    give = command(
        "export-articles", _export_articles, "Write a brand's articles as Markdown (ZIP)."
    )
    give.add_argument("path", type=Path)
    give.add_argument("--brand", required=True, help="its slug or number")


def _serve(_: argparse.Namespace) -> int:
    gc.disable()  # importing makes no garbage worth looking for: a sixth of the start; see serve
    # What libraries load only if it is there, and no server of ours uses: 80 ms and 3 MB.
    for unused in ("watchfiles", "rich"):
        sys.modules.setdefault(unused, None)  # type: ignore[arg-type]
    from app.commands.serve import serve

    return serve()


def _worker(_: argparse.Namespace) -> int:
    from app.commands.serve import work

    return work()


def _migrate(_: argparse.Namespace) -> int:
    from app.commands.migrate import bring_up_to_date
    from app.settings import Settings

    changed = bring_up_to_date(Settings())
    print("The database is at this version now." if changed else "Nothing to migrate.")
    return 0


def _create_admin(wanted: argparse.Namespace) -> int:
    from app.commands.create_admin import create_admin

    password = sys.stdin.readline().rstrip("\r\n") if wanted.password_stdin else ""
    return create_admin(wanted.email, wanted.name, password, wanted.company)


def _create_key(wanted: argparse.Namespace) -> int:
    from app.commands.create_key import create_key

    return create_key(wanted.email, wanted.name)


def _demo(wanted: argparse.Namespace) -> int:
    from app.commands.demo import demo

    return demo(live=wanted.live)


def _doctor(_: argparse.Namespace) -> int:
    from app.commands.doctor import doctor

    return doctor()


def _backup(wanted: argparse.Namespace) -> int:
    from app.commands.backup import backup

    return backup(wanted.path)


def _restore(wanted: argparse.Namespace) -> int:
    from app.commands.backup import restore

    return restore(wanted.path, force=wanted.force)


def _retention(wanted: argparse.Namespace) -> int:
    from app.commands.retention import retention

    return retention(dry_run=wanted.dry_run)


def _import_articles(wanted: argparse.Namespace) -> int:
    from app.commands.articles import import_articles

    return import_articles(
        wanted.path, wanted.brand, wanted.kind, wanted.locale,
        as_drafts=wanted.drafts, yes=wanted.yes,
    )  # fmt: skip


def _export_articles(wanted: argparse.Namespace) -> int:
    from app.commands.articles import export

    return export(wanted.path, wanted.brand)


def _eval(wanted: argparse.Namespace) -> int:
    from app.commands.evaluate import evaluate_knowledge

    return evaluate_knowledge(wanted.path, semantic=not wanted.words_only)


if __name__ == "__main__":
    sys.exit(main())
