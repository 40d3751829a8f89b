"""Where a program of the operating system lies that a test talks to."""

import os
import shutil

PLACES = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin:/sbin"


def program(*names: str) -> str:
    """The path of the first of these programs that is installed; says how to get it if none is."""
    for name in names:
        if path := shutil.which(name, path=PLACES):
            return path
    raise FileNotFoundError(
        f"{' or '.join(names)} is not installed. On Debian and Ubuntu: apt-get install {names[0]}; "
        "or run scripts/test, which leaves out what cannot run here."
    )
