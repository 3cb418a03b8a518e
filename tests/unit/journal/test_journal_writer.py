"""What the writer promises when the disk is slow, full or gone."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from gatelog.clock import FixedClock
from gatelog.journal.errors import JournalFailure, JournalFull
from gatelog.journal.reader import StreamReader, list_segments, read_all
from gatelog.journal.writer import JournalWriter


def payloads(directory: Path, stream: str) -> list[bytes]:
    return [record.payload for record in read_all(directory, stream)]


def test_a_full_disk_keeps_what_is_buffered_and_goes_on_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = JournalWriter(tmp_path, "gateway-0", FixedClock())
    writer.append(b"first")
    writer.flush()

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwritev", full)
        end = writer.append(b"second")
        with pytest.raises(JournalFailure, match="No space left"):
            writer.flush()
        assert writer.written < end and writer.buffered_bytes == 18
    writer.flush()
    assert writer.written == end
    writer.close()
    assert payloads(tmp_path, writer.stream) == [b"first", b"second"]


@pytest.mark.parametrize("taken", range(0, 47, 3))
def test_half_a_write_is_never_read_and_never_written_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: int) -> None:
    writer = JournalWriter(tmp_path, "gateway-0", FixedClock())
    real: Callable[..., int] = os.pwritev
    calls = []

    def partly(file: int, pieces: list[bytes], offset: int) -> int:
        calls.append(offset)
        if len(calls) > 1:
            raise OSError(errno.ENOSPC, "full")
        whole = b"".join(pieces)[:taken]
        return real(file, [whole], offset) if whole else 0

    for word in (b"one", b"two", b"three"):
        writer.append(word)
    with monkeypatch.context() as patch:
        patch.setattr(os, "pwritev", partly)
        patch.setattr(os, "pwrite", partly_fails)
        with pytest.raises(JournalFailure):
            writer.flush()
    reader = StreamReader(tmp_path, writer.stream)
    seen = [record.payload for record in reader.read()]
    writer.discard()
    writer.append(b"four")
    writer.close()
    while some := reader.read():
        seen += [record.payload for record in some]
    assert seen == [b"one", b"two"][: taken // 15] + [b"four"]


def partly_fails(*_: object) -> int:
    raise OSError(errno.ENOSPC, "full")


def test_a_record_may_be_larger_than_a_segment(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, "gateway-0", FixedClock(), segment_bytes=1000)
    for size in (10, 5000, 10, 900):
        writer.append(b"x" * size)
        writer.flush()
    writer.close()
    assert [len(payload) for payload in payloads(tmp_path, writer.stream)] == [10, 5000, 10, 900]
    assert len(list_segments(tmp_path / writer.stream)) == 3


def test_thousands_of_records_in_one_flush(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, "gateway-0", FixedClock())
    expected = [str(number).encode() for number in range(3000)]
    for payload in expected:
        writer.append(payload)
    writer.flush()
    writer.close()
    assert payloads(tmp_path, writer.stream) == expected


def test_a_cap_refuses_until_readers_made_room(tmp_path: Path) -> None:
    clock = FixedClock()
    writer = JournalWriter(tmp_path, "gateway-0", clock, segment_bytes=4096, max_bytes=10_000)
    with pytest.raises(JournalFull, match="cap of 10000 bytes"):
        for _ in range(20):
            writer.append(b"x" * 2000)
            writer.flush()
    with pytest.raises(JournalFull):
        writer.append(b"again")
    list_segments(tmp_path / writer.stream)[0].path.unlink()
    clock.advance(1)
    writer.append(b"again")
    writer.close()


def test_an_empty_record_is_refused(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, "gateway-0", FixedClock())
    with pytest.raises(ValueError, match="empty"):
        writer.append(b"")
    writer.close()


def test_disk_durability_is_reported_from_its_thread(tmp_path: Path) -> None:
    reached = threading.Event()
    positions: list[int] = []

    def durable(position: int) -> None:
        positions.append(position)
        if position >= 10 * 17:
            reached.set()

    writer = JournalWriter(tmp_path, "gateway-0", FixedClock(), durability="disk", on_durable=durable, segment_bytes=60)
    for _ in range(10):
        writer.append(b"12345")
        writer.flush()
    assert reached.wait(10)
    assert positions == sorted(positions) and writer.durable == writer.written == 170
    writer.close()
    assert len(payloads(tmp_path, writer.stream)) == 10


def test_a_failed_sync_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = threading.Event()

    def broken(_: int) -> None:
        failed.set()
        raise OSError(errno.EIO, "broken")

    writer = JournalWriter(tmp_path, "gateway-0", FixedClock(), durability="disk")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", broken)
        writer.append(b"one")
        writer.flush()
        assert failed.wait(10)
        with pytest.raises(JournalFailure, match="durable"):
            for _ in range(1000):
                writer.append(b"two")
                writer.flush()


def test_an_unwritable_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("a file")
    with pytest.raises(JournalFailure, match="journal"):
        JournalWriter(tmp_path / "journal", "gateway-0", FixedClock())
