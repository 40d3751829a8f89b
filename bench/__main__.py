"""`python -m bench [NAME...] [--json FILE]`: measure and print one line a figure."""

import argparse
import sys
from pathlib import Path

from bench.harness import GROUPS, Report, run_group


def main() -> int:
    """Run the named groups, or all; exit code 1 when one is missing or broke off."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of: {', '.join(GROUPS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    wanted = parser.parse_args()
    if unknown := [name for name in wanted.names if name not in GROUPS]:
        parser.error(f"no such group: {', '.join(unknown)}; there are {', '.join(GROUPS)}")
    report = Report()
    done = [run_group(name, report) for name in wanted.names or GROUPS]
    if wanted.json:
        report.write_json(wanted.json)
    return 0 if all(done) else 1


if __name__ == "__main__":
    sys.exit(main())
