"""Is the port free? Asked before anything is opened, so that the answer is one sentence."""

import socket
import sys

from app.settings import Settings


def taken(settings: Settings) -> bool:
    """Whether another program listens where we want to; says what to do about it."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            print(
                f"Cannot listen on {settings.host}:{settings.port} ({error.strerror}). "
                f"Choose another port, for example PORT={settings.port + 1}.",
                file=sys.stderr,
            )
            return True
    return False
