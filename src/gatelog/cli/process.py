"""What the supervisor starts: one gateway worker, or the workspace."""

from __future__ import annotations

import argparse
import importlib

PROCESSES = {"_gateway": "gatelog.server.gateway", "_workspace": "gatelog.server.workspace"}
"""Imported only when asked for: a gateway worker stays free of the database and the API framework."""


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add both; they read their settings from the environment that the supervisor gives them."""
    for name, module in PROCESSES.items():
        parser = subparsers.add_parser(name)
        parser.add_argument("index", type=int, nargs="?", default=0)
        parser.set_defaults(run=run, module=module)


def run(arguments: argparse.Namespace) -> int:
    """Run one child process until it is told to stop."""
    status: int = importlib.import_module(arguments.module).run(arguments.index)
    return status
