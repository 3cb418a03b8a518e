"""`gatelog policy`: check policy documents, and try one."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from gatelog.errors import GatelogError
from gatelog.policy.binding import ERROR, Finding
from gatelog.policy.compile import check


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
