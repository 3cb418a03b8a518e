"""Functions on ClickHouse (chDB): over columns it answers as DuckDB does, and every example that it does not refuse is right."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from gatelog.kql import KqlError
from gatelog.kql.catalog.registry import CATALOGUE
from gatelog.kql.catalog.rows import Aggregate, Function

pytest.importorskip("chdb")
HERE = Path(__file__).parent


def _engines() -> Any:
    name = "kql_two_engines"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, HERE.parent / "test_two_engines.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


ENGINES = _engines()
T = (
    "let T = datatable(k:int, l:long, r:real, s:string, t:datetime, d:timespan, a:dynamic) ["
    "1, 10, 2.5, 'gpt-35-turbo', datetime(2024-01-01 10:11:12.123456), 1h, dynamic([1,2]),"
    "2, -7, -0.5, '', datetime(2024-12-31 23:59:59.5), -3m, dynamic({'x':1}),"
    "3, long(null), real(null), 'a/b \"q\" é', datetime(null), timespan(null), dynamic(null),"
    "4, 0, 100.0, 'A-b-C-12', datetime(2024-02-29), 0s, dynamic(['p'])]; T | sort by k asc | project k, x = "
)
EXPRESSIONS = [
    "strcat(s, '-', l)",
    "strcat_delim('|', s, k, l)",
    "split(s, '-')",
    "split(s, '-', 1)",
    "substring(s, 2, 3)",
    "substring(s, -3)",
    "substring(s, 0, l)",
    "indexof(s, '-')",
    "indexof(s, '-', 0, -1, 2)",
    "countof(s, '-')",
    "countof(s, '[0-9]', 'regex')",
    "replace_string(s, '-', '+')",
    "replace_regex(s, @'(\\w)-', @'<\\1>')",
    "extract('([0-9]+)', 1, s, typeof(long))",
    "extract_all(@'(\\w)-(\\w)', s)",
    "trim('[a-z]', s)",
    "tolower(s)",
    "strcmp(s, 'b')",
    "strrep(s, 2, ',')",
    "reverse(s)",
    "isascii(s)",
    "string_size(s)",
    "bin(l, 4)",
    "bin(r, 0.5)",
    "bin(t, 1h)",
    "bin(d, 1h)",
    "round(r)",
    "round(r, 1)",
    "ceiling(r)",
    "abs(l)",
    "sign(r)",
    "sqrt(r)",
    "log(r)",
    "exp(l)",
    "iff(l > 0, s, 'none')",
    "iff(l > 0, 1, r)",
    "case(l > 0, 'a', r > 1, 'b', 'c')",
    "coalesce(l, 5)",
    "coalesce(s, 'empty')",
    "max_of(l, k)",
    "min_of(l, k)",
    "isempty(s)",
    "isnotempty(a)",
    "isnull(l)",
    "isnan(r)",
    "binary_and(l, 6)",
    "startofday(t)",
    "startofweek(t)",
    "startofmonth(t, 1)",
    "startofyear(t, -1)",
    "endofday(t)",
    "endofmonth(t)",
    "endofweek(t)",
    "getyear(t)",
    "week_of_year(t)",
    "dayofweek(t)",
    "dayofyear(t)",
    "datetime_add('month', 1, t)",
    "datetime_add('hour', -5, t)",
    "datetime_diff('day', t, datetime(2024-01-15))",
    "datetime_diff('week', t, datetime(2023-01-15))",
    "datetime_diff('month', t, datetime(2023-05-15))",
    "datetime_diff('second', t, datetime(2025-05-15))",
    "datetime_part('quarter', t)",
    "datetime_part('millisecond', t)",
    "format_datetime(t, 'yyyy-MM-dd HH:mm:ss.fff')",
    "format_datetime(t, 'd/M/yy h:m tt')",
    "pack_array(k, l, s, a)",
    "bag_pack('k', k, 's', s)",
    "array_length(a)",
    "hash(s)",
    "hash(l, 10)",
    "hash_md5(s)",
    "base64_encode_tostring(s)",
    "gettype(l)",
    "unixtime_seconds_todatetime(l)",
    "prev(l)",
    "next(s)",
    "row_number()",
    "row_cumsum(l)",
]
AGGREGATES = [
    "count()",
    "countif(l > 0)",
    "sum(l)",
    "sumif(l, k > 1)",
    "avg(r)",
    "avgif(r, k > 1)",
    "min(l)",
    "max(t)",
    "dcount(s)",
    "dcountif(s, k > 2)",
    "percentile(l, 50)",
    "percentile(r, 95)",
    "binary_all_or(l)",
    "stdev(l)",
    "variance(r)",
    "stdevif(l, k > 1)",
    "avg(d)",
    "avg(t)",
]
EXAMPLES = [
    (row, index)
    for rows in (CATALOGUE.functions, CATALOGUE.aggregates)
    for row in {row.name: row for row in rows.values()}.values()
    for index in range(len(row.examples))
    if any(signature.clickhouse is not None for signature in row.signatures)
]


def _text(rows: list[tuple[Any, ...]]) -> list[list[str]]:
    return [[f"{cell:.12g}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_functions_over_columns(expression: str) -> None:
    _, _, expected = ENGINES._runner().run(T + expression)
    assert _text(ENGINES.on_clickhouse(T + expression)) == _text(expected)


@pytest.mark.parametrize("aggregate", AGGREGATES)
def test_aggregates_over_groups(aggregate: str) -> None:
    query = T.replace("| sort by k asc | project k, x = ", f"| summarize x = {aggregate} by even = k % 2 | sort by even asc")
    _, _, expected = ENGINES._runner().run(query)
    assert _text(ENGINES.on_clickhouse(query)) == _text(expected)


@pytest.mark.parametrize(("row", "index"), EXAMPLES, ids=[f"{row.name}-{index}" for row, index in EXAMPLES])
def test_examples(row: Function | Aggregate, index: int) -> None:
    example = row.examples[index]
    if not row.deterministic if isinstance(row, Function) else False:
        pytest.skip("another answer every time")
    try:
        rows = ENGINES.on_clickhouse(example.query)
    except KqlError as refused:
        assert refused.problems[0].code == "SEM0999"
        return
    assert _text(rows) == _text([*example.rows])
