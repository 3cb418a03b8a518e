"""`gatelog journal`: look into the journal of a data folder, and prove that nothing was removed or changed."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from gatelog.errors import GatelogError
from gatelog.journal.inspect import Head, cat, export, stat, verify


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its verbs."""
    parser = subparsers.add_parser("journal", help="look into the journal and verify it", description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=Path("gatelog-data"), metavar="DIR", help="data folder (default gatelog-data)"
    )
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    printing = verbs.add_parser("cat", help="print records as JSON lines")
    printing.add_argument("--stream", default="", help="one stream only")
    printing.add_argument("--position", type=int, default=0, metavar="N", help="begin at this position of the stream")
    printing.set_defaults(run=run_cat)
    verbs.add_parser("stat", help="print numbers of every stream").set_defaults(run=run_stat)
    proving = verbs.add_parser("verify", help="check the hash chain; exit 1 when something was removed or changed")
    proving.add_argument(
        "--anchors",
        type=Path,
        metavar="FILE",
        help="heads of an earlier verify (--heads), kept where nobody here can change them",
    )
    proving.add_argument("--heads", type=Path, metavar="FILE", help="write the heads here, to be kept elsewhere")
    proving.set_defaults(run=run_verify)
    exporting = verbs.add_parser("export", help="write every record to a file, as JSON lines")
    exporting.add_argument("file", type=Path, metavar="FILE")
    exporting.add_argument("--stream", default="", help="one stream only")
    exporting.set_defaults(run=run_export)


def _folder(arguments: argparse.Namespace) -> Path:
    folder: Path = arguments.data / "journal"
    if not folder.is_dir():
        raise GatelogError(f"no journal in {arguments.data}; name the data folder with --data DIR")
    return folder


def run_cat(arguments: argparse.Namespace) -> int:
    """Print records."""
    for entry in cat(_folder(arguments), arguments.stream, arguments.position):
        print(json.dumps({"stream": entry.stream, "position": entry.position, **entry.event}, default=str))
    return 0


def run_stat(arguments: argparse.Namespace) -> int:
    """Print one block of numbers for each stream."""
    for facts in stat(_folder(arguments)):
        names = facts.__slots__ if hasattr(facts, "__slots__") else vars(facts)
        print("\n".join(f"{name:20} {getattr(facts, name)}" for name in names), end="\n\n")
    return 0


def run_verify(arguments: argparse.Namespace) -> int:
    """Compute the chain again and compare."""
    anchors = _read_heads(arguments.anchors) if arguments.anchors else None
    found = verify(_folder(arguments), anchors)
    for problem in found.problems:
        print(problem, file=sys.stderr)
    if arguments.heads:
        heads = [{name: _text_of(getattr(head, name)) for name in head.__slots__} for head in found.heads]
        arguments.heads.write_text(json.dumps(heads, indent=2) + "\n", encoding="utf-8")
    print(f"{found.records} records in {len(found.heads)} streams; {len(found.problems) or 'no'} problems")
    return 1 if found.problems else 0


def _text_of(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else value


def _read_heads(path: Path) -> dict[str, Head]:
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
        return {entry["stream"]: Head(**entry) for entry in listed}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise GatelogError(f"{path}: expected the heads that an earlier --heads wrote ({error})") from error


def run_export(arguments: argparse.Namespace) -> int:
    """Write all records to a file."""
    with arguments.file.open("wb") as file:
        count = export(_folder(arguments), file, arguments.stream)
    print(f"{count} records")
    return 0
