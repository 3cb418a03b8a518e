"""What every storage engine does the same: DuckDB, and ClickHouse as chDB (its engine inside this process)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gatelog.clock import FixedClock
from gatelog.kql.api import compile
from gatelog.schema.query import Limits, Result
from gatelog.schema.table import Column, Table
from gatelog.schema.tables import BUILT_IN
from gatelog.schema.types import KqlType
from gatelog.storage import open_storage
from gatelog.storage.errors import QueryStopped, StorageError
from gatelog.storage.interface import Batch, Filter, Storage

NOW = 1_763_700_000_123_456_000
SECOND = 10**9
COLUMNS = (
    Column("TimeGenerated", KqlType.DATETIME),
    Column("Name", KqlType.STRING),
    Column("name", KqlType.STRING),
    Column("Number", KqlType.LONG),
    Column("Small", KqlType.INT),
    Column("Real", KqlType.REAL),
    Column("Exact", KqlType.DECIMAL),
    Column("Flag", KqlType.BOOL),
    Column("Span", KqlType.TIMESPAN),
    Column("Id", KqlType.GUID),
    Column("Bag", KqlType.DYNAMIC),
    Column("Body", KqlType.STRING, body=True, shredded={("usage", "total"): "Body$usage.total"}),
    Column("Copy", KqlType.STRING, body=True, same_as="Body"),
)
FULL = {
    "TimeGenerated": NOW,
    "Name": "upper",
    "name": "löwer 'quoted' \\ \n",
    "Number": 2**62,
    "Small": -5,
    "Real": 0.1,
    "Exact": Decimal("1.5"),
    "Flag": True,
    "Span": 10_000_000,
    "Id": "6f9619ff-8b86-d011-b42d-00c04fc964ff",
    "Bag": '{"a":[1,2]}',
    "Body": '{"usage":{"total":7}}',
    "Copy": '{"usage":{"total":7}}',
}


@dataclass
class Engine:
    """A store, and how to close it and open the same one again."""

    store: Storage
    dialect: str
    reopen: Callable[[], Storage]
    names: Iterator[str]

    def table(self) -> str:
        """A new table."""
        name = next(self.names)
        self.store.define(Table(name, COLUMNS))
        return name

    def ask(self, text: str, limits: Limits | None = None) -> Result:
        """Run KQL."""
        return self.store.fetch(compile(text, self.store.schema(), NOW, dialect=self.dialect), limits or Limits())

    def rows(self, text: str) -> list[tuple[Any, ...]]:
        """The rows of an answer."""
        return [tuple(row.values()) for row in self.ask(text).tables[0].data.to_pylist()]

    def restart(self) -> None:
        """Close and open."""
        self.store.close()
        self.store = self.reopen()


@pytest.fixture(scope="module", params=["duckdb", "clickhouse"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    with tempfile.TemporaryDirectory() as folder:
        url = "" if request.param == "duckdb" else f"chdb://{folder}/chdb"

        def opened() -> Storage:
            return open_storage(url, Path(folder) / "duckdb", FixedClock(NOW), 0, {"Kept_CL": 10**18})

        made = Engine(opened(), request.param, opened, (f"T{number}_CL" for number in range(1000)))
        yield made
        made.store.close()


def test_every_type_comes_back(engine: Engine) -> None:
    name = engine.table()
    engine.store.append(Batch({name: [FULL, {}]}))
    full, empty = engine.rows(f"{name} | order by Small asc nulls last")
    expected = dict(FULL) | {"TimeGenerated": "2025-11-21 04:40:00.123456"}
    got = dict(zip(FULL, full, strict=True))
    assert got | {"TimeGenerated": str(got["TimeGenerated"])} == expected
    assert empty[1:] == ("", "", None, None, None, None, None, None, None, None, "", "")


def test_paths_of_json(engine: Engine) -> None:
    if engine.dialect == "clickhouse":
        pytest.skip("the clickhouse dialect of KQL does not compile paths of JSON yet")
    name = engine.table()
    engine.store.append(Batch({name: [FULL]}))
    paths = "toint(parse_json(Body).usage.total), toint(parse_json(Copy).usage.total), toint(Bag.a[1])"
    assert engine.rows(f"{name} | project {paths}") == [(7, 7, 2)]


def test_offsets_make_a_batch_count_once_also_over_a_restart(engine: Engine) -> None:
    name = engine.table()

    def send(number: int, position: bytes) -> None:
        engine.store.append(Batch({name: [{"Number": number}]}, name, {"s": position}))

    send(1, b"\1")
    send(1, b"\1")
    send(2, b"\2")
    engine.store.append(Batch({}, name, {"s": b"\3"}))
    assert engine.store.offsets(name) == {"s": b"\3"}
    engine.restart()
    assert engine.store.offsets(name) == {"s": b"\3"} == engine.store.durable_offsets(name)
    send(3, b"\3")
    send(4, b"\4")
    assert engine.rows(f"{name} | order by Number asc | project Number") == [(1,), (2,), (4,)]


def test_positions_of_ended_streams_are_forgotten(engine: Engine) -> None:
    engine.store.append(Batch({}, "forgetful", {"s": b"1", "t": b"2"}))
    engine.store.forget("forgetful", ["s", "never"])
    assert engine.store.offsets("forgetful") == {"t": b"2"}
    engine.restart()
    assert engine.store.offsets("forgetful") == {"t": b"2"}


def test_many_batches_and_many_tables(engine: Engine) -> None:
    one, two = engine.table(), engine.table()
    for number in range(30):
        rows = [{"Number": number * 10 + index, "TimeGenerated": NOW - index * 40 * 86_400 * SECOND} for index in range(10)]
        engine.store.append(Batch({one: rows, two: rows[:3]}, one, {"s": bytes([number + 1])}))
    assert engine.rows(f"{one} | summarize count(), sum(Number), dcount(Number)") == [(300, 44850, 300)]
    assert engine.rows(f"union {one}, {two} | summarize count()") == [(390,)]
    assert engine.rows(f"{one} | where TimeGenerated > ago(41d) | count") == [(60,)]
    assert engine.rows(f"{one} | join kind=inner ({two}) on Number | count") == [(90,)]
    assert engine.rows(f"{one} | where TimeGenerated between (ago(90d) .. ago(70d)) | summarize min(Number), max(Number)") == [
        (2, 292)
    ]


def test_columns_arrive_later_and_stay(engine: Engine) -> None:
    name = engine.table()
    engine.store.append(Batch({name: [{"Number": 1}]}))
    engine.store.define(Table(name, (Column("Extra", KqlType.STRING), Column("Count", KqlType.REAL))))
    engine.store.append(Batch({name: [{"Number": 2, "Extra": "x", "Count": 1.5}]}))
    engine.restart()
    assert engine.rows(f"{name} | order by Number asc | project Extra, Count") == [("", None), ("x", 1.5)]
    table = engine.store.schema().get(name)
    assert table is not None and [column.name for column in table.columns] == [*FULL, "Extra", "Count"]


def test_values_that_do_not_fit_become_null(engine: Engine) -> None:
    name = engine.table()
    before = engine.store.statistics()["refused_values"]
    engine.store.append(Batch({name: [{"Number": "many", "Small": 2**40, "Flag": "maybe", "Id": "no", "Name": 5, "Nope": 1}]}))
    assert engine.rows(f"{name} | project Number, Small, Flag, Id, Name") == [(None, None, None, None, "5")]
    assert engine.store.statistics()["refused_values"] == before + 4
    assert engine.store.statistics()["unknown_fields"] >= 1


def test_limits(engine: Engine) -> None:
    name = engine.table()
    engine.store.append(Batch({name: [{"Number": number, "Body": "x" * 1000} for number in range(500)]}))
    few = engine.ask(f"{name} | project Number", Limits(rows=10))
    assert few.tables[0].data.num_rows == 10 and few.truncated == "the answer has more than 10 rows"
    small = engine.ask(f"{name} | project Body", Limits(bytes=50_000))
    assert 30 < small.tables[0].data.num_rows < 60 and small.truncated == "the answer has more than 50000 bytes"
    with pytest.raises(QueryStopped, match=r"longer than 0\.3 seconds"):
        engine.ask(
            f"{name} | extend k=1 | join kind=inner ({name} | extend k=1) on k | join kind=inner ({name} | extend k=1) on k"
            " | summarize sum(Number * Number1 * Number2 % 7)",
            Limits(seconds=0.3),
        )
    assert engine.rows(f"{name} | count") == [(500,)]


def test_purge(engine: Engine) -> None:
    name = engine.table()
    rows = [{"Name": user, "Copy": f"of {user}", "Body": f"of {user}"} for user in ("ada", "bob", "cyd", "o'neil")]
    engine.store.append(Batch({name: rows}))
    assert engine.store.purge(name, [Filter("Name", "=~", "BOB"), Filter("TimeGenerated", "<=", NOW)]) == 1
    assert engine.store.purge(name, [Filter("Copy", "in", ["of cyd", "of o'neil"])]) == 2
    assert engine.rows(f"{name} | project Name") == [("ada",)]
    for table, filters in ((name, []), (name, [Filter("Nope", "==", 1)]), (name, [Filter("Name", "~", 1)]), ("Nope", [])):
        with pytest.raises(StorageError):
            engine.store.purge(table, filters)


def test_every_built_in_table(engine: Engine) -> None:
    for table in BUILT_IN:
        engine.store.define(table)
        engine.store.append(Batch({table.name: [{}]}))
        assert engine.rows(f"{table.name} | count") == [(1,)]
        assert len(engine.ask(f"{table.name} | take 1").tables[0].columns) == len(table.columns)


def test_an_unknown_table_is_an_error(engine: Engine) -> None:
    with pytest.raises(StorageError, match="'Nowhere' is not defined"):
        engine.store.append(Batch({"Nowhere": [{"a": 1}]}))
