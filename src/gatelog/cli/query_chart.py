"""`render` in the terminal: bars of blocks, lines of braille dots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.cells import cell_len, set_cell_size

from gatelog.cli.query_client import Answer

_BARS = frozenset(("barchart", "columnchart", "piechart", "stackedbarchart"))
_LINES = frozenset(("timechart", "linechart", "areachart", "stackedareachart", "scatterchart", "anomalychart", "timepivot"))
_NUMBERS = frozenset(("int", "long", "real", "decimal"))
_HEIGHT = 12
_MOST_BARS = 40
_MARKS = "●■▲◆○□△◇"
_EIGHTHS = " ▏▎▍▌▋▊▉█"


@dataclass(frozen=True, slots=True)
class _Series:
    name: str
    points: list[tuple[float, float]]


def draw(answer: Answer, width: int) -> str:
    """The chart that the query asked for; '' when it asked for none that a terminal can show."""
    kind = str(answer.visualization.get("Visualization") or "")
    title = answer.visualization.get("Title")
    if kind in _BARS:
        chart = _bars(answer, width)
    elif kind in _LINES:
        chart = _lines(answer, width)
    else:
        return ""
    return f"{title}\n{chart}" if title and chart else chart


def _numeric(answer: Answer) -> list[int]:
    return [index for index, (_, kind) in enumerate(answer.columns) if kind in _NUMBERS]


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _bars(answer: Answer, width: int) -> str:
    """One bar for each row and number column."""
    numbers = [index for index in _numeric(answer) if index > 0] or _numeric(answer)
    if not numbers or not answer.rows:
        return ""
    labels = [index for index in range(len(answer.columns)) if index not in numbers]
    bars = []
    for row in answer.rows[:_MOST_BARS]:
        label = " · ".join(str(row[index]) for index in labels)
        for index in numbers:
            name = answer.columns[index][0] if len(numbers) > 1 else ""
            bars.append((" ".join(filter(None, (label, name))), _number(row[index]) or 0.0))
    room = min(max(cell_len(label) for label, _ in bars), width // 3)
    most = max((abs(value) for _, value in bars), default=0.0) or 1.0
    space = max(10, width - room - 16)
    lines = [f"{set_cell_size(label, room)} {_bar(abs(value) / most, space)} {_short(value)}" for label, value in bars]
    hidden = len(answer.rows) - _MOST_BARS
    return "\n".join(lines) + (f"\n({hidden} more rows)" if hidden > 0 else "") + "\n"


def _bar(share: float, space: int) -> str:
    whole, rest = divmod(round(share * space * 8), 8)
    return "█" * whole + (_EIGHTHS[rest] if rest else "")


def _short(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.3g}"


def _lines(answer: Answer, width: int) -> str:
    series = _series(answer)
    points = [point for one in series for point in one.points]
    if not points:
        return ""
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    low, high = min(0.0, min(y for _, y in points)), max(y for _, y in points)
    high = high if high > low else low + 1
    room = max(len(_short(low)), len(_short(high)))
    columns = max(20, width - room - 2)
    grid = _grid(series, (left, right, low, high), columns)
    lines = []
    for index, row in enumerate(grid):
        label = _short(high) if index == 0 else _short(low) if index == _HEIGHT - 1 else ""
        lines.append(f"{label:>{room}} ┤{row}")
    first, last = _axis(answer, left), _axis(answer, right)
    lines.append(" " * (room + 2) + first + " " * max(1, columns - len(first) - len(last)) + last)
    if len(series) > 1:
        lines.append(" " * (room + 2) + "  ".join(f"{_MARKS[i % len(_MARKS)]} {one.name}" for i, one in enumerate(series)))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _series(answer: Answer) -> list[_Series]:
    """x is the first time or number column; text columns split the series; every other number column is one."""
    kinds = [kind for _, kind in answer.columns]
    x = next((index for index, kind in enumerate(kinds) if kind == "datetime"), None)
    x = x if x is not None else next(iter(_numeric(answer)), None)
    if x is None:
        return []
    numbers = [index for index in _numeric(answer) if index != x]
    splits = [index for index, kind in enumerate(kinds) if kind == "string"]
    found: dict[str, list[tuple[float, float]]] = {}
    for row in answer.rows:
        at = _position(row[x], kinds[x])
        for index in numbers:
            value = _number(row[index])
            if at is None or value is None:
                continue
            name = " ".join([*(str(row[split]) for split in splits), *([answer.columns[index][0]] if len(numbers) > 1 else [])])
            found.setdefault(name, []).append((at, value))
    return [_Series(name, sorted(points)) for name, points in found.items()]


def _position(value: Any, kind: str) -> float | None:
    if kind != "datetime":
        return _number(value)
    try:
        return datetime.fromisoformat(str(value)[:26].rstrip("Z") + "+00:00").timestamp()
    except ValueError:
        return None


def _axis(answer: Answer, value: float) -> str:
    if not any(kind == "datetime" for _, kind in answer.columns):
        return _short(value)
    return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%d %H:%M")


def _grid(series: Sequence[_Series], bounds: tuple[float, float, float, float], columns: int) -> list[str]:
    """Braille dots, two by four in a cell; several series are told apart by marks at their points."""
    left, right, low, high = bounds
    dots: dict[tuple[int, int], int] = {}
    marks: dict[tuple[int, int], str] = {}
    across, down = columns * 2 - 1, _HEIGHT * 4 - 1
    for number, one in enumerate(series):
        places = [
            (
                round((x - left) / ((right - left) or 1) * across),
                round((high - y) / (high - low) * down),
            )
            for x, y in one.points
        ]
        for start, end in zip(places, places[1:] or places, strict=False):
            for column, row in _between(start, end):
                cell = (row // 4, column // 2)
                dots[cell] = dots.get(cell, 0) | _DOT[column % 2][row % 4]
        if len(series) > 1:
            for column, row in places:
                marks[(row // 4, column // 2)] = _MARKS[number % len(_MARKS)]
    return [
        "".join(
            marks.get((row, column)) or (chr(0x2800 + dots[(row, column)]) if (row, column) in dots else " ")
            for column in range(columns)
        )
        for row in range(_HEIGHT)
    ]


_DOT = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))


def _between(start: tuple[int, int], end: tuple[int, int]) -> list[tuple[int, int]]:
    """The dots of a straight line."""
    steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
    return [
        (round(start[0] + (end[0] - start[0]) * step / steps), round(start[1] + (end[1] - start[1]) * step / steps))
        for step in range(steps + 1)
    ]
