"""Operators in any order: each pipeline is refused with a reason, or runs; none breaks the compiler or the SQL."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gatelog.kql import KqlError

HERE = Path(__file__).parent
SOURCE = """
let B = datatable(k:string, b:int)['a', 1, 'b', 2, 'zz', 3];
let f = (T:(v:long), n:long) { T | where v < n };
datatable(k:string, v:long, s:string, d:dynamic, t:datetime)[
    'a', 1, 'x1', dynamic({"a":1,"l":[1,2]}), datetime(2020-01-01),
    'b', 2, 'x=2', dynamic([1,2]), datetime(2020-01-02),
    'a', long(null), '', dynamic(null), datetime(2020-01-03),
    'c', 4, '{"q":1}', dynamic({"a":"z"}), datetime(null)
]
"""
OPERATORS = """
where v > 1
where k == 'a' or isnull(v)
extend z = v + 1
extend v = v * 2, w = strcat(k, 'x')
extend d2 = d.a
extend j = parse_json(s)
project k, v, s, d, t
project k, v = v + 1, s, d, t, q = tostring(d.a)
sort by v desc
sort by k asc, v
top 3 by v
take 4
serialize
serialize rn = row_number()
extend p = prev(v)
extend rc = row_cumsum(v)
summarize v = sum(v), s = take_any(s), d = take_any(d), t = max(t) by k
summarize arg_max(v, *) by k
summarize v = count() by k, s = tolower(s), t = bin(t, 1d) | extend d = dynamic({'a':1})
mv-expand d
mv-expand e = d.l to typeof(long)
mv-apply e = d.l to typeof(long) on (top 1 by e)
mv-apply e = d.l on (summarize c = count())
join kind=inner (B) on k
join kind=leftouter (B | where b > 1) on k
join (B) on k | project-away k1
lookup B on k
union (B | extend v = 5)
union withsource=src (B)
distinct k, v, s, t | extend d = dynamic(null)
parse s with 'x' n:long * 
parse-where s with * '=' m
project-away s | extend s = 'n'
project-reorder v, k
project-rename kk = k | extend k = kk
as X | union (X | where v > 2)
partition by k (top 1 by v)
partition by k (summarize v = sum(v), s = take_any(s), d = take_any(d), t = max(t), k = take_any(k))
scan declare (acc:long=0) with (step a: true => acc = a.acc + v;)
extend m = toscalar(B | summarize max(b))
where k in ((B | project k))
sample-distinct 2 of k | extend v = 1, s = 'y', d = dynamic(null), t = datetime(2020)
invoke f(2)
evaluate narrow() | extend k = Column, v = Row, s = Value, d = dynamic(null), t = datetime(2020)
make-series v = sum(v) on t step 1d by k | mv-expand v to typeof(long), t to typeof(datetime) | extend s = 'x', d = dynamic(1)
extend t2 = t + 1h, b2 = bin(t, 1d)
where t > datetime(2020-01-02)
count | extend k = 'a', v = Count, s = 'x', d = dynamic(null), t = now()
evaluate bag_unpack(d) : (*, l:dynamic) | extend d = dynamic({'a':2})
render table
search 'a' | project-away ['$table']
top-nested 2 of k by sum(v), top-nested 1 of s by max(v) | extend v = aggregated_k, d = dynamic(null), t = datetime(2020)
""".strip().splitlines()


def _runner() -> Any:
    name = "kql_conformance_runner"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, HERE / "runner.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(OPERATORS), min_size=1, max_size=6))
def test_any_pipeline_runs_or_is_refused(operators: list[str]) -> None:
    query = SOURCE + "".join(f"| {operator}\n" for operator in operators)
    try:
        names, types, rows = _runner().run(query)
    except KqlError as error:
        assert error.problems[0].message
        return
    assert len(names) == len(types)
    assert all(len(row) == len(names) for row in rows)
