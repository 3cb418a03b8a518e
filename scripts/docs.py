"""Rewrites every generated page, or with --check says which one is out of date: runs each `document_*.py` beside it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Exit status: how many generators found their page out of date (or failed)."""
    status = 0
    for script in sorted(HERE.glob("document_*.py")):
        done = subprocess.run([sys.executable, str(script), *sys.argv[1:]], cwd=HERE.parent, check=False)
        if done.returncode:
            print(f"{script.name}: out of date; run make docs", file=sys.stderr)
            status += 1
    return status


if __name__ == "__main__":
    sys.exit(main())
