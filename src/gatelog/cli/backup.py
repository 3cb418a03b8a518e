"""`gatelog backup` and `gatelog restore`: a data folder, copied while gatelog runs, and put back."""

from __future__ import annotations

import argparse
from pathlib import Path

from gatelog.workspace.backup import back_up, restore


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add both commands."""
    for name, line, run in (
        ("backup", "copy tables, journal, configuration and keys into a new folder, while gatelog runs or not", _backup),
        ("restore", "put a backup into a new data folder", _restore),
    ):
        parser = subparsers.add_parser(name, help=line, description=line)
        parser.add_argument("folder", type=Path, help="the backup's folder")
        parser.add_argument("--data", type=Path, default=Path("gatelog-data"), help="the data folder")
        parser.set_defaults(run=run)


def _backup(arguments: argparse.Namespace) -> int:
    size = back_up(arguments.data, arguments.folder)
    print(f"{arguments.folder}: {size} bytes; keep it as safe as the data folder, the keys are in it")
    return 0


def _restore(arguments: argparse.Namespace) -> int:
    restore(arguments.folder, arguments.data)
    print(f"{arguments.data}: restored; start it with gatelog serve --data {arguments.data}")
    return 0
