"""`gatelog simulate`: an Azure OpenAI account offline."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from gatelog.simulator.server import run
from gatelog.simulator.settings import DEMO_KEY, Faults, SimulatorSettings

_RATES = ("error_rate", "throttle_rate", "cut_rate", "garbage_rate")


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("simulate", help="run an Azure OpenAI account offline", description=__doc__)
    defaults = SimulatorSettings()
    parser.add_argument("--host", default=defaults.host, help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: a free one)")
    parser.add_argument("--key", action="append", help=f"accepted api-key; may be repeated (default: {DEMO_KEY})")
    parser.add_argument(
        "--issuer", type=Path, help="key file of the local issuer whose bearer tokens are accepted (DATA/issuer.json)"
    )
    parser.add_argument(
        "--seed", type=int, default=defaults.seed, help="the same seed gives the same answers (default: %(default)s)"
    )
    parser.add_argument(
        "--first-token", type=float, default=defaults.first_token, help="seconds to the first token (default: %(default)s)"
    )
    parser.add_argument(
        "--per-token", type=float, default=defaults.per_token, help="seconds between tokens (default: %(default)s)"
    )
    parser.add_argument("--instant", action="store_true", help="answer without waiting: a target for load tests")
    parser.add_argument(
        "--tokens-per-minute", type=int, default=0, help="rate limit of every standard deployment (default: none)"
    )
    parser.add_argument(
        "--no-stream-options", action="store_true", help="refuse stream_options, as Azure's older API versions do"
    )
    parser.add_argument("--region", default=defaults.region, help="value of x-ms-region (default: %(default)s)")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds added to every answer")
    for name in _RATES:
        what = {
            "error_rate": "500",
            "throttle_rate": "429",
            "cut_rate": "a stream that breaks off",
            "garbage_rate": "a body that is no JSON",
        }
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=_rate, default=0.0, help=f"share of calls (0 to 1) that get {what[name]}"
        )
    parser.add_argument("--json", action="store_true", help="print one JSON object with endpoint and key when ready")
    parser.set_defaults(run=main)


def main(arguments: argparse.Namespace) -> int:
    """Serve until interrupted."""
    settings = settings_of(arguments)

    def ready(port: int) -> None:
        endpoint = f"http://{settings.host}:{port}"
        if arguments.json:
            text = json.dumps({"endpoint": endpoint, "api_key": settings.api_keys[0]})
        else:
            names = ", ".join(deployment.name for deployment in settings.deployments)
            text = f"Azure OpenAI simulator at {endpoint}\n  api-key      {settings.api_keys[0]}\n  deployments  {names}"
        print(text, flush=True)

    try:
        run(settings, ready)
    except OSError as error:
        print(f"gatelog simulate: cannot listen on {settings.host}:{settings.port}: {error.strerror or error}", file=sys.stderr)
        return 1
    return 0


def settings_of(arguments: argparse.Namespace) -> SimulatorSettings:
    """The settings that a command line asks for."""
    return SimulatorSettings(
        host=arguments.host,
        port=arguments.port,
        api_keys=tuple(arguments.key or (DEMO_KEY,)),
        issuer_keys=arguments.issuer,
        seed=arguments.seed,
        first_token=0.0 if arguments.instant else arguments.first_token,
        per_token=0.0 if arguments.instant else arguments.per_token,
        knows_stream_options=not arguments.no_stream_options,
        tokens_per_minute=arguments.tokens_per_minute,
        faults=Faults(arguments.latency, *(getattr(arguments, name) for name in _RATES)),
        region=arguments.region,
    )


def _rate(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 1, found {text}")
    return value
