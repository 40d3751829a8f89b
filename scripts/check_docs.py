"""Fail when a link inside the docs leads nowhere, or a command or setting is documented nowhere."""

import ast
import re
import sys
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"(?<!`)\[[^\]\[]*\]\(\s*<?([^)>\s]+)>?(?:\s+\"[^\"]*\")?\s*\)")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)


def pages() -> list[Path]:
    """README, ARCHITECTURE, CHANGELOG and all of docs/."""
    top = [
        ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md")
    ]
    return [page for page in top if page.exists()] + sorted((ROOT / "docs").rglob("*.md"))


def broken_links(page: Path) -> list[str]:
    """The relative links of a page whose file, or heading in it, does not exist."""
    broken = []
    for target in LINK.findall(FENCE.sub("", page.read_text("utf-8"))):
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        name, _, anchor = unquote(target).partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists():
            broken.append(f"{page.relative_to(ROOT)}: {target} does not exist")
        elif anchor and file.suffix == ".md" and anchor not in anchors(file):
            broken.append(f"{page.relative_to(ROOT)}: {target} names no heading")
    return broken


def anchors(page: Path) -> set[str]:
    """What a page's headings are called in links, by GitHub's rules."""
    headings = HEADING.findall(FENCE.sub("", page.read_text("utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands() -> list[str]:
    """The commands of app/cli.py, as its parser names them."""
    return [
        call.args[0].value
        for call in ast.walk(_tree("app/cli.py"))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "add_parser"
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    ]


def settings() -> list[str]:
    """The environment variables that app/settings.py reads: fields in capitals."""
    return [
        field.target.id.upper()
        for cls in _tree("app/settings.py").body
        if isinstance(cls, ast.ClassDef) and "BaseSettings" in map(ast.unparse, cls.bases)
        for field in cls.body
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
    ]


def undocumented(text: str) -> list[str]:
    """The commands and settings that no page names."""
    missing = [
        f"the command `switchroom {name}` is described nowhere in the docs"
        for name in commands()
        if not re.search(rf"switchroom {re.escape(name)}\b|`{re.escape(name)}\b", text)
    ]
    return missing + [
        f"the setting {name} is described nowhere in the docs"
        for name in settings()
        if not re.search(rf"\b{name}\b", text)
    ]


def _tree(name: str) -> ast.Module:
    file = ROOT / name
    return ast.parse(file.read_text("utf-8") if file.exists() else "")


if __name__ == "__main__":
    complaints = [link for page in pages() for link in broken_links(page)]
    complaints += undocumented("\n".join(page.read_text("utf-8") for page in pages()))
    print("\n".join(complaints))
    sys.exit(bool(complaints))
