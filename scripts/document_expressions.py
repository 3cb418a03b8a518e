"""Writes the table of types and members in docs/policies/expressions.md from the whitelist; --check only compares."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from gatelog.policy.dotnet.library import LIBRARY
from gatelog.policy.dotnet.metadata import TypeDef

PAGE = Path(__file__).resolve().parents[1] / "docs" / "policies" / "expressions.md"
BEGIN, END = "<!-- generated: types -->", "<!-- end of generated part -->"
HIDDEN = ("System.Func", "System.Action", "System.Void")


def member_name(signature: str) -> str:
    """What a reader looks for: the member's name, `new`, `[]`, or the operator."""
    text = re.sub(r"^((some|typed|ctx|static) )+", "", signature)
    if text.startswith("new("):
        return "new"
    if text.startswith(("implicit ", "explicit ")):
        return "casts"
    if text.startswith("operator "):
        return f"`{text.split('(')[0].split()[-1]}`".replace("|", "\\|")
    if " this[" in text:
        return "`[]`"
    head = text.split("(")[0]
    return re.sub(r"<[^<>]*>$", "", head).rpartition(" ")[2]


def members(definition: TypeDef) -> str:
    names = dict.fromkeys([*(member_name(row[0]) for row in definition.members), *(name for name, _ in definition.values)])
    return ", ".join(names) or "(as a value)"


def table() -> str:
    rows = ["| type | members |", "|---|---|"]
    for definition in sorted(LIBRARY.definitions.values(), key=lambda d: d.name):
        if not definition.full_name.startswith(HIDDEN):
            rows.append(f"| `{definition.name}` | {members(definition)} |")
    return "\n".join(rows)


def main() -> int:
    page = PAGE.read_text(encoding="utf-8")
    start, end = page.index(BEGIN) + len(BEGIN), page.index(END)
    fresh = f"{page[:start]}\n{table()}\n{page[end:]}"
    if "--check" in sys.argv[1:]:
        return int(fresh != page)
    PAGE.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
