from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from gatelog.schema.table import Column, Schema, Table
from gatelog.schema.types import KqlType
from gatelog.storage.errors import StorageError
from gatelog.storage.interface import Filter
from gatelog.workspace.purging import PurgeRequest, Purging, read_filters

SCHEMA = Schema(
    [
        Table(
            "Calls",
            (
                Column("TimeGenerated", KqlType.DATETIME),
                Column("User", KqlType.STRING),
                Column("N", KqlType.LONG),
                Column("Bag", KqlType.DYNAMIC),
            ),
        )
    ]
)


def one(column: str, operator: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"column": column, "operator": operator, "value": value, **more}


def test_values_become_those_of_their_columns() -> None:
    given = [one("TimeGenerated", "<", "1970-01-01T00:00:01Z"), one("N", "in", ["1", 2]), one("User", "=~", "Bob")]
    assert read_filters(SCHEMA, "Calls", given) == [
        Filter("TimeGenerated", "<", 10**9),
        Filter("N", "in", [1, 2]),
        Filter("User", "=~", "Bob"),
    ]


@pytest.mark.parametrize(
    ("table", "filters", "message"),
    [
        ("Nothing", [one("N", "==", 1)], "is not in this workspace"),
        ("Calls", [], "at least one filter"),
        ("Calls", [{"column": "N"}], r"filters\[0\]: expected column"),
        ("Calls", ["N == 1"], r"filters\[0\]: expected column"),
        ("Calls", [one("N", "==", 1), one("M", "==", 1)], r"filters\[1\]\.column"),
        ("Calls", [one("N", "has", 1)], "expected one of =="),
        ("Calls", [one("N", "==", "x")], "'x' is no long"),
        ("Calls", [one("N", "==", None)], "None is no long"),
        ("Calls", [one("N", "=~", 1)], "needs a text column"),
        ("Calls", [one("N", "in", 1)], "expected a list"),
        ("Calls", [one("N", "in", [])], "expected a list"),
        ("Calls", [one("N", "between", [1])], "of two"),
        ("Calls", [one("Bag", "==", "{}")], "is no dynamic"),
        ("Calls", [one("Bag", "==", "x", key="a")], "not supported"),
    ],
)
def test_what_cannot_be_done_is_refused(table: str, filters: list[Any], message: str) -> None:
    with pytest.raises(StorageError, match=message):
        read_filters(SCHEMA, table, filters)


def wait(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_what_a_process_did_not_finish_the_next_one_does(tmp_path: Path) -> None:
    ran: list[tuple[str, str, list[Filter]]] = []
    failed: list[tuple[str, str]] = []

    def run(identity: str, table: str, filters: Sequence[Filter]) -> None:
        ran.append((identity, table, list(filters)))
        if filters[0].value == 2:
            raise StorageError("disk full")

    def fail(request: PurgeRequest, reason: str) -> None:
        failed.append((request.id, reason))

    path = tmp_path / "requests.jsonl"
    dead = Purging(path, lambda: SCHEMA, run, fail)
    done, first, second = (dead.ask("Calls", [one("N", "==", number)]) for number in range(3))
    with pytest.raises(StorageError):
        dead.ask("Calls", [])
    with path.open("ab") as file:
        file.write(b'{"id":"cut')
    assert ran == []
    living = Purging(path, lambda: SCHEMA, run, fail)
    living.start({done})
    wait(lambda: len(ran) == 2 and failed)
    assert ran == [(first, "Calls", [Filter("N", "==", 1)]), (second, "Calls", [Filter("N", "==", 2)])]
    assert failed == [(second, "disk full")]
    third = living.ask("Calls", [one("N", ">", 3)])
    wait(lambda: len(ran) == 3)
    living.stop()
    assert ran[-1][0] == third
