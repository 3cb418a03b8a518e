"""Delivery: every message of its logger once and in order, over failures, restarts and new streams."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from gatelog.catalog.entities import Configuration, Logger
from gatelog.clock import FixedClock, SystemClock
from gatelog.journal.writer import JournalWriter
from gatelog.record.events import EventHubMessage, MetricEvent, encode
from gatelog.sinks.deliver import Deliveries, Delivery
from gatelog.sinks.interface import Message, SinkUnavailable


class MemorySink:
    """Keeps what it gets; refuses while `refusals` are left."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.refusals = 0

    def deliver(self, messages: Sequence[Message]) -> None:
        if self.refusals:
            self.refusals -= 1
            raise SinkUnavailable("not now")
        self.bodies += [message.body for message in messages]

    def close(self) -> None:
        pass


def write(journal: Path, *bodies: bytes, stream: str = "gateway-0", logger: str = "eh", clock: FixedClock | None = None) -> None:
    writer = JournalWriter(journal, stream, clock or SystemClock())
    for body in bodies:
        writer.append(encode(MetricEvent(time=1, message_id="m", name="n", value=1.0)))
        writer.append(encode(EventHubMessage(time=1, message_id="m", logger_id=logger, body=body)))
    writer.close()


def delivery(tmp_path: Path, sink: MemorySink) -> Delivery:
    return Delivery(Logger(id="eh"), sink, tmp_path / "journal", tmp_path / "offsets" / "eh.json")


def test_only_the_loggers_own_messages_are_delivered(tmp_path: Path) -> None:
    write(tmp_path / "journal", b"1", b"2")
    write(tmp_path / "journal", b"other", stream="gateway-1", logger="someone-else")
    sink = MemorySink()
    assert delivery(tmp_path, sink).step() == 2
    assert sink.bodies == [b"1", b"2"]


def test_a_restart_goes_on_where_it_was(tmp_path: Path) -> None:
    sink = MemorySink()
    write(tmp_path / "journal", b"1")
    delivery(tmp_path, sink).step()
    write(tmp_path / "journal", b"2", stream="gateway-1")
    delivery(tmp_path, sink).step()
    assert sink.bodies == [b"1", b"2"]


def test_a_refused_batch_is_offered_again(tmp_path: Path) -> None:
    sink = MemorySink()
    sink.refusals = 2
    write(tmp_path / "journal", b"1", b"2")
    out = delivery(tmp_path, sink)
    for _ in range(2):
        with pytest.raises(SinkUnavailable):
            out.step()
    assert out.step() == 2 and sink.bodies == [b"1", b"2"]


def test_error_events_stay_in_the_journal(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "journal", "gateway-0", SystemClock())
    writer.append(encode(EventHubMessage(time=1, message_id="m", logger_id="eh", body=b"", error="expression failed")))
    writer.close()
    sink = MemorySink()
    delivery(tmp_path, sink).step()
    assert sink.bodies == []


def test_a_failing_logger_does_not_hold_up_the_others(tmp_path: Path) -> None:
    write(tmp_path / "journal", b'{"n": 1}', logger="good")
    write(tmp_path / "journal", b'{"n": 2}', logger="bad", stream="gateway-1")
    configuration = Configuration(loggers=(Logger(id="bad"), Logger(id="good")), settings={"sink:bad": "nowhere:"})
    heard: dict[str, object] = {}
    deliveries = Deliveries(
        lambda: configuration,
        tmp_path / "journal",
        tmp_path / "sinks",
        SystemClock(),
        lambda reader, positions: heard.update({reader: positions}),
    )
    deliveries.start()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and not (deliveries.states().get("good") and deliveries.states()["good"].delivered):
        time.sleep(0.01)
    deliveries.stop()
    assert deliveries.states()["good"].delivered == 1
    assert "expected one of" in deliveries.states()["bad"].error
    assert (tmp_path / "sinks" / "events" / "good" / "0.jsonl").read_text().count("\n") == 1
    assert "logger-good" in heard
