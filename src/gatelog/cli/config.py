"""`gatelog config`: check, diff, apply and export a configuration folder."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from gatelog.catalog.folder import check_folder, read_folder
from gatelog.catalog.folder.editor import editor_schema
from gatelog.catalog.preparing import Makings, random_guid
from gatelog.cli.catalog_access import add_access_flags, opened, print_differences, print_problems, write_files
from gatelog.clock import SystemClock
from gatelog.errors import GatelogError, InvalidDocument


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("config", help="check, diff, apply or export a configuration folder", description=__doc__)
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    check = verbs.add_parser("check", help="compile a folder; change nothing, ask nobody")
    check.add_argument("folder", type=Path)
    check.add_argument("--no-environment", action="store_true", help="variables and files of named values need not be there")
    check.set_defaults(run=_check)
    for name, run, line in (
        ("diff", _diff, "say what an apply would change"),
        ("apply", _apply, "make the catalog what the folder says"),
    ):
        verb = verbs.add_parser(name, help=line)
        verb.add_argument("folder", type=Path)
        verb.add_argument("--prune", action="store_true", help="delete everything that the folder does not have")
        add_access_flags(verb)
        verb.set_defaults(run=run)
    export = verbs.add_parser("export", help="write the catalog as a folder")
    export.add_argument("folder", type=Path)
    export.add_argument(
        "--secrets", action="store_true", help="write keys and other secrets too (files that only their owner can read)"
    )
    add_access_flags(export)
    export.set_defaults(run=_export)
    schema = verbs.add_parser("schema", help="print the JSON schema for editors")
    schema.set_defaults(run=_schema)


def _makings() -> Makings:
    """Stand-ins: a check stores nothing."""
    return Makings(now=SystemClock().now() // 1_000_000_000, make_key=random_guid, make_guid=random_guid)


def _check(arguments: argparse.Namespace) -> int:
    try:
        count = check_folder(arguments.folder, _makings(), resolve_values=not arguments.no_environment)
    except InvalidDocument as error:
        print_problems(error)
        return 1
    print(f"{arguments.folder}: {count} resources, all good")
    return 0


def _change(arguments: argparse.Namespace, *, dry: bool) -> int:
    try:
        resources = read_folder(arguments.folder)
        with opened(arguments) as access:
            found = access.change(resources, prune=arguments.prune, dry=dry)
    except InvalidDocument as error:
        print_problems(error)
        return 1
    print_differences(found, dry=dry)
    return 0


def _diff(arguments: argparse.Namespace) -> int:
    return _change(arguments, dry=True)


def _apply(arguments: argparse.Namespace) -> int:
    return _change(arguments, dry=False)


def _export(arguments: argparse.Namespace) -> int:
    if arguments.folder.exists() and any(arguments.folder.iterdir()):
        raise GatelogError(f"{arguments.folder} is not empty; an export goes into a new folder")
    with opened(arguments) as access:
        files = access.export(secrets=arguments.secrets)
    write_files(arguments.folder, files, private=arguments.secrets)
    print(f"{arguments.folder}: {len(files)} files{'' if arguments.secrets else ', secrets left out'}")
    return 0


def _schema(arguments: argparse.Namespace) -> int:
    print(json.dumps(editor_schema(), indent=2))
    return 0
