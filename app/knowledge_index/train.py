"""A process of its own that learns topics from examples: the server's loop goes on meanwhile.

In: a JSON list of [text, label, name of who wrote it] on stdin and the name of the file to write.
What is learned holds no addresses, numbers or names of theirs. Several servers on one machine learn
the same thing once: the first one writes the file, the others find it.
"""

import fcntl
import json
import os
import sys
from pathlib import Path
from random import Random

from knowledge.classify import train
from knowledge.private import without
from knowledge.semantic import encoder

NICENESS = 5  # customers first
SEED = 1  # the same examples give the same model


def main() -> None:
    """Learn, unless somebody else has done so by now."""
    os.nice(NICENESS)
    target = Path(sys.argv[1])
    examples = [(without(text, [name]), label) for text, label, name in json.load(sys.stdin)]
    with (target.parent / "training.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if target.exists():
            return
        partial = target.with_suffix(".partial")
        partial.write_text(train(examples, Random(SEED), encoder()).to_json(), encoding="utf-8")
        partial.replace(target)


if __name__ == "__main__":
    main()
