"""Purges that go on after their request was answered: noted on disk first, one by one, taken up again after a restart."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec

from gatelog.errors import GatelogError
from gatelog.schema.table import Schema, Table
from gatelog.schema.types import KqlType
from gatelog.schema.values import converted
from gatelog.storage.errors import StorageError
from gatelog.storage.interface import Filter

OPERATORS = ("==", "!=", "=~", "in", "in~", ">", ">=", "<", "<=", "between")
_LISTS = ("in", "in~", "between")
_TEXT = ("=~", "in~")


class PurgeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for; values are JSON, as they came."""

    id: str
    table: str
    filters: list[dict[str, Any]]


def read_filters(schema: Schema, table: str, given: Sequence[Any]) -> list[Filter]:
    """`{"column", "operator", "value"}` -> filters. Raises `StorageError` that says what is wrong."""
    definition = schema.get(table)
    if definition is None:
        raise StorageError(f"table {table!r} is not in this workspace")
    if not given:
        raise StorageError("a purge needs at least one filter")
    return [_filter(definition, one, f"$.filters[{number}]") for number, one in enumerate(given)]


def _filter(table: Table, given: Any, place: str) -> Filter:
    if not isinstance(given, dict) or not isinstance(given.get("column"), str) or "value" not in given:
        raise StorageError(f"{place}: expected column, operator and value")
    if given.get("key"):
        raise StorageError(f"{place}.key: filters on a key of a dynamic column are not supported")
    column = table.column(given["column"])
    if column is None:
        raise StorageError(f"{place}.column: {given['column']!r} is not in {table.name}")
    operator, value = given.get("operator"), given["value"]
    if operator not in OPERATORS:
        raise StorageError(f"{place}.operator: expected one of {', '.join(OPERATORS)}")
    if operator in _TEXT and column.type is not KqlType.STRING:
        raise StorageError(f"{place}.operator: {operator} needs a text column, {column.name} is {column.type}")
    if operator not in _LISTS:
        return Filter(column.name, operator, _value(value, column.type, place))
    if not isinstance(value, list) or not value or (operator == "between" and len(value) != 2):
        raise StorageError(f"{place}.value: expected a list" + (" of two" if operator == "between" else ""))
    return Filter(column.name, operator, [_value(one, column.type, place) for one in value])


def _value(value: Any, kind: KqlType, place: str) -> Any:
    found = converted(value, kind)
    if found is None or kind is KqlType.DYNAMIC:
        raise StorageError(f"{place}.value: {value!r} is no {kind}")
    return found


class Purging:
    """Runs what was asked for in a thread of its own: `run(id, table, filters)` deletes, `note_failure` keeps why it did not."""

    def __init__(
        self,
        path: Path,
        schema: Callable[[], Schema],
        run: Callable[[str, str, Sequence[Filter]], object],
        note_failure: Callable[[PurgeRequest, str], None],
    ) -> None:
        self._path = path
        self._schema = schema
        self._run = run
        self._note_failure = note_failure
        self._waiting: queue.SimpleQueue[PurgeRequest | None] = queue.SimpleQueue()
        self._writing = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="purge", daemon=True)

    def start(self, finished: set[str]) -> None:
        """Take up what a former process did not finish."""
        for request in self.requests():
            if request.id not in finished:
                self._waiting.put(request)
        self._thread.start()

    def stop(self) -> None:
        """Wait for the purge that runs; the others stay noted."""
        self._stopping.set()
        self._waiting.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def ask(self, table: str, filters: Sequence[dict[str, Any]]) -> str:
        """Note a purge, durable when it returns; returns its id. Raises `StorageError` when it cannot be done."""
        read_filters(self._schema(), table, filters)
        request = PurgeRequest(id=f"purge-{uuid4()}", table=table, filters=list(filters))
        with self._writing, self._path.open("ab") as file:
            file.write(msgspec.json.encode(request) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._waiting.put(request)
        return request.id

    def requests(self) -> list[PurgeRequest]:
        """Everything that was asked for; a last line that was cut was never answered and does not count."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return []
        whole = data[: data.rfind(b"\n") + 1]
        return [msgspec.json.decode(line, type=PurgeRequest) for line in whole.splitlines()]

    def _work(self) -> None:
        while (request := self._waiting.get()) is not None and not self._stopping.is_set():
            try:
                self._run(request.id, request.table, read_filters(self._schema(), request.table, request.filters))
            except (GatelogError, OSError) as error:
                self._note_failure(request, str(error))
