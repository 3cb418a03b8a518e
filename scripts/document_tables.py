"""Writes docs/tables/*.md from the schema; with --check it only says whether they are up to date (exit status 1: no)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from gatelog.schema.table import Column, Table
from gatelog.schema.tables import BUILT_IN

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "tables"


def note(column: Column) -> str:
    """What is worth knowing about a column."""
    notes = [column.doc] if column.doc else []
    if column.body:
        notes.append("complete text")
    if column.shredded:
        notes.append("stored by themselves too: " + ", ".join(f"`{'.'.join(map(str, path))}`" for path in column.shredded))
    if column.same_as:
        notes.append(f"stored once when it is the same as {column.same_as}")
    return "; ".join(notes)


def page(table: Table) -> str:
    """The page of one table."""
    lines = [f"# {table.name}", "", table.doc, ""]
    if table.category:
        lines += [f"Category of the diagnostic setting: `{table.category}`. Time column: `{table.time_column}`.", ""]
    if table.open:
        lines += ["Open: unknown fields of arriving rows become columns ending with `_s`, `_d`, `_b`, `_g` or `_t`.", ""]
    lines += ["| column | type | |", "|---|---|---|"]
    lines += [f"| `{column.name}` | {column.type.value} | {note(column)} |" for column in table.columns]
    lines += ["", "```kql", f"{table.name} | take 10", "```", ""]
    return "\n".join(lines)


def pages() -> Iterator[tuple[Path, str]]:
    """Every page with its text."""
    listed = [f"| [{table.name}]({table.name}.md) | {table.doc} |" for table in BUILT_IN]
    yield FOLDER / "README.md", "\n".join(["# Tables", "", "| table | |", "|---|---|", *listed, ""])
    for table in BUILT_IN:
        yield FOLDER / f"{table.name}.md", page(table)


def main() -> int:
    """Write, or check."""
    stale = [path for path, text in pages() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path} is not up to date: run python scripts/document_tables.py")
        return 1 if stale else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in pages():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
