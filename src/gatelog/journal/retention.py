"""Retention: who has read how far, what is sealed, and what may go."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from gatelog.clock import Clock
from gatelog.journal.errors import DamagedSegment
from gatelog.journal.reader import SegmentFile, StreamReader, list_segments, list_streams, writer_is_alive
from gatelog.journal.seal import SealedSegment, Stretch, write_sealed
from gatelog.journal.segment import Record, chain, first_link


class _Announcement(msgspec.Struct):
    positions: dict[str, int]


class Removed(msgspec.Struct, frozen=True, kw_only=True):
    """A line of `removed.jsonl`: a segment that is gone, with its links, so that the chain stays whole."""

    stream: str
    base: int
    end: int
    records: int
    chain_before: str
    chain_after: str
    removed: int
    """ns since 1970."""
    reason: str = "read by all"


@dataclass(frozen=True, slots=True)
class Closed:
    """A segment that gets no more records."""

    file: SegmentFile
    end: int


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did."""

    sealed: int = 0
    removed: int = 0
    kept_bytes: int = 0


def announce(directory: Path, reader: str, positions: Mapping[str, int]) -> None:
    """Say how far a reader is: what lies before is not needed by it any more. One file, replaced as a whole."""
    folder = directory / "readers"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = folder / f".{reader}.new"
    temporary.write_bytes(msgspec.json.encode(_Announcement(dict(positions))))
    os.replace(temporary, folder / f"{reader}.json")


def withdraw(directory: Path, reader: str) -> None:
    """A reader is no more: nothing waits for it."""
    (directory / "readers" / f"{reader}.json").unlink(missing_ok=True)


def announced(directory: Path) -> dict[str, dict[str, int]]:
    """Reader -> stream -> position. A file that cannot be read counts as a reader at the beginning."""
    found: dict[str, dict[str, int]] = {}
    for path in sorted((directory / "readers").glob("*.json")):
        try:
            found[path.stem] = msgspec.json.decode(path.read_bytes(), type=_Announcement).positions
        except (msgspec.DecodeError, OSError):
            found[path.stem] = {}
    return found


def removed_segments(directory: Path) -> list[Removed]:
    """Everything that was ever removed, in order; a torn last line is left out."""
    try:
        lines = (directory / "removed.jsonl").read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        try:
            found.append(msgspec.json.decode(line, type=Removed))
        except msgspec.DecodeError:
            continue
    return found


def closed_segments(directory: Path, stream: str) -> list[Closed]:
    """The closed segments of a stream in order: all of them when the writer is gone, else all but the last."""
    alive = writer_is_alive(directory / stream)
    segments = list_segments(directory / stream)
    closed = [Closed(one, following.base) for one, following in zip(segments, segments[1:], strict=False)]
    if segments and not alive:
        closed.append(Closed(segments[-1], _end_of_last(directory, stream, segments[-1])))
    return closed


def sweep(directory: Path, clock: Clock, keep_bytes: int = 0) -> Swept:
    """Remove closed segments that every announced reader has behind it, oldest first, until those that remain of them
    take at most `keep_bytes`; seal the other closed ones. Nothing happens before a reader has announced itself."""
    readers = announced(directory)
    if not readers:
        return Swept()
    links = _last_links(directory)
    sealed = removed = 0
    spare = _consumed_bytes(directory, readers) - keep_bytes
    kept = 0
    for stream in list_streams(directory):
        link = links.get(stream, first_link(stream).hex())
        may_remove = True
        for closed in closed_segments(directory, stream):
            size = closed.file.path.stat().st_size
            if may_remove and spare > 0 and _is_consumed(closed, stream, readers):
                link = _remove(directory, stream, closed, link, clock.now())
                removed += 1
                spare -= size
                continue
            may_remove = False
            if not closed.file.sealed:
                link = _seal(directory, stream, closed, link, clock.now())
                sealed += 1
            else:
                link = SealedSegment(closed.file.path).index.chain_after
            kept += size
        _remove_empty(directory, stream)
    return Swept(sealed, removed, kept)


def _consumed_bytes(directory: Path, readers: Mapping[str, Mapping[str, int]]) -> int:
    return sum(
        closed.file.path.stat().st_size
        for stream in list_streams(directory)
        for closed in closed_segments(directory, stream)
        if _is_consumed(closed, stream, readers)
    )


def _is_consumed(closed: Closed, stream: str, readers: Mapping[str, Mapping[str, int]]) -> bool:
    return all(positions.get(stream, 0) >= closed.end for positions in readers.values())


def _last_links(directory: Path) -> dict[str, str]:
    """Stream -> the link behind its removed segments."""
    return {one.stream: one.chain_after for one in removed_segments(directory)}


def _end_of_last(directory: Path, stream: str, segment: SegmentFile) -> int:
    if segment.sealed:
        try:
            return SealedSegment(segment.path).index.end
        except DamagedSegment:
            return segment.base
    reader = StreamReader(directory, stream, segment.base)
    while reader.read():
        continue
    reader.close()
    return reader.position


def stretch_of(directory: Path, stream: str, closed: Closed) -> Stretch:
    """The whole records of a closed segment."""
    return Stretch(tuple(_records(directory, stream, closed)), closed.end)


def _records(directory: Path, stream: str, closed: Closed) -> Iterator[Record]:
    reader = StreamReader(directory, stream, closed.file.base)
    try:
        while reader.position < closed.end and (found := reader.read()):
            yield from (record for record in found if record.start < closed.end)
    finally:
        reader.close()


def _seal(directory: Path, stream: str, closed: Closed, link: str, now: int) -> str:
    stretch = stretch_of(directory, stream, closed)
    target = closed.file.path.with_suffix(".gjz")
    index = write_sealed(target, stream, closed.file.base, now, stretch, bytes.fromhex(link))
    closed.file.path.unlink()
    return index.chain_after


def _remove(directory: Path, stream: str, closed: Closed, link: str, now: int) -> str:
    """Delete a segment, its place in the chain first."""
    after, count = chain(bytes.fromhex(link), iter(stretch_of(directory, stream, closed).records))
    line = Removed(
        stream=stream,
        base=closed.file.base,
        end=closed.end,
        records=count,
        chain_before=link,
        chain_after=after.hex(),
        removed=now,
    )
    with (directory / "removed.jsonl").open("ab") as file:
        file.write(msgspec.json.encode(line) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    closed.file.path.unlink()
    return after.hex()


def _remove_empty(directory: Path, stream: str) -> None:
    """Remove the folder of a stream that has ended and has no segment left."""
    if not list_segments(directory / stream) and not writer_is_alive(directory / stream):
        shutil.rmtree(directory / stream, ignore_errors=True)
