"""Places where the process can be made to die, as if the power had gone.

FAULT_POINT names one; unset, which it is but in tests and storms, nothing happens.
"""

import os
import signal

FAULT_POINT = os.environ.get("FAULT_POINT", "")


def fault_point(name: str) -> None:
    """End this process at once, with no chance to tidy up, if it is to die here."""
    if name == FAULT_POINT:
        os.kill(os.getpid(), signal.SIGKILL)
