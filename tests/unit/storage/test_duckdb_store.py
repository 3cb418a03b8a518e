"""DuckDbStorage: rows go in once, are seen once, hot or sealed, and survive a restart."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatelog.clock import FixedClock
from gatelog.schema.query import Limits, Output, Query, ResultColumn, ScalarFunction, Scan, SqlStep
from gatelog.schema.table import Column, Table
from gatelog.schema.tables import AZURE_DIAGNOSTICS, BUILT_IN
from gatelog.schema.types import KqlType
from gatelog.storage.duckdb.seal import SealPolicy
from gatelog.storage.duckdb.store import DuckDbOptions, DuckDbStorage
from gatelog.storage.errors import QueryFailed, QueryStopped, StorageError, StoreInUse
from gatelog.storage.interface import Batch

NOW = 1_763_700_000_000_000_000
LIMITS = Limits()
CALLS = Table(
    "Calls",
    (
        Column("TimeGenerated", KqlType.DATETIME),
        Column("Name", KqlType.STRING),
        Column("name", KqlType.STRING),
        Column("Number", KqlType.LONG),
        Column("Body", KqlType.STRING, body=True, shredded={("usage", "total"): "Body$usage.total"}),
    ),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDbStorage]:
    opened = DuckDbStorage(tmp_path / "store", FixedClock(NOW))
    opened.define(CALLS)
    yield opened
    opened.close()


def call(number: int, time: int = NOW) -> dict[str, object]:
    return {"TimeGenerated": time, "Name": f"n{number}", "Number": number, "Body": f'{{"usage": {{"total": {number}}}}}'}


def batch(*numbers: int, position: int = 0, time: int = NOW) -> Batch:
    offsets = {"s": position.to_bytes(8, "big")} if position else {}
    return Batch({"Calls": [call(number, time) for number in numbers]}, "ingest", offsets)


def ask(
    store: DuckDbStorage, sql: str, columns: str = "Number", limits: Limits = LIMITS, **scan: int
) -> list[tuple[object, ...]]:
    names = tuple(columns.split())
    scans = (Scan("scan1", "Calls", names, **scan),)  # type: ignore[arg-type]
    outputs = (
        Output(
            "PrimaryResult",
            "r",
            None,
            lambda data: tuple(ResultColumn(n, KqlType.LONG, i) for i, n in enumerate(data.column_names)),
        ),
    )
    result = store.fetch(Query(scans, (SqlStep("r", sql),), outputs), limits)
    return [tuple(row.values()) for row in result.tables[0].data.to_pylist()]


def numbers(store: DuckDbStorage, **scan: int) -> list[object]:
    return [row[0] for row in ask(store, "SELECT Number FROM scan1 ORDER BY 1", **scan)]


def test_rows_are_seen_hot_and_sealed_and_after_a_restart(tmp_path: Path) -> None:
    store = DuckDbStorage(tmp_path, FixedClock(NOW))
    store.define(CALLS)
    store.append(batch(1, 2, position=10))
    assert numbers(store) == [1, 2]
    store.flush()
    store.append(batch(3, position=20))
    assert numbers(store) == [1, 2, 3]
    assert store.durable_offsets("ingest") == {"s": (10).to_bytes(8, "big")}
    store.close()
    again = DuckDbStorage(tmp_path, FixedClock(NOW))
    assert numbers(again) == [1, 2, 3]
    assert again.offsets("ingest") == {"s": (20).to_bytes(8, "big")}
    assert again.schema().get("Calls") == store.schema().get("Calls")
    again.close()


def test_a_batch_that_is_not_ahead_is_ignored(store: DuckDbStorage) -> None:
    store.append(batch(1, position=10))
    store.append(batch(1, position=10))
    store.append(batch(1, position=9))
    assert numbers(store) == [1]


def test_names_that_differ_by_case_are_two_columns(store: DuckDbStorage) -> None:
    store.append(Batch({"Calls": [{"Name": "upper", "name": "lower"}]}))
    table = store.schema().get("Calls")
    assert table is not None and [column.stored_as for column in table.columns][1:3] == ["Name", "name$2"]
    assert ask(store, 'SELECT "Name", "name$2" FROM scan1', "Name name$2") == [("upper", "lower")]
    with pytest.raises(StorageError, match="only by case"):
        store.define(Table("calls", CALLS.columns))


def test_rows_go_to_their_months_and_times_prune(store: DuckDbStorage) -> None:
    month = 31 * 86_400 * 10**9
    for number in range(4):
        store.append(batch(number, time=NOW - number * month))
    store.append(Batch({"Calls": [{"Number": 9}]}))
    assert store.statistics()["parts"] == 4
    assert numbers(store) == [0, 1, 2, 3, 9]
    assert numbers(store, time_from=NOW - month - 1) == [0, 1, 9]
    assert numbers(store, time_from=NOW - 2 * month, time_to=NOW - 2 * month) == [2]


def test_columns_arrive_later(store: DuckDbStorage) -> None:
    store.append(batch(1))
    grown = Table("Calls", (Column("Extra", KqlType.STRING), Column("Count", KqlType.REAL)))
    store.define(grown)
    assert ask(store, 'SELECT "Extra", "Count" FROM scan1', "Extra Count") == [("", None)]
    store.append(Batch({"Calls": [{"Number": 2, "Extra": "x", "Count": 1.5}]}))
    assert ask(store, 'SELECT "Number", "Extra", "Count" FROM scan1 ORDER BY 1', "Number Extra Count") == [
        (1, "", None),
        (2, "x", 1.5),
    ]


def test_paths_are_shredded(store: DuckDbStorage) -> None:
    rows = [
        {"Body": text} for text in ('{"usage":{"total":7}}', '{"usage":{"tot', "", '{"usage":[1]}', '{"usage":{"total":"7"}}')
    ]
    store.append(Batch({"Calls": rows}))
    assert ask(store, 'SELECT "Body$usage.total" FROM scan1', "Body$usage.total") == [("7",), (None,), (None,), (None,), ('"7"',)]


def test_values_that_do_not_fit_are_null_and_counted(store: DuckDbStorage) -> None:
    store.append(
        Batch({"Calls": [{"Number": "many", "Name": 5, "Unknown": 1}, {"Number": 2**70}, {"Number": "12"}, {"Number": 1.0}]})
    )
    assert ask(store, "SELECT Number, Name FROM scan1", "Number Name") == [(None, "5"), (None, ""), (12, ""), (1, "")]
    assert store.refused_values == 2 and store.unknown_fields == 1


def test_limits_cut_rows_and_bytes_and_say_so(store: DuckDbStorage) -> None:
    sql = "SELECT range AS Number, repeat('x', 1000) AS Body FROM range(100000)"
    outputs = (Output("PrimaryResult", "r", (ResultColumn("Number", KqlType.LONG, 0),)),)
    query = Query((), (SqlStep("r", sql),), outputs)
    result = store.fetch(query, Limits(rows=10))
    assert result.tables[0].data.num_rows == 10 and "10 rows" in result.truncated
    result = store.fetch(query, Limits(bytes=100_000))
    assert 50 < result.tables[0].data.num_rows < 120 and "100000 bytes" in result.truncated
    assert store.fetch(Query((), (SqlStep("r", "SELECT 1"),), outputs), Limits(rows=1)).truncated == ""


SLOW = "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range * b.range % 7 = 3"


def test_a_query_is_stopped_by_time_and_by_hand(store: DuckDbStorage) -> None:
    query = Query((), (SqlStep("r", SLOW),), (Output("PrimaryResult", "r", (ResultColumn("c", KqlType.LONG, 0),)),))
    with pytest.raises(QueryStopped, match=r"longer than 0\.2 seconds") as stopped:
        store.fetch(query, Limits(seconds=0.2))
    assert stopped.value.reason == "time"
    with pytest.raises(QueryStopped) as cancelled:
        store.fetch(query, Limits(), lambda run: threading.Timer(0.1, run.stop, ["cancelled"]).start())
    assert cancelled.value.reason == "cancelled"
    assert numbers(store) == []


def test_a_query_cannot_reach_files_or_settings(store: DuckDbStorage) -> None:
    for sql in ("SELECT * FROM read_text('/etc/passwd')", "SELECT * FROM glob('/etc/*')", "SELECT * FROM missing"):
        with pytest.raises(QueryFailed):
            ask(store, sql)


def test_functions_are_offered_once_and_replaced(store: DuckDbStorage) -> None:
    def run(function: ScalarFunction) -> object:
        output = Output("PrimaryResult", "r", (ResultColumn("x", KqlType.LONG, 0),))
        query = Query((), (SqlStep("r", "SELECT twice($1) AS x", parameters=(4,)),), (output,), (function,))
        return store.fetch(query, Limits()).tables[0].data.column(0)[0].as_py()

    first = ScalarFunction("twice", ("BIGINT",), "BIGINT", lambda value: value * 2)
    assert run(first) == 8 and run(first) == 8
    assert run(ScalarFunction("twice", ("BIGINT",), "BIGINT", lambda value: value * 3)) == 12


def test_every_built_in_table_takes_an_empty_row(store: DuckDbStorage) -> None:
    for table in BUILT_IN:
        store.define(table)
        store.append(Batch({table.name: [{}]}))
    assert store.schema().get("AzureDiagnostics") == AZURE_DIAGNOSTICS


def test_only_one_process_may_open(tmp_path: Path) -> None:
    store = DuckDbStorage(tmp_path, FixedClock(NOW))
    with pytest.raises(StoreInUse):
        DuckDbStorage(tmp_path, FixedClock(NOW))
    store.close()


def test_a_reader_sees_every_row_once_while_rows_are_sealed(tmp_path: Path) -> None:
    store = DuckDbStorage(tmp_path, FixedClock(NOW), DuckDbOptions(seal=SealPolicy(rows=40)))
    store.define(CALLS)
    done = threading.Event()
    wrong: list[object] = []

    def read() -> None:
        while not done.is_set():
            ((count, highest),) = ask(store, "SELECT count(*), coalesce(max(Number), -1) FROM scan1")
            if count != highest + 1:  # type: ignore[operator]
                wrong.append((count, highest))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for start in range(0, 1400, 7):
        store.append(batch(*range(start, start + 7), position=start + 1, time=NOW + start * 10**12))
    done.set()
    for reader in readers:
        reader.join()
    assert not wrong
    assert store.statistics()["seals"] > 10
    store.close()
