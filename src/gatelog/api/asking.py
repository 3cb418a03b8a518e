"""Compiling and running a query for whoever asks: both query APIs, alert rules, charts.

A question runs in a worker thread; one that is under way can be cancelled by its client request id.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from starlette.concurrency import run_in_threadpool

from gatelog.api.functions import FunctionStore
from gatelog.api.resource_scope import scope_to
from gatelog.clock import Clock
from gatelog.kql.compiler import Compiled, compile_query
from gatelog.kql.errors import KqlError
from gatelog.schema.query import Limits, Query, Result
from gatelog.schema.table import Schema
from gatelog.storage.interface import Run

_CANCEL_SECONDS = 5.0
_CANCEL_PAUSE = 0.02


class Engine(Protocol):
    """What runs compiled queries: a storage engine."""

    def schema(self) -> Schema:
        """The tables as they are now."""
        ...

    def fetch(self, query: Query, limits: Limits, started: Callable[[Run], None] | None = None) -> Result:
        """The answer; `started` gets the run, so that it can be stopped."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One query with everything that changes its answer."""

    text: str
    request_id: str = ""
    """The client's id of the request; a query can be cancelled by it."""
    user: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Values for `declare query_parameters`."""
    time_range: tuple[int, int] | None = None
    """Inclusive, ns since 1970: only rows whose time column is inside are read."""
    resource: str = ""
    """ARM id: only rows of that resource and of those below it are read; empty: all rows."""
    seconds: float = 0.0
    """Asked for time limit; 0: the workspace's."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Client request properties that limit: `notruncation`, `truncationmaxrecords`, `truncationmaxsize`."""
    may_read_bodies: bool = True
    """False: the columns that hold prompts and completions do not exist."""


@dataclass(frozen=True, slots=True)
class Running:
    """A question that is being answered."""

    request_id: str
    user: str
    text: str
    started: int
    """ns since 1970."""


class Asker:
    """Answers questions about one workspace. Raises `KqlError`, `ScopeRefused` and the storage errors."""

    def __init__(self, engine: Engine, functions: FunctionStore, clock: Clock, limits: Limits, dialect: str = "duckdb") -> None:
        self.functions = functions
        self.clock = clock
        self._engine = engine
        self._limits = limits
        self._dialect = dialect
        self._lock = threading.Lock()
        self._running: dict[int, tuple[Running, Run | None]] = {}
        self._count = 0

    def schema(self, may_read_bodies: bool = True) -> Schema:
        """The tables as the asker may see them."""
        schema = self._engine.schema()
        if may_read_bodies:
            return schema
        return Schema(replace(table, columns=tuple(c for c in table.columns if not c.body)) for table in schema)

    async def ask(self, question: Question) -> Result:
        """The answer, computed in a worker thread."""
        return await run_in_threadpool(self.answer, question)

    def answer(self, question: Question) -> Result:
        """The answer, computed in this thread."""
        began = time.perf_counter()
        compiled = self._compiled(question)
        query = compiled.query if question.time_range is None else _narrowed(compiled.query, question.time_range)
        limits = _limits(self._limits, question, {**question.options, **compiled.settings})
        key = self._enter(question)
        try:
            result = self._engine.fetch(query, limits, lambda run: self._note(key, run))
        finally:
            with self._lock:
                self._running.pop(key, None)
        return replace(result, seconds=time.perf_counter() - began)

    def _compiled(self, question: Question) -> Compiled:
        schema, functions = self.schema(question.may_read_bodies), self.functions.sources()
        scope = scope_to(question.text, question.resource, schema, functions) if question.resource else None
        try:
            compiled = compile_query(
                scope.text if scope else question.text,
                schema,
                self.clock.now(),
                dialect=self._dialect,
                parameters=question.parameters,
                functions=functions,
            )
        except KqlError as error:
            if scope is None:
                raise
            raise scope.moved(error) from error
        if scope is not None:
            scope.check(compiled.query)
        return compiled

    def running(self) -> list[Running]:
        """The questions that are being answered now."""
        with self._lock:
            return [running for running, _ in self._running.values()]

    def cancel(self, request_id: str) -> bool:
        """End the question with that client request id; false when there is none."""
        runs = self._runs_of(request_id)
        found = bool(runs)
        end = time.monotonic() + _CANCEL_SECONDS
        while runs and time.monotonic() < end:
            # An interrupt that comes between two steps of a run is lost, so it is sent until the run has ended.
            for run in runs:
                run.stop("cancelled")
            time.sleep(_CANCEL_PAUSE)
            runs = self._runs_of(request_id)
        return found

    def _runs_of(self, request_id: str) -> list[Run]:
        with self._lock:
            return [run for running, run in self._running.values() if running.request_id == request_id and run is not None]

    def _enter(self, question: Question) -> int:
        running = Running(question.request_id, question.user, question.text, self.clock.now())
        with self._lock:
            self._count += 1
            self._running[self._count] = (running, None)
            return self._count

    def _note(self, key: int, run: Run) -> None:
        with self._lock:
            self._running[key] = (self._running[key][0], run)


def _narrowed(query: Query, time_range: tuple[int, int]) -> Query:
    """The same query over the rows of a time range."""
    start, end = time_range
    scans = tuple(
        replace(
            scan,
            time_from=start if scan.time_from is None else max(scan.time_from, start),
            time_to=end if scan.time_to is None else min(scan.time_to, end),
        )
        for scan in query.scans
    )
    return replace(query, scans=scans)


def _limits(most: Limits, question: Question, options: Mapping[str, Any]) -> Limits:
    """The workspace's limits, lowered as the question asks; `notruncation` lifts rows and bytes."""
    seconds = min(question.seconds, most.seconds) if question.seconds and most.seconds else question.seconds or most.seconds
    if is_on(options.get("notruncation")):
        return replace(most, rows=0, bytes=0, seconds=seconds)
    rows = _lowered(most.rows, options.get("truncationmaxrecords"))
    return replace(most, rows=rows, bytes=_lowered(most.bytes, options.get("truncationmaxsize")), seconds=seconds)


def _lowered(most: int, asked: object) -> int:
    wanted = int(asked) if isinstance(asked, int | float) or (isinstance(asked, str) and asked.isdigit()) else 0
    return min(most, wanted) if most and wanted > 0 else wanted or most


def is_on(value: object) -> bool:
    """An option that is set: true, 1, "true", or named without a value."""
    return value is True or value == 1 or (isinstance(value, str) and value.lower() in ("true", "1", ""))
