"""Writes docs/kql/functions.md from the KQL catalogue. With --check: fails when the page is out of date."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gatelog.kql.catalog.aggregates import AGGREGATES
from gatelog.kql.catalog.refused import PREFIXES, REFUSED
from gatelog.kql.catalog.registry import FAMILIES
from gatelog.kql.catalog.rows import Aggregate, Example, Function, Parameter, Signature
from gatelog.schema.types import KqlType

PAGE = Path(__file__).resolve().parents[1] / "docs" / "kql" / "functions.md"
HEAD = """# KQL functions

Every function and aggregate that gatelog's queries can call. Each example is run by a test, with the answer that stands under it.
`x?` may be left out, `x...` takes any number of arguments, `x!` must be a constant. Functions marked *DuckDB* are refused by the
ClickHouse engine. This page is generated from `src/gatelog/kql/catalog/`.

"""


def page() -> str:
    """The whole page."""
    titles = [*FAMILIES, "aggregates", "refused"]
    parts = [HEAD, "".join(f"- [{title}](#{_anchor(title)}): {_names(title)}\n" for title in titles)]
    for family, rows in FAMILIES.items():
        parts.append(f"\n## {family}\n" + "".join(_entry(row) for row in rows))
    parts.append("\n## aggregates\n" + "".join(_entry(row) for row in AGGREGATES))
    parts.append("\n## refused\n\nDocumented by Microsoft, and refused here by name:\n\n")
    parts.extend(f"- `{name}`: {reason}\n" for name, reason in sorted((REFUSED | _starred()).items()))
    return "".join(parts)


def _starred() -> dict[str, str]:
    return {f"{prefix}*": reason for prefix, reason in PREFIXES.items()}


def _anchor(title: str) -> str:
    return title.replace(",", "").replace(" ", "-").lower()


def _names(title: str) -> str:
    if title == "refused":
        return f"{len(REFUSED)} names"
    rows: Iterable[Function | Aggregate] = AGGREGATES if title == "aggregates" else FAMILIES[title]
    return f"{sum(1 for _ in rows)} functions"


def _entry(row: Function | Aggregate) -> str:
    forms = "".join(
        f"{row.name}({', '.join(map(_parameter, one.parameters))}) -> {_result(one, row)}\n" for one in row.signatures
    )
    also = f" Also spelled {', '.join(f'`{alias}`' for alias in row.aliases)}." if row.aliases else ""
    only = "" if any(one.clickhouse is not None for one in row.signatures) else " *DuckDB.*"
    examples = "".join(map(_example, row.examples))
    return f"\n### {row.name}\n\n{row.doc}{also}{only}\n\n```text\n{forms}```\n{examples}"


def _parameter(parameter: Parameter) -> str:
    mark = "..." if parameter.repeated else "?" if parameter.optional else ""
    return f"{parameter.name}{mark}{'!' if parameter.literal else ''}: {parameter.kind}"


def _result(one: Signature, row: Function | Aggregate) -> str:
    if row.columns:
        return "several columns"
    if isinstance(one.result, KqlType):
        return one.result.value
    if isinstance(one.result, str) and one.result.startswith("arg"):
        return f"type of {one.parameters[int(one.result[3:])].name}"
    return "the common type of its arguments"


def _example(example: Example) -> str:
    rows = "".join("| " + " | ".join(_cell(cell) for cell in row) + " |\n" for row in example.rows)
    width = len(example.rows[0]) if example.rows else 1
    return f"\n```kql\n{example.query}\n```\n\n{'|  ' * width}|\n{'|--' * width}|\n{rows}"


def _cell(cell: Any) -> str:
    if cell is None:
        return "null"
    text = str(cell).lower() if isinstance(cell, bool) else str(cell)
    return "`` " + text.replace("|", "\\|") + " ``" if text else "(empty)"


def main() -> int:
    """Exit status."""
    text = page()
    if "--check" not in sys.argv[1:]:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(text, encoding="utf-8")
        return 0
    return int(not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text)


if __name__ == "__main__":
    sys.exit(main())
