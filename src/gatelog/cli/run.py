"""`gatelog run`: a program whose OpenAI calls go through the gate, without a change to it.

The official SDKs (and what is built on them) read endpoint and key from the environment; this command sets them to the
gateway and a subscription's key and then becomes the program.
"""

from __future__ import annotations

import argparse
import os
import shutil

from gatelog.config import environment_with, subscription_key
from gatelog.errors import GatelogError

API_VERSION = "2024-10-21"


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("run", help="run a program with its OpenAI calls through the gate", description=__doc__)
    parser.add_argument(
        "--gateway", default="http://127.0.0.1:8080", metavar="URL", help="the gateway (default http://127.0.0.1:8080)"
    )
    parser.add_argument("--key", metavar="KEY", help="subscription key (default: the environment's GATELOG_SUBSCRIPTION_KEY)")
    parser.add_argument("program", nargs=argparse.REMAINDER, metavar="PROGRAM ...", help="the program and its arguments")
    parser.set_defaults(run=run)


def environment_of(gateway: str, key: str) -> dict[str, str]:
    """What the SDKs read."""
    return {
        "OPENAI_BASE_URL": f"{gateway.rstrip('/')}/openai/v1",
        "OPENAI_API_KEY": key,
        "AZURE_OPENAI_ENDPOINT": gateway.rstrip("/"),
        "AZURE_OPENAI_API_KEY": key,
        "OPENAI_API_VERSION": API_VERSION,
    }


def run(arguments: argparse.Namespace) -> int:
    """Become the program."""
    words = [word for index, word in enumerate(arguments.program) if index or word != "--"]
    key = arguments.key or subscription_key()
    if not words:
        raise GatelogError("expected a program: gatelog run python app.py")
    if not key:
        raise GatelogError("no subscription key; give one with --key or in GATELOG_SUBSCRIPTION_KEY")
    program = shutil.which(words[0])
    if program is None:
        raise GatelogError(f"no program {words[0]!r} on the PATH")
    os.execve(program, words, environment_with(environment_of(arguments.gateway, key)))
