"""Delivery: reads the journal from its own offset and hands each logger's messages to its sink, at least once and in order."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gatelog.catalog.entities import Configuration, Logger
from gatelog.clock import Clock
from gatelog.journal.reader import StreamReader, list_streams
from gatelog.record.events import EventHubMessage, decode
from gatelog.sinks.destination import destination_of, open_sink
from gatelog.sinks.interface import Message, Sink, SinkError

log = logging.getLogger("gatelog.sinks")

LOOK_SECONDS = 0.1
RETRY_SECONDS = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0)
ANNOUNCE_SECONDS = 1.0
BATCH_BYTES = 1 << 20


@dataclass(slots=True)
class DeliveryState:
    """How one logger's delivery stands."""

    delivered: int = 0
    failures: int = 0
    """In a row; 0: healthy."""
    error: str = ""
    next_try: float = 0.0
    announced: float = 0.0
    """When the journal's retention last heard of this delivery's position (monotonic seconds)."""


class Delivery:
    """One logger's way out. `step` does a bit of work and says whether there was any."""

    def __init__(self, logger: Logger, sink: Sink, journal: Path, offsets: Path) -> None:
        self.logger = logger
        self._sink = sink
        self._journal = journal
        self._offsets_file = offsets
        self._offsets = _read_offsets(offsets)
        self._readers: dict[str, StreamReader] = {}

    @property
    def positions(self) -> Mapping[str, int]:
        """Journal stream -> position up to which everything is delivered."""
        return dict(self._offsets)

    def step(self) -> int:
        """Deliver the next batch of each stream; the number of messages. Raises `SinkError`; nothing is lost by that."""
        delivered = 0
        for stream in list_streams(self._journal):
            reader = self._readers.get(stream) or StreamReader(self._journal, stream, self._offsets.get(stream, 0))
            self._readers[stream] = reader
            records = reader.read(BATCH_BYTES)
            if not records:
                continue
            messages = [
                message for record in records if (message := self._message(stream, record.position, bytes(record.payload)))
            ]
            if messages:
                try:
                    self._sink.deliver(messages)
                except SinkError:
                    reader.close()
                    del self._readers[stream]
                    raise
            self._offsets[stream] = records[-1].position
            if messages:
                delivered += len(messages)
                _write_offsets(self._offsets_file, self._offsets)
        return delivered

    def close(self) -> None:
        """Close the sink and the files."""
        for reader in self._readers.values():
            reader.close()
        self._sink.close()

    def _message(self, stream: str, position: int, payload: bytes) -> Message | None:
        event = decode(payload)
        if not isinstance(event, EventHubMessage) or event.logger_id != self.logger.id or event.error:
            return None
        return Message(
            self.logger.id, stream, position, event.time, event.message_id, event.partition_id, event.partition_key, event.body
        )


class Deliveries:
    """A delivery for each event-hub logger of the catalog, in one thread; a logger that fails does not hold up the others."""

    def __init__(
        self,
        configuration: Callable[[], Configuration],
        journal: Path,
        folder: Path,
        clock: Clock,
        announce: Callable[[str, Mapping[str, int]], None] = lambda reader, positions: None,
    ) -> None:
        self._configuration = configuration
        self._journal = journal
        self._folder = folder
        self._clock = clock
        self._announce = announce
        self._open: dict[str, tuple[str, Delivery]] = {}
        self._states: dict[str, DeliveryState] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="deliveries")

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch at hand and end."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()
        for _, delivery in self._open.values():
            delivery.close()

    def states(self) -> Mapping[str, DeliveryState]:
        """Logger -> how its delivery stands."""
        return dict(self._states)

    def _run(self) -> None:
        while not self._stopping.is_set():
            worked = False
            for logger in self._loggers():
                worked = self._step(logger) or worked
            if not worked:
                self._stopping.wait(LOOK_SECONDS)

    def _loggers(self) -> list[Logger]:
        loggers = [logger for logger in self._configuration().loggers if logger.type == "azureEventHub"]
        for gone in set(self._open) - {logger.id for logger in loggers}:
            self._open.pop(gone)[1].close()
        return loggers

    def _step(self, logger: Logger) -> bool:
        state = self._states.setdefault(logger.id, DeliveryState())
        now = self._clock.monotonic() / 1e9
        if now < state.next_try:
            return False
        try:
            delivery = self._delivery(logger)
            delivered = delivery.step()
        except SinkError as error:
            pause = RETRY_SECONDS[min(state.failures, len(RETRY_SECONDS) - 1)]
            state.failures, state.error, state.next_try = state.failures + 1, str(error), now + pause
            log.warning("logger %s: %s; trying again in %.1f s", logger.id, error, pause)
            return False
        state.delivered += delivered
        state.failures, state.error, state.next_try = 0, "", 0.0
        if now - state.announced > ANNOUNCE_SECONDS:
            state.announced = now
            self._announce(f"logger-{logger.id}", delivery.positions)
        return delivered > 0

    def _delivery(self, logger: Logger) -> Delivery:
        """The logger's delivery, opened anew when its destination has changed."""
        url = destination_of(logger, self._configuration().settings, self._folder / "events")
        identity = f"{url} {logger.credentials}"
        known = self._open.get(logger.id)
        if known and known[0] == identity:
            return known[1]
        if known:
            known[1].close()
            del self._open[logger.id]
        delivery = Delivery(logger, open_sink(url, logger), self._journal, self._folder / "offsets" / f"{logger.id}.json")
        self._open[logger.id] = (identity, delivery)
        return delivery


def _read_offsets(path: Path) -> dict[str, int]:
    with contextlib.suppress(FileNotFoundError):
        offsets: dict[str, int] = json.loads(path.read_text(encoding="ascii"))
        return offsets
    return {}


def _write_offsets(path: Path, offsets: Mapping[str, int]) -> None:
    """Replace the file at once, so that a crash leaves the old or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="ascii") as file:
        json.dump(offsets, file)
        file.flush()
        os.fdatasync(file.fileno())
    fresh.rename(path)
