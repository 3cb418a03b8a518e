"""Ingest: tails every journal stream, turns events into rows and appends them, in batches that grow with the load."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from gatelog.catalog.entities import Configuration
from gatelog.errors import GatelogError
from gatelog.journal.reader import StreamReader, list_streams
from gatelog.journal.segment import Record
from gatelog.llm.prices import PriceList
from gatelog.record.events import ResponseEvent, decode
from gatelog.storage.errors import StorageError
from gatelog.storage.interface import Batch, Storage
from gatelog.workspace.pairing import Pairing, StreamPosition, aborted, decode_position
from gatelog.workspace.routing import DELIVERED, RowsOf
from gatelog.workspace.tables import Destinations

log = logging.getLogger(__name__)
READER = "workspace"
_QUIET_LOOKS = 60
_GIVE_UP_NS = 24 * 3600 * 10**9
"""A call that has not ended after a day gets its row as an aborted one."""


@dataclass(frozen=True, slots=True)
class IngestPolicy:
    """How often and how much."""

    busy_seconds: float = 0.03
    """Pause after a batch: what comes meanwhile shares the next one."""
    idle_seconds: float = 0.05
    """Pause while nothing comes."""
    quiet_seconds: float = 0.15
    """Pause after some seconds without anything."""
    batch_bytes: int = 8 << 20


@dataclass(slots=True)
class _Tail:
    reader: StreamReader
    pairing: Pairing
    ended: bool = False

    def position(self) -> StreamPosition:
        return StreamPosition(self.reader.position, self.ended, self.pairing.starts)


class Ingest:
    """One thread: journal -> rows -> storage."""

    def __init__(
        self,
        journal: Path,
        storage: Storage,
        configuration: Callable[[], Configuration],
        policy: IngestPolicy | None = None,
        prices: PriceList | None = None,
    ) -> None:
        self._journal = journal
        self._storage = storage
        self._configuration = configuration
        self._policy = policy or IngestPolicy()
        self._prices = prices
        self._tails: dict[str, _Tail] = {}
        self._ended: set[str] = set()
        self._delivered: set[str] | None = None
        self._known: Configuration | None = None
        self._destinations = Destinations(Configuration())
        self._stop = threading.Event()
        self._caught_up = threading.Condition()
        self._rounds = 0
        self._thread = threading.Thread(target=self._run, name="ingest", daemon=True)
        self.rows = 0
        self.calls = 0
        """Finished calls whose rows are visible."""
        self.undecodable = 0
        """Records that are no event of this version."""
        self.quarantined_bytes = 0
        self.error = ""
        """Why the last batch could not be stored; empty: it was."""

    def start(self) -> None:
        """Go on from the stored positions."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch at hand and end."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def wait_until_caught_up(self, seconds: float) -> bool:
        """Wait until everything that is in the journal now is visible; False when that took too long."""
        with self._caught_up:
            goal = self._rounds + 2
            return self._caught_up.wait_for(lambda: self._rounds >= goal, seconds)

    def statistics(self) -> Mapping[str, Any]:
        """Numbers for metrics and doctor."""
        return {
            "rows": self.rows,
            "calls": self.calls,
            "streams": len(self._tails),
            "waiting_calls": sum(len(tail.pairing) for tail in self._tails.values()),
            "undecodable_records": self.undecodable,
            "quarantined_bytes": self.quarantined_bytes + sum(tail.reader.quarantined_bytes for tail in self._tails.values()),
            "error": self.error,
        }

    def _pause(self, empty: int) -> float:
        """Seconds until the next look, after that many looks that found nothing."""
        if not empty:
            return self._policy.busy_seconds
        return self._policy.idle_seconds if empty < _QUIET_LOOKS else self._policy.quiet_seconds

    def _run(self) -> None:
        empty = 0
        while not self._stop.is_set():
            try:
                found, full = self.run_once()
            except OSError as error:
                self.error = f"cannot read the journal: {error}"
                log.error("the journal could not be read", extra={"error": str(error)})
                self._stop.wait(1.0)
                continue
            if not full:
                with self._caught_up:
                    self._rounds += 1
                    self._caught_up.notify_all()
                empty = 0 if found else empty + 1
                self._stop.wait(self._pause(empty))
        for tail in self._tails.values():
            tail.reader.close()

    def run_once(self) -> tuple[bool, bool]:
        """Read what there is and store it: (something was found, there is more)."""
        if self._delivered is None:
            self._delivered = {name for name in self._storage.offsets(READER) if name.startswith(DELIVERED)}
        self._follow_new_streams()
        destinations = self._current_destinations()
        rows = RowsOf(self._storage, destinations, self._delivered)
        offsets: dict[str, bytes] = {}
        share = max(self._policy.batch_bytes // max(len(self._tails), 1), 1 << 20)
        full = False
        for stream, tail in self._tails.items():
            records = tail.reader.read(share)
            for record in records:
                self._take(record, tail, rows)
            full = full or bool(records) and records[-1].position - records[0].start >= share
            if records or tail.reader.finished:
                self._end_calls(tail, rows)
                offsets[stream] = tail.position().encode()
        if not offsets:
            return False, False
        self._store(rows, offsets)
        return True, full

    def _follow_new_streams(self) -> None:
        names = [name for name in list_streams(self._journal) if name not in self._tails and name not in self._ended]
        if not names:
            return
        stored = self._storage.offsets(READER)
        for name in names:
            position = decode_position(stored.get(name, b""))
            if position.ended:
                self._ended.add(name)
                continue
            pairing = Pairing()
            pairing.load(self._journal, name, position.waiting)
            self._tails[name] = _Tail(StreamReader(self._journal, name, position.position), pairing)

    def _current_destinations(self) -> Destinations:
        configuration = self._configuration()
        if configuration is not self._known:
            self._known, self._destinations = configuration, Destinations(configuration, self._prices)
        return self._destinations

    def _take(self, record: Record, tail: _Tail, rows: RowsOf) -> None:
        try:
            event = decode(record.payload)
        except msgspec.DecodeError:
            self.undecodable += 1
            return
        try:
            rows.take(event, tail.pairing, record.start)
        except (GatelogError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
            # one record that nobody foresaw must not stop all that come after it
            self.undecodable += 1
            log.exception("a record could not be made into rows", extra={"stream": tail.reader.stream, "error": str(error)})

    def _end_calls(self, tail: _Tail, rows: RowsOf) -> None:
        """Give rows to calls that will not end any more."""
        if tail.reader.finished:
            tail.ended = True
        for request in tail.pairing.given_up(-1 if tail.ended else _GIVE_UP_NS):
            response: ResponseEvent = aborted(request)
            rows.add_call(request, response)

    def _store(self, rows: RowsOf, offsets: dict[str, bytes]) -> None:
        """Append until it works: a batch is never given up, the journal keeps what comes meanwhile."""
        keys = {name: time.to_bytes(8, "big") for name, time in rows.deliveries.items()}
        batch = Batch(rows.tables, READER, {**offsets, **keys})
        while True:
            try:
                self._storage.append(batch)
                break
            except StorageError as error:
                self.error = str(error)
                log.error("rows could not be stored", extra={"error": self.error})
                if self._stop.wait(1.0):
                    return
        self.error = ""
        self._delivered = (self._delivered or set()) | keys.keys()
        self.rows += sum(len(table) for table in rows.tables.values())
        self.calls += rows.calls
        for stream in [stream for stream in offsets if self._tails[stream].ended]:
            tail = self._tails.pop(stream)
            self.quarantined_bytes += tail.reader.quarantined_bytes
            tail.reader.close()
            self._ended.add(stream)
