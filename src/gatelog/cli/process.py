"""What the supervisor starts: a gateway worker, the workspace, the demo's simulator."""

from __future__ import annotations

import argparse
import importlib

PROCESSES = {
    "_gateway": "gatelog.server.gateway",
    "_workspace": "gatelog.server.workspace",
    "_simulator": "gatelog.server.simulator",
}
"""Imported only when asked for: a gateway worker stays free of the database and the API framework."""


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add all of them; they read their settings from the environment that the supervisor gives them."""
    for name, module in PROCESSES.items():
        parser = subparsers.add_parser(name)
        parser.add_argument("number", type=int, nargs="?", default=0, help="index of the worker, or port of the simulator")
        parser.set_defaults(run=run, module=module)


def run(arguments: argparse.Namespace) -> int:
    """Run one child process until it is told to stop."""
    status: int = importlib.import_module(arguments.module).run(arguments.number)
    return status
