"""Settings of the whole test suite; fixtures live in tests/fixtures/, one module a subject."""

import gc
import os
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.async_api import expect

HERE = Path(__file__).parent

# Modules of fixtures are found, not listed: put a file there and its fixtures exist everywhere.
pytest_plugins = [
    f"tests.fixtures.{module.stem}" for module in sorted((HERE / "fixtures").glob("*.py"))
]

# A machine that is busy must not fail a test, so there is no deadline. The quick profile draws the
# same examples every time; HYPOTHESIS_PROFILE=long looks for new ones.
settings.register_profile("quick", max_examples=50, deadline=None, derandomize=True, database=None)
settings.register_profile("long", max_examples=2000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
expect.set_options(timeout=20_000)  # for the same reason: ms that a page may take to show something


def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave out of every collection what stays to the end: modules and collected tests. Looking
    through them again and again was an eighth of the suite's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
