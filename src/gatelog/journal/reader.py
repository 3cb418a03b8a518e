"""StreamReader: the records of one stream after a position, while it is written and after it was damaged."""

from __future__ import annotations

import bisect
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gatelog.journal.errors import DamagedSegment
from gatelog.journal.seal import SealedSegment
from gatelog.journal.segment import (
    HEADER_BYTES,
    RECORD_BYTES,
    SEALED,
    Record,
    announced_length,
    decode_header,
    parse,
    resume_after_damage,
)

_FIRST_READ = 64 << 10


@dataclass(frozen=True, slots=True)
class Damage:
    """A stretch of a stream that held no whole record."""

    stream: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SegmentFile:
    """One file of a stream."""

    base: int
    path: Path
    sealed: bool


def list_streams(directory: Path) -> list[str]:
    """Names of the streams in a journal, oldest first."""
    try:
        found = [entry.name for entry in os.scandir(directory) if entry.is_dir() and is_stream_name(entry.name)]
    except FileNotFoundError:
        return []
    return sorted(found, key=lambda name: name.rsplit(".", 1)[1])


def is_stream_name(name: str) -> bool:
    """`<who>.<16 hex digits of its start>`."""
    who, _, started = name.rpartition(".")
    return bool(who) and not name.startswith(".") and len(started) == 16


def list_segments(folder: Path) -> list[SegmentFile]:
    """The segments of a stream in order; where a plain one and its sealed form both exist, the plain one."""
    found: dict[int, SegmentFile] = {}
    try:
        names = sorted(os.listdir(folder))
    except FileNotFoundError:
        return []
    for name in names:
        stem, dot, kind = name.partition(".")
        if dot and kind in ("gj", "gjz") and stem.isdigit():
            found.setdefault(int(stem), SegmentFile(int(stem), folder / name, kind == "gjz"))
    return [found[base] for base in sorted(found)]


