"""Nothing leaves before its record is written: events in, and actions that wait for them.

All events and actions of one turn of the event loop share one journal write. With `durability: disk` the actions also wait
until the group commit has reached the disk.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Protocol

from gatelog.journal.errors import JournalFailure
from gatelog.record.events import Event, encode

log = logging.getLogger("gatelog.gateway")

Action = Callable[[bool], None]
"""Goes on with a call; False: its record could not be written and calls are to be refused then."""


class Journal(Protocol):
    """What the ledger needs of `gatelog.journal.writer.JournalWriter`."""

    def append(self, payload: bytes) -> int:
        """Buffer a record; the position after it."""
        ...

    def flush(self) -> None:
        """Hand everything buffered to the kernel."""
        ...

    def discard(self) -> int:
        """Drop what is buffered; how many records that were."""
        ...

    def close(self) -> None:
        """Flush and release."""
        ...


class Ledger:
    """One worker's way into the journal."""

    __slots__ = (
        "_durable",
        "_end",
        "_failed",
        "_journal",
        "_loop",
        "_refuse",
        "_scheduled",
        "_turn",
        "_waiting",
        "_waits",
        "lost",
    )

    def __init__(
        self, journal: Journal, loop: asyncio.AbstractEventLoop, *, refuse: bool = True, wait_for_disk: bool = False
    ) -> None:
        self._journal = journal
        self._loop = loop
        self._refuse = refuse
        self._waits = wait_for_disk
        self._turn: list[Action] = []
        self._waiting: deque[tuple[int, Action]] = deque()
        self._scheduled = False
        self._failed = False
        """An event of this turn could not even be buffered."""
        self._end = 0
        self._durable = 0
        self.lost = 0
        """Events that were given up because the journal could not be written."""

    def append(self, event: Event) -> None:
        """Record an event at the end of this turn."""
        try:
            self._end = self._journal.append(encode(event))
        except JournalFailure as error:
            self._note_failure(error)
            self.lost += 1
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._end_turn)

    def then(self, action: Action) -> None:
        """Run `action` once everything appended so far is on record."""
        self._turn.append(action)
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._end_turn)

    def reached_disk(self, position: int) -> None:
        """The group commit has come to `position`; call it in the loop's thread."""
        self._durable = max(self._durable, position)
        while self._waiting and self._waiting[0][0] <= self._durable:
            self._waiting.popleft()[1](True)

    def close(self) -> None:
        """Write what is left. Raises `JournalFailure`."""
        self._journal.close()
        while self._waiting:
            self._waiting.popleft()[1](True)

    def _end_turn(self) -> None:
        self._scheduled = False
        written = not self._failed
        self._failed = False
        try:
            self._journal.flush()
        except JournalFailure as error:
            self._note_failure(error)
            self.lost += self._journal.discard()
            self._failed = written = False
        actions, self._turn = self._turn, []
        if self._waits and written and self._end > self._durable:
            self._waiting.extend((self._end, action) for action in actions)
            return
        answer = written or not self._refuse
        for action in actions:
            action(answer)

    def _note_failure(self, error: JournalFailure) -> None:
        if not self._failed:
            log.error("journal cannot be written: %s", error)
        self._failed = True
