"""`gatelog query`: ask the workspace in KQL, once or at a prompt."""

from __future__ import annotations

import argparse
import importlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from gatelog import config
from gatelog.cli.query_chart import draw
from gatelog.cli.query_client import Answer, QueryRefused, Workspace
from gatelog.cli.query_output import FORMATS, caret, write
from gatelog.errors import GatelogError


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "query",
        help="ask the workspace in KQL",
        description="Ask the workspace in KQL. Without a query: a prompt with history and completion.",
    )
    parser.add_argument("query", nargs="?", help="the query, or - to read it from standard input")
    parser.add_argument("--file", type=Path, help="read the query from a file")
    parser.add_argument("--format", choices=FORMATS, default="table", help="how to write the answer (default: %(default)s)")
    parser.add_argument("--explain", action="store_true", help="show the plan and the SQL instead of running the query")
    parser.add_argument(
        "--parameter", action="append", default=[], metavar="NAME=VALUE", help="a value for declare query_parameters"
    )
    parser.add_argument("--api", help="address of the workspace, a URL or HOST:PORT (default: http://127.0.0.1:8081)")
    parser.add_argument("--key", help="administration key or API token (default: GATELOG_ADMIN_KEY, else DIR/admin.key)")
    parser.add_argument("--data", help="data folder whose admin.key is used (default: gatelog-data)")
    parser.add_argument("--no-chart", action="store_true", help="do not draw the chart of a render operator")
    parser.set_defaults(run=main)


def main(arguments: argparse.Namespace) -> int:
    """Answer one query, or run the prompt. Exit status 1: the query was refused."""
    workspace, data = workspace_of(arguments)
    text = _text(arguments)
    if text is None:
        return _interactive(workspace, data, arguments)
    return _run(workspace, text, arguments)


def workspace_of(arguments: argparse.Namespace) -> tuple[Workspace, Path]:
    """The workspace that the flags and settings name, and the data folder."""
    address = arguments.api or ""
    is_url = "://" in address
    settings = config.load({"data": arguments.data, "api": None if is_url or not address else address})
    scheme = "https" if settings.tls else "http"
    url = address if is_url else f"{scheme}://{settings.api}"
    return Workspace(url, arguments.key or settings.admin_key or _stored_key(settings.data)), settings.data


def _stored_key(data: Path) -> str:
    path = data / "admin.key"
    try:
        return path.read_text(encoding="utf-8").strip() if path.exists() else ""
    except OSError as error:
        raise GatelogError(f"{path}: cannot read the administration key: {error.strerror}") from error


def _text(arguments: argparse.Namespace) -> str | None:
    """The query; None: ask at a prompt."""
    if arguments.file is not None:
        try:
            text: str = arguments.file.read_text(encoding="utf-8")
        except OSError as error:
            raise GatelogError(f"{arguments.file}: {error.strerror}") from error
        return text
    if arguments.query == "-" or (arguments.query is None and not sys.stdin.isatty()):
        return sys.stdin.read()
    given: str | None = arguments.query
    return given


def _parameters(words: list[str]) -> dict[str, str]:
    pairs = [word.partition("=") for word in words]
    wrong = [name for name, equals, _ in pairs if not equals or not name]
    if wrong:
        raise GatelogError(f"--parameter {wrong[0]}: expected NAME=VALUE")
    return {name: value for name, _, value in pairs}


def _run(workspace: Workspace, text: str, arguments: argparse.Namespace) -> int:
    try:
        if arguments.explain:
            print(workspace.explain(text))
            return 0
        answers = workspace.ask(text, _parameters(arguments.parameter))
    except QueryRefused as error:
        print(caret(error), file=sys.stderr)
        return 1
    for number, answer in enumerate(answers):
        if number and arguments.format == "table":
            print()
        _show(answer, arguments)
    return 0


def _show(answer: Answer, arguments: argparse.Namespace) -> None:
    is_terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if is_terminal else 0
    chart = "" if arguments.no_chart or arguments.format != "table" else draw(answer, width or 100)
    sys.stdout.write(chart or write(answer, arguments.format, width))
    sys.stdout.flush()
    if answer.warning:
        print(f"the answer is not complete: {answer.warning}", file=sys.stderr)
    if is_terminal and arguments.format == "table":
        count = len(answer.rows)
        print(f"({count:,} row{'' if count == 1 else 's'})", file=sys.stderr)


def _interactive(workspace: Workspace, data: Path, arguments: argparse.Namespace) -> int:
    # The prompt's libraries and the language's catalogue take half a second that a single query should not pay.
    prompt: Any = importlib.import_module("gatelog.cli.query_prompt")
    catalogue = importlib.import_module("gatelog.kql").catalogue()
    completer = prompt.KqlCompleter(catalogue, _tables(workspace))
    print(f"gatelog at {workspace.url}; .help says more")

    def run(text: str) -> None:
        try:
            _interpret(workspace, text, arguments, prompt.HELP)
        except GatelogError as error:
            print(f"gatelog: {error}", file=sys.stderr)

    prompt.prompt(completer, data / "query-history" if data.exists() else Path.home() / ".gatelog-history", run)
    return 0


def _interpret(workspace: Workspace, text: str, arguments: argparse.Namespace, help_text: str) -> None:
    word, _, rest = text.partition(" ")
    if word == ".help":
        print(help_text)
    elif word == ".format":
        if rest.strip() not in FORMATS:
            raise GatelogError(f"expected one of {', '.join(FORMATS)}")
        arguments.format = rest.strip()
    elif word == ".explain":
        _run(workspace, rest, argparse.Namespace(**{**vars(arguments), "explain": True}))
    else:
        _run(workspace, ".show tables" if text == ".tables" else text, arguments)


def _tables(workspace: Workspace) -> dict[str, list[str]]:
    """Tables and their columns, for completion."""
    document = json.loads(workspace.ask(".show databases schema as json")[0].rows[0][0])
    tables = next(iter(document["Databases"].values()))["Tables"]
    return {name: [column["Name"] for column in table["OrderedColumns"]] for name, table in tables.items()}
