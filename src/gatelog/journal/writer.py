"""JournalWriter: appends records to a stream of its own, for one process."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from gatelog.clock import Clock
from gatelog.journal.errors import JournalFailure, JournalFull
from gatelog.journal.segment import (
    EVENT,
    HEADER_BYTES,
    MARK,
    RECORD_BYTES,
    SegmentHeader,
    checksum_from,
    encode_header,
    extend_checksum,
    pack_head,
)

Durability = Literal["process", "disk"]
BUFFER_BYTES = 64 << 20
"""Most that waits in memory while the disk refuses."""
_VECTORS = 1024
"""Most pieces that one pwritev takes (IOV_MAX on Linux)."""
_RECHECK_NS = 250_000_000


def segment_name(base: int) -> str:
    """File name of a plain segment; names sort as positions do."""
    return f"{base:020d}.gj"


class JournalWriter:
    """Appends records; not for use from two threads at once.

    `append` only buffers, `flush` hands everything to the kernel with one system call: from then on a killed process loses
    nothing (`durability="process"`). With `durability="disk"` a thread follows with fdatasync and reports through `on_durable`.
    """

    def __init__(
        self,
        directory: Path,
        stream: str,
        clock: Clock,
        *,
        durability: Durability = "process",
        segment_bytes: int = 32 << 20,
        max_bytes: int = 0,
        on_durable: Callable[[int], None] | None = None,
    ) -> None:
        """`max_bytes`: cap on the whole journal in `directory` (0: none). Raises `JournalFailure`."""
        self._directory = directory
        self._clock = clock
        self._segment_bytes = segment_bytes
        self._max_bytes = max_bytes
        self._buffer: list[bytes] = []
        self._end = 0
        self._written = 0
        self._limit = BUFFER_BYTES
        self._next_check = 0
        self._base = 0
        self._segment = -1
        self.stream = f"{stream}.{clock.now():016x}"
        self._folder = directory / self.stream
        try:
            self._lock = self._claim()
        except OSError as error:
            raise JournalFailure(f"cannot start a journal stream in {directory}: {error.strerror}") from error
        self._measure()
        self._syncer = _Syncer(self._segment, on_durable) if durability == "disk" else None

    def append(self, payload: bytes) -> int:
        """Buffer one record and return the position behind it. Raises `JournalFull` when a cap is reached."""
        length = len(payload)
        end = self._end + RECORD_BYTES + length
        if end > self._limit or not length:
            self._check_room(end, length)
        self._buffer.append(pack_head(length, extend_checksum(checksum_from, payload), EVENT, 0, MARK))
        self._buffer.append(payload)
        self._end = end
        return end

    def flush(self) -> None:
        """Write what is buffered. Raises `JournalFailure`; then everything stays buffered and the next flush tries again."""
        if not self._buffer:
            return
        try:
            if self._end - self._base > self._segment_bytes and self._written > self._base:
                self._rotate()
            self._write()
        except OSError as error:
            raise JournalFailure(f"cannot write to the journal {self._folder}: {error.strerror}") from error
        if self._syncer is not None:
            self._syncer.wrote(self._written)

    def sync(self) -> None:
        """Flush, and return when the disk has it."""
        self.flush()
        try:
            os.fdatasync(self._segment)
        except OSError as error:
            raise JournalFailure(f"cannot write to the journal {self._folder}: {error.strerror}") from error

    def discard(self) -> int:
        """Give up what is buffered and not written; returns the number of records."""
        count = len(self._buffer) // 2
        self._buffer = []
        self._end = self._written
        return count

    def close(self) -> None:
        """Flush, trim the last segment and release the stream; readers then know that it has ended."""
        try:
            self.flush()
            if self._syncer is not None:
                self._syncer.stop()
            os.ftruncate(self._segment, HEADER_BYTES + self._written - self._base)
        finally:
            os.close(self._segment)
            os.close(self._lock)

    @property
    def buffered_bytes(self) -> int:
        """Bytes that wait for `flush`."""
        return self._end - self._written

    @property
    def written(self) -> int:
        """Records before this position survive the death of the process."""
        return self._written

    @property
    def durable(self) -> int:
        """Records before this position survive the loss of power (only with `durability="disk"`)."""
        return self._syncer.durable if self._syncer is not None else 0

    def _check_room(self, end: int, length: int) -> None:
        """Refuse a record that a cap forbids."""
        if not length:
            raise ValueError("a journal record cannot be empty")
        if self._limit == 0 and self._clock.monotonic() >= self._next_check:
            self._measure()
        if self._limit == 0:
            raise JournalFull(
                f"the journal {self._directory} has reached its cap of {self._max_bytes} bytes: its readers are behind"
            )
        if end > self._limit and self._buffer:
            raise JournalFull(f"{self.buffered_bytes} bytes wait for the journal {self._folder}, which cannot be written")

    def _measure(self) -> None:
        """Set the position that `append` may not pass."""
        self._limit = self._written + BUFFER_BYTES
        if self._max_bytes and _size_of(self._directory) > self._max_bytes:
            self._limit = 0
            self._next_check = self._clock.monotonic() + _RECHECK_NS

    def _write(self) -> None:
        """Write the buffer at the end of the segment; what was written whole leaves the buffer even when the rest fails."""
        pieces = self._buffer
        done = 0
        try:
            while done < len(pieces):
                part = pieces[done : done + _VECTORS]
                wrote = os.pwritev(self._segment, part, HEADER_BYTES + self._written - self._base)
                whole, size = _whole_records(part, wrote)
                if not whole:
                    self._write_one(part[0] + part[1])
                    whole, size = 2, len(part[0]) + len(part[1])
                done += whole
                self._written += size
        finally:
            del pieces[:done]
        if self._limit:
            self._limit = self._written + BUFFER_BYTES

    def _write_one(self, record: bytes) -> None:
        """Write one record that the kernel does not take in one piece."""
        view = memoryview(record)
        offset = HEADER_BYTES + self._written - self._base
        while view:
            wrote = os.pwrite(self._segment, view, offset)
            view = view[wrote:]
            offset += wrote

    def _rotate(self) -> None:
        """Go on in a new segment."""
        following = self._open_segment(self._folder, self._written, max(self._segment_bytes, self.buffered_bytes))
        os.ftruncate(self._segment, HEADER_BYTES + self._written - self._base)
        if self._syncer is not None:
            _sync_folder(self._folder)
            self._syncer.change(following)
        os.close(self._segment)
        self._segment, self._base = following, self._written
        self._measure()

    def _claim(self) -> int:
        """Make the stream's folder, locked before anybody can see it."""
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        hidden = self._directory / f".new-{self.stream}-{os.getpid()}"
        hidden.mkdir(mode=0o700)
        try:
            lock = os.open(hidden / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._segment = self._open_segment(hidden, 0, self._segment_bytes)
            os.rename(hidden, self._folder)
        except OSError:
            shutil.rmtree(hidden, ignore_errors=True)
            raise
        _sync_folder(self._directory)
        return lock

    def _open_segment(self, folder: Path, base: int, room: int) -> int:
        """A new segment with space reserved, so that a full disk is noticed here and not between two halves of a record."""
        path = folder / segment_name(base)
        segment = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            _reserve(segment, HEADER_BYTES + room)
            os.pwrite(segment, encode_header(SegmentHeader(base, self._clock.now())), 0)
        except OSError:
            os.close(segment)
            path.unlink(missing_ok=True)
            raise
        return segment


class _Syncer:
    """fdatasync in a thread: as many records at a time as came while the last one ran (group commit)."""

    def __init__(self, segment: int, report: Callable[[int], None] | None) -> None:
        self.durable = 0
        self._segment = segment
        self._report = report
        self._written = 0
        self._stopped = False
        self._failure: OSError | None = None
        self._work = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="journal-sync", daemon=True)
        self._thread.start()

    def wrote(self, position: int) -> None:
        """There is more to make durable. Raises `JournalFailure` when the disk refused earlier records."""
        with self._work:
            if self._failure is not None:
                raise JournalFailure(f"cannot make the journal durable: {self._failure.strerror}") from self._failure
            self._written = position
            self._work.notify()

    def change(self, segment: int) -> None:
        """Finish the old segment and go on with another; returns when the old one is on disk."""
        with self._work:
            os.fdatasync(self._segment)
            self._segment = segment

    def stop(self) -> None:
        """Make the rest durable and end the thread."""
        with self._work:
            self._stopped = True
            self._work.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._work:
                while self._written == self.durable and not self._stopped:
                    self._work.wait()
                if self._written == self.durable:
                    return
                segment, position = os.dup(self._segment), self._written
            try:
                os.fdatasync(segment)
            except OSError as error:
                self._failure = error
                return
            finally:
                os.close(segment)
            self.durable = position
            if self._report is not None:
                self._report(position)


def _whole_records(pieces: list[bytes], wrote: int) -> tuple[int, int]:
    """How many of the pieces (head, payload, head, ...) were written as whole records, and their bytes."""
    if wrote == sum(map(len, pieces)):
        return len(pieces), wrote
    size = whole = 0
    for index in range(0, len(pieces), 2):
        record = len(pieces[index]) + len(pieces[index + 1])
        if size + record > wrote:
            break
        size += record
        whole = index + 2
    return whole, size


def _reserve(segment: int, size: int) -> None:
    try:
        os.posix_fallocate(segment, 0, size)
    except OSError as error:
        if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS):
            raise


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _size_of(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.glob("*/*.gj*"))
