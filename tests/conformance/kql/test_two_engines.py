"""The same query on DuckDB and on ClickHouse (chDB) gives the same answer, or ClickHouse refuses it by name."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatelog import kql
from gatelog.kql import KqlError
from gatelog.schema.query import SqlStep
from gatelog.schema.table import Schema

chdb = pytest.importorskip("chdb")
HERE = Path(__file__).parent
SETTINGS = "join_use_nulls = 1, aggregate_functions_null_for_empty = 1, session_timezone = 'UTC', cast_keep_nullable = 1"
ROWS = (
    "let T = datatable(i:int, l:long, s:string, b:bool, t:datetime, d:dynamic) ["
    '1, 10, \'alpha beta\', true, datetime(2024-01-01 10:11:12), dynamic({"a":{"b":5},"c":"x","l":[1,2]}),'
    "2, -7, 'Gamma_delta', false, datetime(2024-01-01 23:59:59.5), dynamic({\"a\":null}),"
    "int(null), 3, '', bool(null), datetime(null), dynamic(null),"
    '2, long(null), "it\'s \\\\ \\"q\\"", true, datetime(2024-02-29), dynamic([1, "2"])];'
    "let U = datatable(i:int, name:string) [1, 'one', 2, 'two', int(null), 'none', 9, 'nine'];"
)
ORDER = "| sort by l asc, i asc, s asc"
QUERIES = [
    f"T | where i == 2 {ORDER} | project i, l, s",
    f"T | where i != 2 {ORDER} | project i, l",
    f"T | where not(i == 2) {ORDER} | project i",
    f"T | extend x = i == 2, y = i != 2, z = i > 1, n = isnull(i) {ORDER} | project x, y, z, n",
    f"T | where s has 'beta' or s contains 'GAMMA' or s startswith 'it' {ORDER} | project s",
    f"T | where s has 'delta' and s !contains 'x' {ORDER} | project s",
    f"T | where s =~ 'ALPHA BETA' or s in~ ('gamma_DELTA') or s matches regex '^it' {ORDER} | project s",
    f"T | where i in (1, 9) or l in (-7) {ORDER} | project i, l",
    f"T | where l between (-10 .. 5) {ORDER} | project l",
    f"T | extend a = l / 3, m = l % 3, p = l + i, n = -l, r = l * 1.5, q = l / 0 {ORDER} | project a, m, p, n, r, q",
    f"T | extend u = t + 1h, v = t - datetime(2024-01-01), w = t > datetime(2024-01-02) {ORDER} | project u, v, w",
    f"T | project x = tostring(d.a.b), y = toint(d.a.b), z = tostring(d.c), q = tostring(d.l[-1]), i, l, s {ORDER}",
    f"T | extend s2 = tolower(s), n = strlen(s), k = tostring(i), e = isempty(s), b2 = tostring(b)"
    f" {ORDER} | project s2, n, k, e, b2",
    f"T | extend c = iff(i > 1, 'x', 'y'), e = case(i == 1, 1, i == 2, 2, 3) {ORDER} | project c, e",
    "T | summarize n = count(), c = countif(i == 2), s = sum(l), m = max(l), k = min(l) by b | sort by n asc, b asc",
    "T | summarize count(), sum(i), max(s)",
    "T | where i > 100 | summarize count(), sum(i), max(l)",
    "T | distinct i | sort by i asc",
    "T | top 2 by l desc | project l",
    "T | sort by l desc | take 1 | project l, s",
    "T | count",
    "T | join kind=inner U on i | sort by l asc | project i, l, name, i1",
    "T | join kind=leftouter (U | where name != 'two') on i | sort by l asc | project i, l, name",
    "T | join kind=leftanti (U | where i == 1) on i | sort by l asc | project i, l",
    "T | join kind=leftsemi (U | where i == 1) on i | project i, l",
    "T | lookup U on i | sort by l asc, s asc | project i, l, name",
    "union withsource=src T, U | summarize count() by src | sort by src asc",
    "T | union (U | project i, s = name) | sort by s asc, i asc | project i, s, l",
    "range x from 1 to 5 step 2 | extend y = x * x",
    "range x from datetime(2024-01-01) to datetime(2024-01-02) step 6h | project x",
    "print a = 'it\\'s \\\\ \"q\"', b = 1.5, c = true, d = datetime(2024-01-01 01:02:03.123456), e = 1h, f = long(null)",
    "let m = toscalar(T | summarize max(l)); T | where l == m | project l, s",
    "T | where i in ((U | project i)) | sort by l asc | project l",
    "let M = materialize(T | summarize n = count() by i); M | join kind=inner M on i | sort by i asc | project i, n, n1",
    "T | project-away d, t | project-rename k = s | project-reorder k | sort by l asc",
    "T | summarize arg_max(l, s) by b | sort by l asc | project l, s",
]
REFUSED = [
    "T | mv-expand d",
    "T | parse s with 'a' x",
    "T | make-series count() on t step 1d",
    "T | evaluate narrow()",
    "T | project pack_all()",
    "T | extend x = decimal(1.5) * todecimal(l)",
]


def _runner() -> Any:
    name = "kql_conformance_runner"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, HERE / "runner.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


def on_clickhouse(text: str) -> list[tuple[Any, ...]]:
    query = kql.compile(text, Schema(()), _runner().NOW, dialect="clickhouse")
    (step,) = query.steps
    assert isinstance(step, SqlStep)
    ctes = ", ".join(f"{name} AS ({sql})" for name, sql, _ in step.ctes)
    sql = f"WITH {ctes} {step.sql}" if ctes else step.sql
    table = chdb.query(f"{sql} SETTINGS {SETTINGS}", "ArrowTable")
    columns = query.outputs[0].columns
    assert columns is not None
    values = [table.column(column.position).to_pylist() for column in columns]
    return [tuple(_cell(cell, column) for cell, column in zip(row, columns, strict=True)) for row in zip(*values, strict=True)]


def _cell(value: Any, column: Any) -> Any:
    if isinstance(value, bytes):
        value = value.decode()
    if hasattr(value, "tzinfo") and value.tzinfo is not None:
        value = value.replace(tzinfo=None)
    return _runner().wire(value, column)


@pytest.mark.parametrize("query", QUERIES)
def test_both_engines_agree(query: str) -> None:
    _, _, expected = _runner().run(ROWS + query)
    assert json.dumps(on_clickhouse(ROWS + query)) == json.dumps(expected)


PIECES = st.sampled_from(
    [
        "where i == 2",
        "where l != 3 and s !has 'x'",
        "where l > -100 or isnull(l)",
        "extend x = l * 2 - 1, y = strcat(s, '!')",
        "extend i = toint(i + 1), b = not(b)",
        "extend s = toupper(s), n = strlen(s)",
        "extend l = iff(i == 2, l, long(0))",
        "summarize l = sum(l), i = max(i) by s, b",
        "summarize l = count(), s = max(s) by i | extend b = i == 2",
        "distinct i, l, s, b",
        "join kind=leftouter U on i | project i, l, s = strcat(s, name), b",
        "lookup (U | project i, q = name) on i",
        "union (U | project i, l = 7, s = name, b = true)",
    ]
)


@settings(max_examples=25, deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=4))
def test_random_pipelines_agree(pieces: list[str]) -> None:
    query = ROWS + "T | " + " | ".join(pieces) + " | project i, l, s, b | sort by i asc, l asc, s asc, b asc"
    _, _, expected = _runner().run(query)
    assert json.dumps(on_clickhouse(query)) == json.dumps(expected)


@pytest.mark.parametrize("query", REFUSED)
def test_what_clickhouse_cannot_do_exactly_is_refused(query: str) -> None:
    with pytest.raises(KqlError) as caught:
        kql.compile(ROWS + query, Schema(()), _runner().NOW, dialect="clickhouse")
    assert caught.value.problems[0].code == "SEM0999"
