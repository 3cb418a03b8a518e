"""Answers as text, without a workspace."""

from __future__ import annotations

import json

import pytest

from gatelog.cli.query_chart import draw
from gatelog.cli.query_client import Answer, Finding, QueryRefused
from gatelog.cli.query_output import caret, write

ANSWER = Answer([("name", "string"), ("n", "long")], [["Åse 漢字", 1], ["b\nc", 1000]])


def test_columns_line_up_and_numbers_stand_right() -> None:
    assert write(ANSWER, "table", 0).splitlines() == [
        "name         n",
        "--------  ----",
        "Åse 漢字     1",
        "b\\nc      1000",
    ]


def test_a_terminal_cuts_long_cells_and_turns_wide_tables() -> None:
    long = Answer([("a", "string"), ("b", "string")], [["x" * 100, "y" * 100]])
    lines = write(long, "table", 40).splitlines()
    assert all(len(line) <= 40 for line in lines) and lines[2].count("…") == 2
    assert "x" * 100 in write(long, "table", 0)
    wide = Answer([(f"column{i}", "string") for i in range(30)], [["value", *[""] * 29]])
    assert write(wide, "table", 80).splitlines()[1].split() == ["column0", "value"]


def test_equal_names_stay_apart_in_json() -> None:
    twice = Answer([("a", "long"), ("a", "long")], [[1, 2]])
    assert json.loads(write(twice, "json", 0)) == [{"a": 1, "a1": 2}]
    assert write(Answer([], []), "table", 0) == "" and write(Answer([], []), "json", 0) == "[]\n"


def test_caret_stands_under_wide_characters() -> None:
    error = QueryRefused("T\n| where '漢' == Foo", [Finding("SEM0100", "no Foo", 2, 16, 3), Finding("X", "no place")])
    lines = caret(error).splitlines()
    assert lines[0] == "error SEM0100: no Foo"
    assert lines[3].index("^^^") == lines[2].index("Foo") + 1
    assert lines[-1] == "error X: no place"


def chart(kind: str, columns: list[tuple[str, str]], rows: list[list[object]]) -> str:
    return draw(Answer(columns, rows, {"Visualization": kind}), 60)


def test_bars() -> None:
    drawn = chart("columnchart", [("m", "string"), ("n", "real")], [["a", 1.5], ["b", 3], ["c", None]])
    lines = drawn.splitlines()
    assert (
        lines[0].endswith("1.5")
        and lines[1].count("█") == 2 * lines[0].count("█") + 1
        and "▌" in lines[0]
        and "█" not in lines[2]
    )


def test_lines_of_two_series() -> None:
    rows: list[list[object]] = [[f"2024-01-01T0{hour}:00:00.0000000Z", name, hour] for hour in range(5) for name in ("a", "b")]
    drawn = chart("timechart", [("t", "datetime"), ("s", "string"), ("n", "long")], rows)
    assert "● a" in drawn and "■ b" in drawn and all(len(line) <= 60 for line in drawn.splitlines())


@pytest.mark.parametrize("kind", ["", "table", "card"])
def test_no_chart(kind: str) -> None:
    assert chart(kind, [("n", "long")], [[1]]) == ""


def test_charts_of_nothing() -> None:
    assert chart("barchart", [("s", "string")], [["a"]]) == "" and chart("timechart", [("t", "datetime")], []) == ""
    assert chart("linechart", [("s", "string")], [["a"]]) == ""
