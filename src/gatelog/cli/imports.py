"""`gatelog import`: bring in ARM templates, APIOps folders or Terraform states."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from gatelog.catalog.folder.writing import write_folder
from gatelog.catalog.importers.apiops import import_folder
from gatelog.catalog.importers.arm import import_template, parameter_values
from gatelog.catalog.importers.imported import Imported
from gatelog.catalog.importers.terraform import import_state
from gatelog.catalog.openapi.fetching import DEFAULT_HOSTS, LinkFetcher
from gatelog.cli.catalog_access import add_access_flags, opened, print_differences, print_problems
from gatelog.errors import GatelogError, InvalidDocument


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "import", help="bring in ARM templates, APIOps folders or Terraform states", description=__doc__
    )
    verbs = parser.add_subparsers(metavar="FORM", required=True)
    template = verbs.add_parser("arm", help="an ARM template (compiled Bicep too)")
    template.add_argument("source", type=Path)
    template.add_argument("--parameters", type=Path, action="append", default=[], help="parameters file; may be repeated")
    template.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="one parameter; JSON or text")
    folder = verbs.add_parser("apiops", help="a folder of the APIOps extractor")
    folder.add_argument("source", type=Path)
    state = verbs.add_parser("terraform", help="the output of terraform show -json; - for standard input")
    state.add_argument("source", type=Path)
    for verb, run in ((template, _arm), (folder, _apiops), (state, _terraform)):
        verb.add_argument("--dry-run", action="store_true", help="say what would change")
        verb.add_argument(
            "--to", type=Path, metavar="FOLDER", help="write a configuration folder instead of changing the catalog"
        )
        verb.add_argument(
            "--allow-host", action="append", default=list(DEFAULT_HOSTS), help="host that links may name; may be repeated"
        )
        add_access_flags(verb)
        verb.set_defaults(run=_guarded, read=run)


def _guarded(arguments: argparse.Namespace) -> int:
    try:
        imported: Imported = arguments.read(arguments)
        for warning in imported.warnings:
            print(f"warning: {warning}", file=sys.stderr)
        return _taken(arguments, imported)
    except InvalidDocument as error:
        print_problems(error)
        return 1


def _taken(arguments: argparse.Namespace, imported: Imported) -> int:
    if arguments.to is not None:
        if arguments.to.exists() and any(arguments.to.iterdir()):
            raise GatelogError(f"{arguments.to} is not empty")
        written = write_folder(arguments.to, imported.resources, "", secrets=True)
        print(f"{arguments.to}: {len(written)} files, secrets included")
        return 0
    with opened(arguments) as access:
        found = access.change(imported.resources, prune=False, dry=arguments.dry_run)
    print_differences(found, dry=arguments.dry_run)
    return 0


def _json(path: Path) -> Any:
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise GatelogError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise GatelogError(f"{path} is not UTF-8") from None
    try:
        tree = json.loads(text)
    except json.JSONDecodeError as error:
        raise GatelogError(f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg}") from None
    except RecursionError:
        raise GatelogError(f"{path}: nested too deeply") from None
    if not isinstance(tree, dict):
        raise GatelogError(f"{path}: expected an object")
    return tree


def _fetcher(arguments: argparse.Namespace) -> LinkFetcher:
    return LinkFetcher(tuple(arguments.allow_host))


def _arm(arguments: argparse.Namespace) -> Imported:
    values: dict[str, Any] = {}
    for path in arguments.parameters:
        values |= parameter_values(_json(path))
    for text in arguments.set:
        name, separator, value = text.partition("=")
        if not separator:
            raise GatelogError(f"--set: expected NAME=VALUE, found {text!r}")
        try:
            values[name] = json.loads(value)
        except json.JSONDecodeError:
            values[name] = value
    return import_template(_json(arguments.source), values, place=arguments.source.name, fetch=_fetcher(arguments))


def _apiops(arguments: argparse.Namespace) -> Imported:
    return import_folder(arguments.source, fetch=_fetcher(arguments))


def _terraform(arguments: argparse.Namespace) -> Imported:
    return import_state(_json(arguments.source), place=str(arguments.source), fetch=_fetcher(arguments))
