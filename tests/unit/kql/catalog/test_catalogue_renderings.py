"""Renderings as text: what reaches the engine for operands that are constants, and for those that are not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from gatelog.kql.catalog.registry import CATALOGUE
from gatelog.kql.catalog.rows import Fragment
from gatelog.schema.types import KqlType

STRING, LONG, REAL, DATETIME = KqlType.STRING, KqlType.LONG, KqlType.REAL, KqlType.DATETIME


class Refused(Exception):
    """What `Paper.refuse` gives."""


class Paper:
    """An `Emit` that writes down what it is asked."""

    dialect = "duckdb"
    now = 0
    order = "ORDER BY o"
    over = "(ORDER BY o)"

    def __init__(self, result: KqlType = LONG) -> None:
        self.result = result
        self.asked: list[str] = []

    def literal(self, value: Any, type: KqlType) -> Fragment:
        return Fragment(repr(value), type, value=value)

    def text(self, value: str) -> str:
        return "'" + value.replace("'", "''") + "'"

    def convert(self, operand: Fragment, type: KqlType) -> Fragment:
        return operand if operand.type is type else Fragment(f"to_{type}({operand.text})", type, value=operand.value)

    def call(self, name: str, *operands: Fragment) -> Fragment:
        return Fragment(f"{name}({', '.join(operand.text for operand in operands)})", self.result)

    def python(self, name: str, run: Callable[..., Any], parameters: Sequence[str], returns: str, *operands: str) -> str:
        assert len(parameters) == len(operands)
        self.asked.append(name)
        return f"{name}({', '.join(operands)})"

    def hoist(self, sql: str) -> str:
        return f"[{sql}]"

    def refuse(self, message: str) -> Exception:
        return Refused(message)


def rendered(name: str, *operands: Fragment, form: int = 0, result: KqlType = LONG) -> str:
    render = CATALOGUE.functions[name].signatures[form].duckdb
    assert callable(render)
    return render(Paper(result), *operands)


def text(value: str) -> Fragment:
    return Fragment("'" + value.replace("'", "''") + "'", STRING, False, value)


def number(value: int) -> Fragment:
    return Fragment(str(value), LONG, False, value)


S = Fragment("s", STRING, False)
N = Fragment("n", LONG)
T = Fragment("t", DATETIME)


def test_the_frequent_ones_stay_in_sql() -> None:
    paper = Paper()
    for name, operands, form in (
        ("split", (S, text("-")), 0),
        ("substring", (S, number(0), N), 0),
        ("indexof", (S, text("-"), number(0), number(-1), number(2)), 0),
        ("bin", (T, Fragment("36000000000", KqlType.TIMESPAN, False, 36_000_000_000)), 2),
        ("strcat", (S, S), 0),
        ("replace_string", (S, text("a"), S), 0),
        ("extract", (text("(a)"), number(1), S), 0),
        ("format_datetime", (T, text("yyyy-MM-dd")), 0),
        ("countof", (S, text("ab")), 0),
    ):
        render = CATALOGUE.functions[name].signatures[form].duckdb
        assert callable(render)
        assert render(paper, *operands)
    assert paper.asked == []


def test_what_may_overlap_goes_to_python() -> None:
    assert rendered("indexof", S, text("aa"), number(0), number(-1), number(2)).startswith("kql_indexof(")
    assert rendered("countof", S, text("aa")).startswith("kql_countof(")
    assert rendered("indexof", S, text("aa")) == "CAST(instr(s, 'aa') - 1 AS BIGINT)"


def test_substring_knows_constants() -> None:
    assert rendered("substring", S, number(2), number(3)) == "substring(s, 3, 3)"
    assert rendered("substring", S, number(0), number(-1)) == "substring(s, 1, 0)"
    assert "THEN least(n, 2147483647) + 1 ELSE greatest(length(s) + " in rendered("substring", S, N)


def test_bins_of_datetimes_are_counted_from_year_one() -> None:
    hour = Fragment("36000000000", KqlType.TIMESPAN, False, 36_000_000_000)
    assert rendered("bin", T, hour, form=2) == "make_timestamp(epoch_us(t) - ((epoch_us(t) + 62135596800000000) % 3600000000))"
    assert rendered("bin", T, Fragment("1", KqlType.TIMESPAN, False, 1), form=2) == "t"
    with pytest.raises(Refused, match="microseconds"):
        rendered("bin", T, Fragment("15", KqlType.TIMESPAN, False, 15), form=2)


@pytest.mark.parametrize(
    ("name", "operands", "form", "message"),
    [
        ("extract", (text("(a)"), number(2), S), 0, "no capture group 2"),
        ("extract_all", (text("a"), S), 0, "needs a capture group"),
        ("datetime_add", (text("fortnight"), N, T), 0, "fortnight"),
        ("format_datetime", (T, text("yyyy QQ")), 0, "'Q'"),
        ("format_timespan", (N, text("yyyy")), 0, "'yyyy'"),
        ("countof", (S, S, text("fuzzy")), 0, "'normal' or 'regex'"),
        ("hash", (Fragment("b", KqlType.BOOL),), 0, "bool"),
        ("bag_pack", (text("a"),), 0, "in turn"),
        ("array_sort_asc", (Fragment("d", KqlType.DYNAMIC), Fragment("e", KqlType.DYNAMIC)), 0, "several arrays"),
        ("extract_json", (text("a.b"), S), 0, "path"),
        ("convert_length", (Fragment("r", REAL), text("Foot"), text("Cubit")), 0, "Cubit"),
    ],
)
def test_refusals_say_what_is_wrong(name: str, operands: tuple[Fragment, ...], form: int, message: str) -> None:
    with pytest.raises(Refused, match=message):
        rendered(name, *operands, form=form)


def test_values_without_a_common_type_are_refused() -> None:
    with pytest.raises(Refused, match="no common type"):
        rendered("iff", Fragment("b", KqlType.BOOL), N, S)
    with pytest.raises(Refused, match="in turn"):
        rendered("case", Fragment("b", KqlType.BOOL), N, N, N)


def test_text_stays_quoted() -> None:
    assert rendered("trim", text("'); drop"), S).count("''); drop") == 2


def test_windows_restart_in_partitions() -> None:
    sql = rendered("row_cumsum", N, Fragment("b", KqlType.BOOL))
    assert "PARTITION BY [sum(CASE WHEN b THEN 1 ELSE 0 END) OVER (ORDER BY o ROWS UNBOUNDED PRECEDING)] ORDER BY o" in sql
