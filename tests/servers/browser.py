"""How the tests start a real Chromium: the system's own, quiet, without calls home. Its headless
shell renders and scripts a page alike without a window around it, for a third less CPU."""

from playwright.async_api import ViewportSize

from tests.servers.programs import program

QUIET = [
    "--no-sandbox",  # the tests may run as root in a container
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
VIEWPORT = ViewportSize(width=1280, height=800)


def chromium() -> str:
    """The path of the installed Chromium or Chrome; of its headless shell if there is one."""
    return program("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def launch_args() -> dict[str, object]:
    """Arguments of playwright's `launch`."""
    return {"executable_path": chromium(), "args": QUIET}