def writer_is_alive(folder: Path) -> bool:
    """Somebody holds the stream's lock."""
    try:
        lock = os.open(folder / "lock", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(lock)
    return False


class StreamReader:
    """Reads a stream from a position on; never blocks, never raises for damage. For one thread."""

    def __init__(self, directory: Path, stream: str, position: int = 0) -> None:
        self.stream = stream
        self.position = position
        """Everything before it has been given out (or was damaged)."""
        self.finished = False
        """The writer is gone and everything has been read."""
        self.damages: list[Damage] = []
        self.quarantined_bytes = 0
        self.removed_bytes = 0
        """What retention had deleted before it was read."""
        self._folder = directory / stream
        self._file = -1
        self._segment: SegmentFile | None = None
        self._suspect = -1

    def read(self, limit_bytes: int = 4 << 20) -> list[Record]:
        """The next whole records, about `limit_bytes` of them; empty when there is nothing new."""
        records: list[Record] = []
        size = 0
        while size < limit_bytes and not self.finished:
            found = self._read_some(limit_bytes - size)
            if not found:
                break
            size += found[-1].position - found[0].start
            records += found
        return records

    def close(self) -> None:
        """Close the file."""
        if self._file >= 0:
            os.close(self._file)
        self._file, self._segment = -1, None

    def _read_some(self, limit: int) -> list[Record]:
        """Records from one segment, after moving over ends of segments and damage; empty: nothing to read now."""
        while True:
            segment = self._open()
            if segment is None:
                self.finished = not writer_is_alive(self._folder)
                return []
            records = self._records(segment, limit)
            if not records:
                following, closed = self._what_follows(segment)
                records = self._records(segment, limit) if closed else []
                if not records:
                    if self._pass_bad_place(segment, following) if closed else self._pass_suspicious_place(segment):
                        continue
                    return []
            self.position = records[-1].position
            self._suspect = -1
            return records

    def _what_follows(self, segment: SegmentFile) -> tuple[SegmentFile | None, bool]:
        """The next segment, and whether this one is closed (looked up before the last attempt to read it)."""
        following = next((other for other in list_segments(self._folder) if other.base > segment.base), None)
        return following, following is not None or not writer_is_alive(self._folder)

    def _open(self) -> SegmentFile | None:
        """The segment that holds the position."""
        if self._segment is not None:
            return self._segment
        segments = list_segments(self._folder)
        while segments:
            index = max(bisect.bisect_right([segment.base for segment in segments], self.position) - 1, 0)
            try:
                return self._enter(segments[index])
            except FileNotFoundError:
                segments = list_segments(self._folder)
            except DamagedSegment:
                self._pass_over_file(segments, index)
                del segments[: index + 1]
        return None

    def _enter(self, segment: SegmentFile) -> SegmentFile:
        if self.position < segment.base:
            self.removed_bytes += segment.base - self.position
            self.position = segment.base
        file = os.open(segment.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            header = decode_header(os.pread(file, HEADER_BYTES, 0), str(segment.path))
            if header.base != segment.base or (header.kind == SEALED) != segment.sealed:
                raise DamagedSegment(f"{segment.path} holds another segment than its name says")
            if segment.sealed:
                SealedSegment(segment.path)
        except DamagedSegment:
            os.close(file)
            raise
        self._file, self._segment = file, segment
        return segment

    def _pass_over_file(self, segments: list[SegmentFile], index: int) -> None:
        """Quarantine a file that is no segment."""
        size = segments[index].path.stat().st_size - HEADER_BYTES
        following = segments[index + 1].base if index + 1 < len(segments) else segments[index].base + max(size, 1)
        self._quarantine(following)

    def _records(self, segment: SegmentFile, limit: int) -> list[Record]:
        """Whole records from the position on; none at a hole, an end or a bad place."""
        if segment.sealed:
            return SealedSegment(segment.path).records_from(self.position, limit)
        offset = HEADER_BYTES + self.position - segment.base
        data = os.pread(self._file, _FIRST_READ, offset)
        wanted = max(limit, announced_length(data))
        if len(data) == _FIRST_READ < wanted and announced_length(data):
            data = os.pread(self._file, wanted, offset)
        return parse(data, self.position).records

    def _pass_bad_place(self, segment: SegmentFile, following: SegmentFile | None) -> bool:
        """In a closed segment that gives no more at the position: go on behind the damage, or in the next segment."""
        resume, end = (-1, self._end_of_sealed(segment)) if segment.sealed else self._look_behind(segment, following)
        if resume >= 0:
            self._quarantine(resume)
            return True
        self._quarantine(end if following is None else following.base)
        self.close()
        self.finished = following is None
        return following is not None

    def _pass_suspicious_place(self, segment: SegmentFile) -> bool:
        """In a segment that is being written: a place that is bad twice, with good records behind it, is damage."""
        data = os.pread(self._file, RECORD_BYTES, HEADER_BYTES + self.position - segment.base)
        if not any(data):
            return False
        resume, _ = self._look_behind(segment, None)
        if resume >= 0 and self._suspect == self.position:
            self._quarantine(resume)
            return True
        self._suspect = self.position
        return False

    def _look_behind(self, segment: SegmentFile, following: SegmentFile | None) -> tuple[int, int]:
        """Position of the next whole record in a plain segment (-1: none), and of the end of its data."""
        offset = HEADER_BYTES + self.position - segment.base
        size = os.fstat(self._file).st_size if following is None else HEADER_BYTES + following.base - segment.base
        data = os.pread(self._file, max(size - offset, 0), offset)
        resume = resume_after_damage(data)
        return (self.position + resume if resume >= 0 else -1), self.position + len(data.rstrip(b"\0"))

    def _end_of_sealed(self, segment: SegmentFile) -> int:
        return SealedSegment(segment.path).index.end

    def _quarantine(self, position: int) -> None:
        if position > self.position:
            self.damages.append(Damage(self.stream, self.position, position))
            self.quarantined_bytes += position - self.position
            self.position = position


def read_all(directory: Path, stream: str, position: int = 0) -> Iterator[Record]:
    """Every record from a position to what is there now."""
    reader = StreamReader(directory, stream, position)
    try:
        while records := reader.read():
            yield from records
    finally:
        reader.close()
