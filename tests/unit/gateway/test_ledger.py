"""Actions wait for the record of their turn; without a journal they learn it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gatelog.gateway.ledger import Ledger
from gatelog.journal.errors import JournalFailure
from gatelog.record.events import MetricEvent


class Paper:
    """A journal in memory that can be broken."""

    def __init__(self) -> None:
        self.buffered: list[bytes] = []
        self.written: list[bytes] = []
        self.broken = False
        self.full = False

    def append(self, payload: bytes) -> int:
        if self.full:
            raise JournalFailure("full")
        self.buffered.append(payload)
        return len(self.buffered) + len(self.written)

    def flush(self) -> None:
        if self.broken:
            raise JournalFailure("no space left on device")
        self.written += self.buffered
        self.buffered = []

    def discard(self) -> int:
        count, self.buffered = len(self.buffered), []
        return count

    def close(self) -> None:
        self.flush()


EVENT = MetricEvent(time=1, message_id="m", name="n", value=1.0)


def run(check: Any) -> None:
    async def main() -> None:
        await check(asyncio.get_running_loop())

    asyncio.run(main())


def test_one_write_for_each_turn_and_actions_after_it() -> None:
    async def check(loop: asyncio.AbstractEventLoop) -> None:
        paper, seen = Paper(), []
        ledger = Ledger(paper, loop)
        for number in range(3):
            ledger.append(EVENT)
            ledger.then(lambda ok, number=number: seen.append((number, ok, len(paper.written))))  # type: ignore[misc]
        assert seen == [] and paper.written == []
        await asyncio.sleep(0)
        assert seen == [(0, True, 3), (1, True, 3), (2, True, 3)]

    run(check)


@pytest.mark.parametrize("refuse", [True, False])
@pytest.mark.parametrize("fault", ["broken", "full"])
def test_without_a_journal(refuse: bool, fault: str) -> None:
    async def check(loop: asyncio.AbstractEventLoop) -> None:
        paper, seen = Paper(), []
        setattr(paper, fault, True)
        ledger = Ledger(paper, loop, refuse=refuse)
        ledger.append(EVENT)
        ledger.then(seen.append)
        await asyncio.sleep(0)
        assert seen == [not refuse] and ledger.lost == 1
        setattr(paper, fault, False)
        ledger.append(EVENT)
        ledger.then(seen.append)
        await asyncio.sleep(0)
        assert seen == [not refuse, True] and len(paper.written) == 1

    run(check)


def test_actions_wait_for_the_disk() -> None:
    async def check(loop: asyncio.AbstractEventLoop) -> None:
        paper, seen = Paper(), []
        ledger = Ledger(paper, loop, wait_for_disk=True)
        ledger.append(EVENT)
        ledger.then(seen.append)
        await asyncio.sleep(0)
        ledger.append(EVENT)
        ledger.then(seen.append)
        await asyncio.sleep(0)
        assert seen == []
        ledger.reached_disk(1)
        assert seen == [True]
        ledger.reached_disk(2)
        assert seen == [True, True]
        ledger.then(seen.append)
        await asyncio.sleep(0)
        assert len(seen) == 3, "nothing new to wait for"

    run(check)
