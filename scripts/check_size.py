"""Fail when a file has grown too long to be read in one piece; split it by verb before it does."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMITS = {".py": 500, ".sh": 500, ".css": 500, ".js": 250, ".html": 160, ".jinja": 160, ".txt": 160}
LEFT_OUT = ("static/vendor/", "alembic/versions/")  # others' work, and files nobody edits again
ONLY_IN = {
    ".html": "templates/",
    ".txt": "templates/",
}  # elsewhere they are examples and test mails


def tracked_files() -> list[str]:
    """The files of the project: in git, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted(name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file())


def too_long(names: list[str]) -> list[str]:
    """A sentence for every file above its limit."""
    found = []
    for name in names:
        suffix = Path(name).suffix
        limit = LIMITS.get(suffix)
        if (
            limit is None
            or name.startswith(LEFT_OUT)
            or not name.startswith(ONLY_IN.get(suffix, ""))
        ):
            continue
        with (ROOT / name).open("rb") as lines:
            length = sum(1 for _ in lines)
        if length > limit:
            found.append(f"{name} has {length} lines; {suffix} files end at {limit}")
    return found


if __name__ == "__main__":
    complaints = too_long(tracked_files())
    print("\n".join(complaints))
    sys.exit(bool(complaints))
