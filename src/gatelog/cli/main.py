"""The `gatelog` command: picks the sub-command, imports only that one, and turns errors into one line each."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from importlib.metadata import version

from gatelog.errors import GatelogError

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("gatelog.cli.demo", "start everything with the simulator and a little traffic"),
    "serve": ("gatelog.cli.serve", "run the gateway and the workspace"),
    "query": ("gatelog.cli.query", "ask the workspace in KQL"),
    "import": ("gatelog.cli.imports", "bring in ARM templates, APIOps folders or Terraform state"),
    "config": ("gatelog.cli.config", "check, diff, apply or export a configuration folder"),
    "policy": ("gatelog.cli.policy", "check and try policy documents"),
    "journal": ("gatelog.cli.journal", "look into the journal and verify it"),
    "ingest": ("gatelog.cli.ingest", "bring rows of other systems into a table"),
    "backup": ("gatelog.cli.backup", "copy the data folder, while gatelog runs or not"),
    "restore": ("gatelog.cli.backup", "put a backup into a new data folder"),
    "run": ("gatelog.cli.run", "run a program with its OpenAI calls through the gate"),
    "simulate": ("gatelog.cli.simulate", "run the Azure OpenAI simulator by itself"),
    "doctor": ("gatelog.cli.doctor", "check every part and say what to do"),
    "_gateway": ("gatelog.cli.process", ""),
    "_workspace": ("gatelog.cli.process", ""),
    "_simulator": ("gatelog.cli.process", ""),
}
"""Sub-command -> the module that registers it, and its line in the help; a name with an underscore is for gatelog itself."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; the exit status is 0 for success, 1 for a finding, 2 for a command that cannot be carried out."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    command = next((word for word in words if not word.startswith("-")), "")
    if command not in COMMANDS:
        return _without_command(words, command)
    parser = argparse.ArgumentParser(prog="gatelog")
    subparsers = parser.add_subparsers(metavar="COMMAND")
    importlib.import_module(COMMANDS[command][0]).register(subparsers)
    parsed = parser.parse_args(words)
    try:
        return int(parsed.run(parsed) or 0)
    except GatelogError as error:
        print(f"gatelog: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0


def _without_command(words: Sequence[str], command: str) -> int:
    if "--version" in words:
        print(f"gatelog {version('gatelog')}")
        return 0
    if command:
        print(f"gatelog: unknown command {command!r}", file=sys.stderr)
    listed = [f"  {name:10} {line}" for name, (_, line) in COMMANDS.items() if line]
    print("\n".join(["usage: gatelog COMMAND [OPTIONS]   (gatelog COMMAND --help says more)", "", *listed]))
    return 2 if command else 0
