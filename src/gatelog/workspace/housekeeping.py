"""Housekeeping: a thread that tells the journal how far the tables are, sweeps it, and lets rows go that are too old."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from gatelog.clock import Clock
from gatelog.errors import GatelogError
from gatelog.journal.reader import list_streams
from gatelog.journal.retention import Swept, announce, sweep
from gatelog.storage.interface import Storage
from gatelog.workspace.backup import answer_request
from gatelog.workspace.ingest import READER
from gatelog.workspace.pairing import decode_position
from gatelog.workspace.routing import DELIVERED

log = logging.getLogger(__name__)
_REMEMBER_NS = 7 * 86_400 * 10**9
"""How long a delivery is recognised when it is repeated."""


class Housekeeping:
    """Runs every few seconds; a failure is logged and tried again."""

    def __init__(self, directory: Path, journal: Path, storage: Storage, clock: Clock, keep_bytes: int, seconds: float) -> None:
        self._directory = directory
        self._journal = journal
        self._storage = storage
        self._clock = clock
        self._keep_bytes = keep_bytes
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)
        self.last = Swept()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End it."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def run_once(self) -> None:
        """Announce, sweep, drop what is too old."""
        stored = self._storage.durable_offsets(READER)
        streams = {name: decode_position(position) for name, position in stored.items() if not name.startswith(DELIVERED)}
        announce(self._journal, READER, {name: position.oldest_needed for name, position in streams.items()})
        self.last = sweep(self._journal, self._clock, self._keep_bytes)
        self._storage.drop_old()
        known = set(list_streams(self._journal))
        past = [name for name, position in streams.items() if position.ended and name not in known]
        before = self._clock.now() - _REMEMBER_NS
        past += [name for name, time in stored.items() if name.startswith(DELIVERED) and int.from_bytes(time, "big") < before]
        if past:
            self._storage.forget(READER, past)

    def remove_read_segments(self) -> int:
        """Remove every closed segment that all readers have passed, also those that would stay for looking back."""
        self.run_once()
        swept = sweep(self._journal, self._clock, 0)
        return swept.removed

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            try:
                answer_request(self._storage, self._directory)
                self.run_once()
            except (OSError, GatelogError) as error:
                log.error("housekeeping failed", extra={"error": str(error)})
