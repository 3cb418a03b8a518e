"""Housekeeping: a thread that tells the journal how far the tables are, sweeps it, and lets rows go that are too old."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from gatelog.clock import Clock
from gatelog.errors import GatelogError
from gatelog.journal.retention import Swept, announce, sweep
from gatelog.storage.interface import Storage
from gatelog.workspace.ingest import READER
from gatelog.workspace.pairing import decode_position

log = logging.getLogger(__name__)


class Housekeeping:
    """Runs every few seconds; a failure is logged and tried again."""

    def __init__(self, journal: Path, storage: Storage, clock: Clock, keep_bytes: int, seconds: float) -> None:
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
        positions = {stream: decode_position(position).oldest_needed for stream, position in stored.items()}
        announce(self._journal, READER, positions)
        self.last = sweep(self._journal, self._clock, self._keep_bytes)
        self._storage.drop_old()

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            try:
                self.run_once()
            except (OSError, GatelogError) as error:
                log.error("housekeeping failed", extra={"error": str(error)})
