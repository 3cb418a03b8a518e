"""`gatelog serve`: the gateway and the workspace, until Ctrl-C."""

from __future__ import annotations

import argparse
import json
import logging
import sys

from gatelog.cli.settings import add_flags, from_flags
from gatelog.server.serve import Endpoints, prepare, serve


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("serve", help="run the gateway and the workspace", description=__doc__)
    add_flags(parser)
    parser.add_argument("--json", action="store_true", help="print the addresses and keys as one JSON object on the first line")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Start, print where everything is, and wait."""
    settings = from_flags(arguments)
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s")
    with prepare(settings) as prepared:
        serve(
            prepared,
            on_ready=lambda: announce(prepared.endpoints, as_json=arguments.json),
            on_progress=lambda name: None if arguments.json else print(f"starting {name}", file=sys.stderr, flush=True),
        )
    return 0


def announce(endpoints: Endpoints, *, as_json: bool) -> None:
    """Say where everything is; the administration key only to a program that asks for JSON."""
    if as_json:
        facts = {
            "gateway": endpoints.gateway,
            "api": endpoints.api,
            "portal": endpoints.api + "/",
            "subscription_key": "",
            "admin_key": endpoints.admin_key,
        }
        print(json.dumps(facts), flush=True)
        return
    print(f"gateway  {endpoints.gateway}\nportal   {endpoints.api}/   (sign in with the key in admin.key)", flush=True)
