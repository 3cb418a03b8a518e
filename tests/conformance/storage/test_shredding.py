"""A shredded path gives exactly what KQL computes from the text, for any text."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatelog.clock import FixedClock
from gatelog.kql.api import compile
from gatelog.schema.query import Limits
from gatelog.schema.table import Column, Table
from gatelog.schema.types import KqlType
from gatelog.storage.duckdb.store import DuckDbStorage
from gatelog.storage.interface import Batch

NOW = 1_763_700_000_000_000_000
PATHS = (("model",), ("usage",), ("usage", "total"), ("choices", 0, "text"))
PLAIN = Table("Plain", (Column("TimeGenerated", KqlType.DATETIME), Column("N", KqlType.LONG), Column("Body", KqlType.STRING)))
SHREDDED = Table(
    "Shredded",
    (*PLAIN.columns[:2], Column("Body", KqlType.STRING, shredded={path: f"Body${number}" for number, path in enumerate(PATHS)})),
)
KQL = (
    " | extend m = parse_json(Body)['model'], u = parse_json(Body).usage, t = toint(parse_json(Body)['usage']['total']),"
    " c = tostring(parse_json(Body).choices[0].text) | project N, m, u, t, c, s = tostring(u), e = isempty(m) | order by N asc"
)

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**25), 10**25) | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["total", "text", "x", 'a"b']), inner, max_size=3)
    ),
    max_leaves=6,
)
documents = st.dictionaries(st.sampled_from(["model", "usage", "choices", "other"]), values, max_size=4)
texts = st.one_of(
    documents.map(json.dumps),
    documents.map(lambda document: json.dumps(document, ensure_ascii=False, indent=1)),
    st.tuples(documents.map(json.dumps), st.integers(0, 60)).map(lambda cut: cut[0][: cut[1]]),
    st.sampled_from(
        ["", "null", '"text"', "[1,2]", '{"model":1,"model":2}', '{"model":1,}', '{"model":NaN}', '{"usage":{"total":1e400}}']
        + [
            '{"model":"\\ud800"}',
            "data: {}",
            '{"model":12345678901234567890123}',
            '{"model": 1.0}',
            '{"model":1E5}',
            '{"model":-0}',
        ]
    ),
    st.text(max_size=30),
)


@pytest.fixture(scope="module")
def store() -> Iterator[DuckDbStorage]:
    with tempfile.TemporaryDirectory() as folder:
        opened = DuckDbStorage(Path(folder), FixedClock(NOW))
        yield opened
        opened.close()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(texts, min_size=1, max_size=20), st.booleans())
def test_shredded_columns_equal_the_text(store: DuckDbStorage, bodies: list[str], sealed: bool) -> None:
    bodies = [body.encode("utf-8", "replace").decode() for body in bodies]
    name = f"{len(store.schema())}"
    answers = []
    for table in (PLAIN, SHREDDED):
        own = Table(table.name + name, table.columns)
        store.define(own)
        store.append(
            Batch({own.name: [{"N": number, "Body": body} for number, body in enumerate(bodies)]}, "r", {own.name: b"1"})
        )
        if sealed:
            store.flush()
        query = compile(own.name + KQL, store.schema(), NOW)
        answers.append(store.fetch(query, Limits()).tables[0].data.to_pylist())
        assert len(query.scans[0].columns) == (2 if table is PLAIN else 5)
    assert repr(answers[0]) == repr(answers[1])
