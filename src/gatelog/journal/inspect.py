"""What people ask of a journal: `cat`, `stat`, `verify`, `export`."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from gatelog.journal.errors import DamagedSegment
from gatelog.journal.reader import StreamReader, list_segments, list_streams, read_all, writer_is_alive
from gatelog.journal.retention import Removed, announced, closed_segments, removed_segments, stretch_of
from gatelog.journal.seal import SealedSegment
from gatelog.journal.segment import chain, first_link


@dataclass(frozen=True, slots=True)
class Entry:
    """One record for people."""

    stream: str
    position: int
    event: Mapping[str, Any]
    """The record's msgpack map; binary that is UTF-8 as text, other binary as `base64:...`."""


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """One stream in numbers."""

    stream: str
    alive: bool
    """A process is writing it."""
    segments: int
    sealed: int
    bytes_on_disk: int
    records: int
    end: int
    quarantined_bytes: int
    removed_segments: int
    readers: Mapping[str, int]
    """Reader -> position."""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a stream's chain: keep it elsewhere, and `verify` can prove that everything before is unchanged."""

    stream: str
    position: int
    link: str
    """Hex of the hash over all records before `position`."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What `verify` found."""

    heads: tuple[Head, ...]
    problems: tuple[str, ...]
    """Empty: nothing was changed, and nothing was removed but what retention noted."""
    records: int


def cat(directory: Path, stream: str = "", position: int = 0) -> Iterator[Entry]:
    """Every record, of one stream or all, oldest stream first."""
    for name in [stream] if stream else list_streams(directory):
        for record in read_all(directory, name, position):
            yield Entry(name, record.start, _readable_event(record.payload))


def export(directory: Path, to: BinaryIO, stream: str = "") -> int:
    """Write every record as a JSON line; returns how many."""
    count = 0
    for entry in cat(directory, stream):
        line = {"stream": entry.stream, "position": entry.position, **entry.event}
        to.write(msgspec.json.encode(line) + b"\n")
        count += 1
    return count


def stat(directory: Path) -> list[StreamFacts]:
    """Numbers of every stream; reads all records."""
    readers = announced(directory)
    removed = removed_segments(directory)
    facts = []
    for stream in list_streams(directory):
        segments = list_segments(directory / stream)
        reader = StreamReader(directory, stream, segments[0].base if segments else 0)
        records = 0
        while found := reader.read():
            records += len(found)
        reader.close()
        facts.append(
            StreamFacts(
                stream,
                writer_is_alive(directory / stream),
                len(segments),
                sum(segment.sealed for segment in segments),
                sum(segment.path.stat().st_blocks * 512 for segment in segments),
                records,
                reader.position,
                reader.quarantined_bytes,
                sum(one.stream == stream for one in removed),
                {name: positions.get(stream, 0) for name, positions in readers.items()},
            )
        )
    return facts


def verify(directory: Path, anchors: Mapping[str, Head] | None = None) -> Verification:
    """Compute the chain of every stream again and compare it with what was noted when segments were sealed or removed,
    and with heads that were kept elsewhere."""
    problems: list[str] = []
    heads: list[Head] = []
    total = 0
    removed = removed_segments(directory)
    streams = list(dict.fromkeys([one.stream for one in removed] + list_streams(directory)))
    for stream in streams:
        gone = [one for one in removed if one.stream == stream]
        head, records = _verify_stream(directory, stream, gone, (anchors or {}).get(stream), problems)
        heads.append(head)
        total += records
    problems.extend(f"stream {name} is gone and was not removed by retention" for name in anchors or {} if name not in streams)
    return Verification(tuple(heads), tuple(problems), total)


def _verify_stream(
    directory: Path, stream: str, gone: list[Removed], anchor: Head | None, problems: list[str]
) -> tuple[Head, int]:
    position, link = _follow_removed(stream, gone, anchor, problems)
    seen_anchor = anchor is None or any(one.end == anchor.position for one in gone) or anchor.position == 0
    total = 0
    ends = {closed.file.base: closed for closed in closed_segments(directory, stream)}
    for segment in list_segments(directory / stream):
        if segment.base != position:
            problems.append(f"{segment.path}: begins at {segment.base}, expected {position}: a segment is missing")
        closed = ends.get(segment.base)
        records = (
            list(stretch_of(directory, stream, closed).records) if closed else list(read_all(directory, stream, segment.base))
        )
        if anchor is not None and not seen_anchor:
            at_anchor, _ = chain(link, iter([record for record in records if record.position <= anchor.position]))
            if any(record.position == anchor.position for record in records):
                seen_anchor = True
                if at_anchor.hex() != anchor.link:
                    problems.append(f"{stream}: records before {anchor.position} differ from the kept head {anchor.link}")
        after, count = chain(link, iter(records))
        total += count
        if segment.sealed:
            problems += _compare_sealed(SealedSegment(segment.path), link, after, count)
        elif closed and (records[-1].position if records else segment.base) != closed.end:
            reached = records[-1].position if records else segment.base
            problems.append(f"{segment.path}: records between {reached} and {closed.end} are missing or damaged")
        link = after
        position = closed.end if closed else (records[-1].position if records else segment.base)
    if not seen_anchor and anchor is not None:
        problems.append(f"{stream}: ends before the kept head at {anchor.position}: records are missing")
    return Head(stream, position, link.hex()), total


def _follow_removed(stream: str, gone: list[Removed], anchor: Head | None, problems: list[str]) -> tuple[int, bytes]:
    """Walk the notes about removed segments; the position and link behind them."""
    position, link = 0, first_link(stream).hex()
    for one in gone:
        if one.base != position or one.chain_before != link:
            problems.append(f"{stream}: the notes about removed segments do not continue at {position}")
        position, link = one.end, one.chain_after
        if anchor is not None and anchor.position == position and anchor.link != link:
            problems.append(f"{stream}: the removed records before {position} differ from the kept head {anchor.link}")
    return position, bytes.fromhex(link)


def _compare_sealed(sealed: SealedSegment, before: bytes, after: bytes, count: int) -> Iterator[str]:
    index, name = sealed.index, f"{sealed.index.stream} segment {sealed.index.base}"
    if index.chain_before != before.hex():
        yield f"{name}: does not continue the chain: a record before it was changed or removed"
    if index.records != count:
        yield f"{name}: holds {count} records, {index.records} were sealed"
    elif index.chain_before == before.hex() and index.chain_after != after.hex():
        yield f"{name}: a record was changed after it was sealed"


def _readable_event(payload: bytes) -> dict[str, Any]:
    try:
        event = msgspec.msgpack.decode(payload)
    except msgspec.DecodeError:
        return {"undecodable": _readable(payload)}
    readable = _readable(event)
    return readable if isinstance(readable, dict) else {"value": readable}


def _readable(value: Any) -> Any:
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return "base64:" + base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {str(key): _readable(item) for key, item in value.items()}
    return [_readable(item) for item in value] if isinstance(value, list) else value


__all__ = ["DamagedSegment", "Entry", "Head", "StreamFacts", "Verification", "cat", "export", "stat", "verify"]
