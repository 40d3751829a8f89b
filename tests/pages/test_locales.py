"""Which language a reader gets, and that every text is there in it."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.pages import negotiate

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        (None, "en"),
        ("", "en"),
        ("fr-FR,de;q=0.8", "en"),
        ("zh", "zh_Hans"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh_Hans"),
        ("zh-SG", "zh_Hans"),
        ("zh-TW,zh;q=0.9", "zh_Hant"),
        ("zh-HK", "zh_Hant"),
        ("zh-Hant-MY", "zh_Hant"),
        ("en;q=0.3, zh-TW;q=0.7", "zh_Hant"),
        ("zh;q=0, en", "en"),
        ("fr, zh-CN;q=0.5", "zh_Hans"),
        ("en;q=nonsense, zh", "zh_Hans"),
    ],
)
def test_the_browsers_first_known_language_wins(header: str | None, locale: str) -> None:
    assert negotiate(header) == locale


def test_the_stored_preference_wins_over_the_browser() -> None:
    assert negotiate("zh-CN", stored="zh_Hant") == "zh_Hant"
    assert negotiate("zh-CN", stored="") == "zh_Hans"


def test_every_text_is_translated_with_its_placeholders() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "catalogues.py", "check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
