"""Answers as text: a table for people, CSV and JSON for programs, and errors with a caret."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len, set_cell_size

from gatelog.cli.query_client import Answer, QueryRefused

FORMATS = ("table", "json", "csv", "jsonl")
_NUMBERS = frozenset(("int", "long", "real", "decimal"))
_NARROWEST = 8
_MOST_CELL = 60


def write(answer: Answer, form: str, width: int) -> str:
    """The answer in one of `FORMATS`; `width` is the terminal's, 0 for a file or a pipe (nothing is cut then)."""
    if form == "csv":
        return _csv(answer)
    if form == "json":
        return json.dumps(_objects(answer), indent=2, ensure_ascii=False) + "\n"
    if form == "jsonl":
        return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in _objects(answer))
    return _table(answer, width)


def caret(error: QueryRefused) -> str:
    """Every finding with its line of the query and a caret under the place."""
    lines = error.text.split("\n")
    parts = []
    for finding in error.findings:
        parts.append(f"error {finding.code}: {finding.message}")
        if not 0 < finding.line <= len(lines):
            continue
        line = lines[finding.line - 1]
        number = f"{finding.line:>4} | "
        before = "".join("\t" if character == "\t" else " " * cell_len(character) for character in line[: finding.column - 1])
        marked = line[finding.column - 1 : finding.column - 1 + max(1, finding.length)]
        parts += [
            f"  line {finding.line}, column {finding.column}",
            number + line,
            " " * (len(number) - 2) + "| " + before + "^" * max(1, cell_len(marked)),
        ]
    return "\n".join(parts)


def _names(answer: Answer) -> list[str]:
    """Column names, made different where two are equal."""
    names: list[str] = []
    for name, _ in answer.columns:
        fresh, count = name, 0
        while fresh in names:
            count += 1
            fresh = f"{name}{count}"
        names.append(fresh)
    return names


def _objects(answer: Answer) -> list[dict[str, Any]]:
    names = _names(answer)
    return [dict(zip(names, row, strict=True)) for row in answer.rows]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return str(value)


def _csv(answer: Answer) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_names(answer))
    writer.writerows([_text(value) for value in row] for row in answer.rows)
    return out.getvalue()


def _table(answer: Answer, width: int) -> str:
    if not answer.columns:
        return ""
    names = [name for name, _ in answer.columns]
    cells = [[_one_line(_text(value)) for value in row] for row in answer.rows]
    widths = [max(cell_len(text) for text in column) for column in zip(names, *cells, strict=True)]
    if width:
        widths = _fitted([min(one, max(_MOST_CELL, cell_len(name))) for one, name in zip(widths, names, strict=True)], width)
        if sum(widths) + 2 * (len(widths) - 1) > width:
            return _records(names, cells, width)
    right = [kind in _NUMBERS for _, kind in answer.columns]
    lines = [_row(names, widths, right), "  ".join("-" * one for one in widths)]
    lines += [_row(row, widths, right) for row in cells]
    return "\n".join(lines) + "\n"


def _one_line(text: str) -> str:
    return text.replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t")


def _fitted(widths: list[int], width: int) -> list[int]:
    """The widest columns give way, down to a few characters."""
    widths = list(widths)
    while sum(widths) + 2 * (len(widths) - 1) > width and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    return widths


def _row(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    return "  ".join(_cell(*one) for one in zip(cells, widths, right, strict=True)).rstrip()


def _cell(text: str, width: int, right: bool) -> str:
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + "…"
    return " " * (width - length) + text if right else text + " " * (width - length)


def _records(names: Sequence[str], cells: Sequence[Sequence[str]], width: int) -> str:
    """One value a line: for tables that are wider than the terminal. Empty values are left out."""
    label = max(cell_len(name) for name in names)
    parts = []
    for number, row in enumerate(cells, 1):
        parts.append(f"-- row {number} " + "-" * max(0, width - 10 - len(str(number))))
        for name, text in zip(names, row, strict=True):
            if text:
                room = max(_NARROWEST, width - label - 2)
                parts.append(f"{name:<{label}}  {text if cell_len(text) <= room else set_cell_size(text, room - 1) + '…'}")
    return "\n".join(parts) + "\n"
