"""`gatelog policy`: check policy documents, and try one."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from gatelog.clock import SystemClock
from gatelog.errors import GatelogError
from gatelog.policy.binding import ERROR, Finding
from gatelog.policy.compile import check
from gatelog.policy.rehearsal import rehearse
from gatelog.policy.tracing import Step


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its verbs."""
    parser = subparsers.add_parser("policy", help="check and try policy documents", description=__doc__)
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    checking = verbs.add_parser("check", help="compile documents; exit 0 when every one compiles")
    checking.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="policy document or fragment; a folder means every .xml below it"
    )
    checking.add_argument("--quiet", action="store_true", help="print errors only")
    checking.set_defaults(run=run_check)
    testing = verbs.add_parser("test", help="run one document against a described call and print what each element did")
    testing.add_argument("file", type=Path, metavar="FILE", help="policy document")
    testing.add_argument("--request", type=Path, metavar="JSON", help="description of the call (docs/policies/README.md)")
    testing.add_argument(
        "--named-value", action="append", default=[], metavar="NAME=VALUE", help="a named value; may be repeated"
    )
    testing.add_argument("--fragment", action="append", default=[], metavar="ID=FILE", help="a fragment; may be repeated")
    testing.add_argument("--strict", action="store_true", help="log statements behave as in Azure")
    testing.set_defaults(run=run_test)


def run_check(arguments: argparse.Namespace) -> int:
    """Say what is wrong in each document; named values, fragments, loggers and backends that nobody can know are warnings."""
    failed = 0
    files = [found for named in arguments.files for found in _documents(named)]
    for path in files:
        findings = check(_text(path), path=str(path))
        has_errors = any(finding.severity == ERROR for finding in findings)
        failed += has_errors
        for finding in findings:
            if finding.severity == ERROR or not arguments.quiet:
                print(_line(finding), file=sys.stderr)
        if not has_errors and not arguments.quiet:
            print(f"{path}: ok")
    if failed:
        print(f"{failed} of {len(files)} documents do not compile", file=sys.stderr)
    return 1 if failed else 0


def run_test(arguments: argparse.Namespace) -> int:
    """Print each element with its time and what it changed, what was asked of the world, and the answer."""
    fragments = {name: _text(Path(path)) for name, path in map(_pair, arguments.fragment)}
    done = rehearse(
        _text(arguments.file),
        _description(arguments.request) if arguments.request else {},
        named_values=dict(map(_pair, arguments.named_value)),
        fragments=fragments,
        mode="strict" if arguments.strict else "safe",
        monotonic=SystemClock().monotonic,
    )
    for step in done.steps:
        print("\n".join(_step_lines(step)))
    print("\nasked of the world:", *(done.effects or ["nothing"]), sep="\n  ")
    response = done.response
    print(f"\nanswer: {response.status} {response.reason}")
    print("\n".join(f"  {name}: {value}" for name, value in response.headers))
    if response.body:
        print(f"\n{response.body.decode('utf-8', 'replace')}")
    return 1 if done.exchange.last_error else 0


def _step_lines(step: Step) -> list[str]:
    note = "" if step.outcome == "done" else f"  {step.outcome}{': ' if step.message else ''}{step.message}"
    lead = "  " * step.depth
    lines = [f"{step.section:9} {lead}{step.element} (line {step.line}, {step.elapsed_ns / 1000:.0f} us){note}"]
    before = dict(step.before)
    lines += [
        f"          {lead}  {name} = {value}{f'  (was {before[name]})' if name in before else ''}" for name, value in step.after
    ]
    return lines + [f"          {lead}  {change}" for change in step.changes]


def _pair(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise GatelogError(f"expected NAME=VALUE, found '{text}'")
    return name, value


def _description(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(_text(path))
    except ValueError as error:
        raise GatelogError(f"{path}: not valid JSON: {error}") from error
    if not isinstance(found, dict):
        raise GatelogError(f"{path}: expected a JSON object that describes the call")
    return found


def _documents(named: Path) -> list[Path]:
    return sorted(named.rglob("*.xml")) if named.is_dir() else [named]


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise GatelogError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise GatelogError(
            f"{path}: expected UTF-8, found byte {error.object[error.start]:#04x} at offset {error.start}"
        ) from error


def _line(finding: Finding) -> str:
    return f"{finding.severity}: {finding.problem}"
