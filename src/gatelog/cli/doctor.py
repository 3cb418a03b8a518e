"""`gatelog doctor`: checks every part of a data folder and says what to do about each finding."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from gatelog.server.doctor import Finding, examine

MARKS = {"ok": "ok  ", "warning": "warn", "failure": "FAIL"}


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("doctor", help="check every part and say what to do", description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=Path("gatelog-data"), metavar="DIR", help="data folder (default gatelog-data)"
    )
    parser.add_argument("--api", default="http://127.0.0.1:8081", metavar="URL", help="management plane of a running gatelog")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print one line for each check as it is done; exit 1 when one failed."""
    failed = False
    for finding in examine(arguments.data, arguments.api):
        failed = failed or finding.state == "failure"
        print(_line(finding), flush=True)
    return 1 if failed else 0


def _line(finding: Finding) -> str:
    mark = MARKS[finding.state]
    if sys.stdout.isatty():
        mark = {"ok": "\033[32m", "warning": "\033[33m", "failure": "\033[31m"}[finding.state] + mark + "\033[0m"
    advice = f"\n     -> {finding.advice}" if finding.advice else ""
    return f"{mark} {finding.part}: {finding.words}{advice}"
