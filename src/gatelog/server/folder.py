"""The configuration folder of `--config DIR`: applied before anything is served, and again whenever a file of it changes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from gatelog.api.management.activity import Record, record_differences
from gatelog.catalog.control import Control
from gatelog.catalog.folder import FolderWatch
from gatelog.clock import Clock
from gatelog.errors import GatelogError, InvalidDocument

log = logging.getLogger("gatelog.server")

POLL_SECONDS = 1.0


class WatchedFolder:
    """A thread that looks at the folder once a second."""

    def __init__(self, control: Control, root: Path, record: Record, clock: Clock) -> None:
        self._control = control
        self._root = root
        self._record = record
        self._clock = clock
        self._watch = FolderWatch(control, root)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="configuration folder", daemon=True)

    def start(self) -> None:
        """Apply the folder, then watch it. Raises `InvalidDocument`: a bad folder is no reason to serve something else."""
        self._look()
        self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def _run(self) -> None:
        while not self._stopped.wait(POLL_SECONDS):
            self._guarded(self._look)

    def _guarded(self, look: Callable[[], None]) -> None:
        try:
            look()
        except InvalidDocument as error:
            for problem in error.problems:
                log.error("configuration folder: %s", problem)
            log.error("configuration folder refused; the old configuration stays in force")
        except (GatelogError, OSError) as error:
            log.error("configuration folder: %s", error)

    def _look(self) -> None:
        found = self._watch.poll()
        if found:
            service_id = self._control.snapshot().service_id
            record_differences(self._record, self._clock, found, caller=f"folder {self._root.name}", service_id=service_id)
            log.info("configuration folder applied: %d changes", len(found))
