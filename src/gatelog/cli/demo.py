"""`gatelog demo`: everything at once, with the simulator as the backend."""

from __future__ import annotations

import argparse
import json
import logging
import shutil
import sys
from pathlib import Path
from urllib.parse import quote

from gatelog.cli.settings import add_flags, from_flags
from gatelog.server.demo import prepare_demo, send_traffic
from gatelog.server.serve import Endpoints, Prepared, prepare, serve

QUESTION = "ApiManagementGatewayLogs | summarize calls = count() by OperationId, ResponseCode"


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("demo", help="start everything with the simulator and a little traffic", description=__doc__)
    add_flags(parser)
    parser.add_argument("--json", action="store_true", help="print the addresses and keys as one JSON object on the first line")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Start, send a few calls, print what to try, and wait for Ctrl-C."""
    settings = from_flags(arguments)
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel("WARNING")
    with prepare(settings) as prepared:
        demo = prepare_demo(prepared)

        def ready() -> None:
            if not arguments.json:
                progress("a few calls")
            send_traffic(prepared.endpoints, demo.subscription_key)
            words = (
                facts(prepared.endpoints, demo.subscription_key) if arguments.json else banner(prepared, demo.subscription_key)
            )
            print(words)
            sys.stdout.flush()

        def progress(name: str) -> None:
            if not arguments.json:
                print(f"  starting {name}", file=sys.stderr, flush=True)

        serve(prepared, on_ready=ready, on_progress=progress, before=(demo.simulator,))
    return 0


def facts(endpoints: Endpoints, subscription_key: str) -> str:
    """One JSON object for scripts."""
    return json.dumps(
        {
            "gateway": endpoints.gateway,
            "api": endpoints.api,
            "portal": endpoints.api + "/",
            "subscription_key": subscription_key,
            "admin_key": endpoints.admin_key,
        }
    )


def banner(prepared: Prepared, subscription_key: str) -> str:
    """What a person tries next; every line of it works as it is printed."""
    endpoints = prepared.endpoints
    return f"""
gatelog is running (Ctrl-C stops it; the data stays)

  gateway           {endpoints.gateway}
  subscription key  {subscription_key}
  portal            {endpoints.api}/#signin={quote(endpoints.admin_key, safe="")}

Call it from Python (pip install openai):

  from openai import AzureOpenAI
  client = AzureOpenAI(azure_endpoint="{endpoints.gateway}", api_key="{subscription_key}", api_version="2024-10-21")
  answer = client.chat.completions.create(model="text-turbo", messages=[{{"role": "user", "content": "Hello!"}}])
  print(answer.choices[0].message.content)

Ask about it a second later:

  {_this_command()} query --api {endpoints.api} --data {prepared.settings.data} '{QUESTION}'
"""


def _this_command() -> str:
    """How this very program is called from here: by its name when that is on the PATH, else by its path."""
    path = Path(sys.argv[0]).absolute()
    if path.name != "gatelog":
        return f"{sys.executable} -m gatelog"
    found = shutil.which("gatelog")
    if found is not None and Path(found).resolve() == path.resolve():
        return "gatelog"
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
