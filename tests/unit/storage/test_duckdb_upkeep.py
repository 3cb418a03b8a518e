"""Retention, purge, backup, damage and newer versions."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from gatelog.clock import FixedClock
from gatelog.schema.query import Limits, Output, Query, ResultColumn, Scan, SqlStep
from gatelog.schema.table import Column, Table
from gatelog.schema.types import KqlType
from gatelog.storage.duckdb.fetch import QueryRun
from gatelog.storage.duckdb.store import DuckDbOptions, DuckDbStorage
from gatelog.storage.duckdb.upkeep import restore
from gatelog.storage.errors import NewerStore, StorageError
from gatelog.storage.interface import Batch, Filter

NOW = 1_763_700_000_000_000_000
DAY = 86_400 * 10**9
TABLE = Table(
    "Calls",
    (
        Column("TimeGenerated", KqlType.DATETIME),
        Column("User", KqlType.STRING),
        Column("RequestBody", KqlType.STRING, body=True),
        Column("Copy", KqlType.STRING, same_as="RequestBody"),
    ),
)


def opened(folder: Path, clock: FixedClock | None = None, **options: object) -> DuckDbStorage:
    store = DuckDbStorage(folder, clock or FixedClock(NOW), DuckDbOptions(**options))  # type: ignore[arg-type]
    store.define(TABLE)
    return store


def add(store: DuckDbStorage, user: str, time: int = NOW, text: str = "") -> None:
    body = text or f"secret of {user}"
    store.append(Batch({"Calls": [{"TimeGenerated": time, "User": user, "RequestBody": body, "Copy": body}]}))


def users(store: DuckDbStorage, started: Callable[[QueryRun], None] | None = None) -> list[object]:
    output = Output("PrimaryResult", "r", (ResultColumn("User", KqlType.STRING, 0), ResultColumn("Copy", KqlType.STRING, 1)))
    query = Query((Scan("s", "Calls", ("User", "Copy")),), (SqlStep("r", 'SELECT "User", "Copy" FROM s ORDER BY 1'),), (output,))
    rows = store.fetch(query, Limits(), started).tables[0].data.to_pylist()
    assert all(row["Copy"] == f"secret of {row['User']}" for row in rows)
    return [row["User"] for row in rows]


def test_old_rows_are_unseen_at_once_and_dropped_by_month(tmp_path: Path) -> None:
    clock = FixedClock(NOW)
    store = opened(tmp_path, clock, retention={"*": 40 * DAY})
    for days in (0, 30, 50, 90):
        add(store, f"day{days:02d}", NOW - days * DAY)
    assert users(store) == ["day00", "day30"]
    assert store.statistics()["parts"] == 3
    assert store.drop_old() == 1 and store.statistics()["parts"] == 2
    clock.advance(60 * 86_400)
    assert users(store) == []
    assert store.drop_old() == 2 and store.drop_old() == 0
    store.close()
    assert list(tmp_path.glob("data-*")) == []


def test_a_running_query_keeps_what_it_started_with(tmp_path: Path) -> None:
    store = opened(tmp_path, FixedClock(NOW), retention={"Calls": 365 * DAY})
    add(store, "old", NOW - 300 * DAY)
    dropped: list[int] = []

    def drop(_: QueryRun) -> None:
        store._clock.advance(100 * 86_400)  # type: ignore[attr-defined]
        dropped.append(store.drop_old())

    assert users(store, drop) == ["old"]
    assert dropped == [0] and store.drop_old() == 1
    store.close()


def test_a_purge_leaves_no_byte(tmp_path: Path) -> None:
    store = opened(tmp_path)
    for user in ("ada", "bob", "cyd"):
        add(store, user)
        add(store, user, NOW - 60 * DAY)
    assert store.purge("Calls", [Filter("User", "=~", "BOB"), Filter("TimeGenerated", "<=", NOW)]) == 2
    assert users(store) == ["ada", "ada", "cyd", "cyd"]
    add(store, "dan")
    store.close()
    assert all(b"bob" not in path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    again = opened(tmp_path)
    assert users(again) == ["ada", "ada", "cyd", "cyd", "dan"]
    again.close()


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ([Filter("User", "in", ["ada", "bob"])], ["cyd"]),
        ([Filter("User", "in~", ["ADA"])], ["bob", "cyd"]),
        ([Filter("Copy", "==", "secret of cyd")], ["ada", "bob"]),
        ([Filter("User", "!=", "ada"), Filter("User", ">", "bob")], ["ada", "bob"]),
        ([Filter("TimeGenerated", "between", [NOW - DAY, NOW + DAY])], []),
        ([Filter("User", "==", "'; DROP TABLE x; --")], ["ada", "bob", "cyd"]),
    ],
)
def test_purge_filters(tmp_path: Path, filters: list[Filter], left: list[str]) -> None:
    store = opened(tmp_path)
    for user in ("ada", "bob", "cyd"):
        add(store, user)
    store.purge("Calls", filters)
    assert users(store) == left
    store.close()


def test_a_purge_that_names_nothing_is_refused(tmp_path: Path) -> None:
    store = opened(tmp_path)
    for table, filters in (("Calls", []), ("Calls", [Filter("Nope", "==", 1)]), ("Calls", [Filter("User", "~", 1)]), ("X", [])):
        with pytest.raises(StorageError):
            store.purge(table, filters)
    store.close()


def test_queries_wait_for_a_purge(tmp_path: Path) -> None:
    store = opened(tmp_path)
    for number in range(20):
        add(store, f"u{number}", NOW - number * 31 * DAY)
    seen: list[int] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.append(len(users(store)))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(5):
        store.purge("Calls", [Filter("User", "==", f"u{number}")])
    done.set()
    reader.join()
    assert set(seen) <= set(range(15, 21)) and seen == sorted(seen, reverse=True)
    store.close()


def test_a_backup_restores(tmp_path: Path) -> None:
    store = opened(tmp_path / "store")
    add(store, "ada")
    assert store.backup(tmp_path / "copy") > 0
    add(store, "bob")
    with pytest.raises(StorageError, match="not empty"):
        store.backup(tmp_path / "copy")
    store.close()
    with pytest.raises(StorageError, match="not empty"):
        restore(tmp_path / "copy", tmp_path / "store")
    with pytest.raises(StorageError, match="no backup"):
        restore(tmp_path, tmp_path / "new")
    restore(tmp_path / "copy", tmp_path / "new")
    again = opened(tmp_path / "new")
    assert users(again) == ["ada"]
    again.close()


@pytest.mark.parametrize("where", ["header", "all"])
def test_a_damaged_part_is_set_aside_and_the_rest_answers(tmp_path: Path, where: str) -> None:
    store = opened(tmp_path)
    add(store, "ada")
    add(store, "bob", NOW - 60 * DAY)
    store.close()
    path = sorted(tmp_path.glob("data-*.duckdb"))[0]
    content = path.read_bytes()
    path.write_bytes(b"\0" * len(content) if where == "all" else b"\x07" * 12288 + content[12288:])
    store = opened(tmp_path)
    assert users(store) == ["ada"]
    add(store, "cyd", NOW - 60 * DAY)
    assert users(store) == ["ada", "cyd"]
    reports = store.check()
    assert [bool(report.problem) for report in reports] == [False, False, True] and ".damaged-1" in reports[-1].file
    store.close()


def test_a_damaged_block_is_reported(tmp_path: Path) -> None:
    store = opened(tmp_path)
    rows = [{"User": f"user{number}", "RequestBody": f"secret of user{number}"} for number in range(300)]
    store.append(Batch({"Calls": rows}))
    assert all(report.problem == "" and report.rows == 300 for report in store.check())
    store.close()
    (path,) = tmp_path.glob("data-*.duckdb")
    content = bytearray(path.read_bytes())
    for position in range(3 * 4096, len(content), 1000):
        content[position] ^= 255
    path.write_bytes(content)
    store = DuckDbStorage(tmp_path, FixedClock(NOW))
    assert any(report.problem for report in store.check())
    store.close()


def test_a_newer_store_is_refused_with_what_to_do(tmp_path: Path) -> None:
    opened(tmp_path).close()
    with sqlite3.connect(tmp_path / "ledger.sqlite") as ledger:
        ledger.execute("UPDATE facts SET value = '99' WHERE name = 'version'")
    ledger.close()
    with pytest.raises(NewerStore, match="version 99.*install the newer one"):
        opened(tmp_path)


def test_half_a_seal_is_undone(tmp_path: Path) -> None:
    store = opened(tmp_path)
    add(store, "ada")
    sealed = store.ledger.sealed
    store.append(Batch({"Calls": [{"User": "bob", "RequestBody": "secret of bob", "Copy": "secret of bob"}]}, "r", {"s": b"1"}))
    real = store.ledger.end_seal
    store.ledger.end_seal = broken  # type: ignore[method-assign]
    with pytest.raises(StorageError, match="cannot seal"):
        store.flush()
    assert users(store) == ["ada", "bob"]
    store.ledger.end_seal = real  # type: ignore[method-assign]
    store._sealer.seal_now = lambda: None  # type: ignore[method-assign]
    store.close()
    again = opened(tmp_path)
    assert again.ledger.sealed == sealed and users(again) == ["ada"] and again.offsets("r") == {}
    again.close()


def broken(*_: object) -> None:
    raise OSError(28, "No space left on device")
