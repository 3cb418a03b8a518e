"""Writes docs/kql/operators.md from the operators' documents. With --check: fails when the page is out of date."""

from __future__ import annotations

import sys
from pathlib import Path

from gatelog.kql.operators.documents import DOCUMENTS, Document
from gatelog.kql.operators.evaluate import REFUSED as PLUGINS
from gatelog.kql.operators.table import REFUSED

PAGE = Path(__file__).resolve().parents[1] / "docs" / "kql" / "operators.md"
HEAD = """# KQL operators

Every tabular operator that gatelog's queries can use. Each example is run by a test. This page is generated from
`src/gatelog/kql/operators/documents.py`.

| operator | does | left out |
| --- | --- | --- |
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    parts += [f"| [`{item.name}`](#{item.name}) | {item.doc} | {item.limits or '-'} |\n" for item in DOCUMENTS]
    parts += [_entry(item) for item in DOCUMENTS]
    parts.append(
        "\n## Refused by name\n\nOperators: " + ", ".join(f"`{name}`" for name in sorted([*REFUSED, "externaldata"])) + ".\n\n"
    )
    parts.append("Plugins of `evaluate`: " + ", ".join(f"`{name}`" for name in sorted(PLUGINS)) + ".\n")
    return "".join(parts)


def _entry(item: Document) -> str:
    also = f" Also written {', '.join(f'`{alias}`' for alias in item.aliases)}." if item.aliases else ""
    limits = f"\n\nLeft out: {item.limits}." if item.limits else ""
    return f"\n## {item.name}\n\n{item.doc}{also}{limits}\n\n```kql\n{item.example}\n```\n"


def main() -> int:
    """Exit status: 1 when --check finds the page out of date."""
    text = page()
    if "--check" in sys.argv[1:]:
        return int(not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text)
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
