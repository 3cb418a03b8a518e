"""A function of constants (computed by the compiler) gives what the same function of columns gives (computed by SQL)."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


def _load_runner() -> Any:
    name = "kql_conformance_runner"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, HERE.parent / "runner.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


TIMES = [
    "datetime(0001-01-08 00:00:01)",
    "datetime(1899-12-31 23:59:59.999999)",
    "datetime(1970-01-01)",
    "datetime(2016-12-31 12:00)",
    "datetime(2024-02-29 10:11:12.123456)",
    "datetime(9998-12-31)",
]
PIECES = "year quarter month week_of_year day dayofyear hour minute second millisecond microsecond nanosecond".split()
PERIODS = "year quarter month week day hour minute second millisecond microsecond nanosecond".split()
CALENDAR = "getyear getmonth dayofmonth dayofyear hourofday week_of_year monthofyear".split()
MOVES = {"year": 1, "quarter": 3, "month": 13, "week": 1, "day": 30, "hour": 25, "millisecond": 7}
OF_TIME = [
    *(f"{edge}of{part}({{0}})" for edge in ("start", "end") for part in ("day", "week", "month", "year")),
    *(f"{edge}of{part}({{0}}, -1)" for edge in ("start", "end") for part in ("month", "year")),
    *(f"{name}({{0}})" for name in CALENDAR),
    *(f"datetime_part('{part}', {{0}})" for part in PIECES),
    *(f"datetime_add('{part}', {count}, {{0}})" for part, count in MOVES.items()),
    *(f"datetime_diff('{part}', {{0}}, datetime(2000-06-15 12:34:56.5))" for part in PERIODS),
    *(f"bin({{0}}, {size})" for size in ("1h", "7d", "1d", "90m", "1ms")),
]
OF_TEXT = ["tolower({0})", "toupper({0})", "strlen({0})", "strcat({0}, '-', {0})", "replace_string({0}, 'a', 'bb')"]
TEXTS = ["''", "'aBc'", "'Äé ß 😀'"]
OF_NUMBERS = ["bin({0}, 3)", "bin({0}, 0.5)", "strcat({0}, 'x')", "tolower({0})", "strlen(tostring({0}))"]
NUMBERS = ["-7", "0", "12345678901", "2.5", "-0.75"]
CASES = [
    *((form, value, "datetime") for form in OF_TIME for value in TIMES),
    *((form, value, "string") for form in OF_TEXT for value in TEXTS),
    *((form, value, "real" if "." in value else "long") for form in OF_NUMBERS for value in NUMBERS),
]


@pytest.mark.parametrize("form", sorted({form for form, _, _ in CASES}))
def test_constants_and_columns_agree(form: str) -> None:
    for kind in sorted({kind for one, _, kind in CASES if one == form}):
        values = [value for one, value, type in CASES if one == form and type == kind]
        table = f"datatable(n:long, x:{kind})[{', '.join(f'{place}, {value}' for place, value in enumerate(values))}]"
        _, of_columns, columns = _load_runner().run(f"{table} | sort by n asc | project y = {form.format('x')}")
        _, of_constants, constants = _load_runner().run("print " + ", ".join(form.format(value) for value in values))
        assert set(of_constants) == set(of_columns)
        assert list(constants[0]) == [row[0] for row in columns]
