"""The bytes of a journal segment: header, records, hash chain. Pure; docs/journal-format.md says it for other programs.

A stream is a sequence of records. A *position* counts the bytes of its records, headers of segments left out, so it says the
same before and after a segment is compressed. Integers are little-endian.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import google_crc32c

from gatelog.journal.errors import DamagedSegment

MAGIC = b"GATELOGJ"
VERSION = 1
HEADER_BYTES = 64
PLAIN, SEALED = 0, 1
"""Kinds of segment: records as they were appended, or zstd blocks behind an index."""

RECORD_BYTES = 12
"""Of a record's head: length, checksum, kind, flags, mark."""
EVENT = 1
"""Kind of a record that holds one msgpack event (`gatelog.record.events`)."""
MARK = 0x4A67
SIGNATURE = struct.pack("<BBH", EVENT, 0, MARK)
"""The four bytes that end every record head: where reading can resume after damage."""

pack_head = struct.Struct("<IIBBH").pack
unpack_head = struct.Struct("<IIBBH").unpack_from
checksum_from: int = google_crc32c.value(SIGNATURE)
"""CRC32C of the signature; a record's checksum goes on from here over its payload."""
extend_checksum = google_crc32c.extend

_HEADER = struct.Struct("<8sHHIQQ28s")
CHAIN_BYTES = 32


@dataclass(frozen=True, slots=True)
class SegmentHeader:
    """The first 64 bytes of a segment file."""

    base: int
    """Position of its first record."""
    created: int
    """ns since 1970."""
    kind: int = PLAIN


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a stream."""

    start: int
    position: int
    """Where the next record starts."""
    payload: bytes


@dataclass(frozen=True, slots=True)
class Parsed:
    """What one piece of a segment held."""

    records: list[Record]
    consumed: int
    """Bytes up to the end of the last whole record."""
    clean: bool
    """True: what follows is zeros or nothing; False: bytes that are no whole record (being written, or damaged)."""


def encode_header(header: SegmentHeader) -> bytes:
    """Header -> 64 bytes."""
    head = _HEADER.pack(MAGIC, VERSION, HEADER_BYTES, header.kind, header.base, header.created, b"")
    return head + struct.pack("<I", google_crc32c.value(head))


def decode_header(data: bytes, name: str) -> SegmentHeader:
    """64 bytes -> header. Raises `DamagedSegment` that names the file."""
    if len(data) < HEADER_BYTES or data[:8] != MAGIC:
        raise DamagedSegment(f"{name} is not a journal segment")
    _, version, _, kind, base, created, _ = _HEADER.unpack_from(data)
    if version > VERSION:
        raise DamagedSegment(f"{name} has version {version} and was written by a newer gatelog; this one reads up to {VERSION}")
    (checksum,) = struct.unpack_from("<I", data, HEADER_BYTES - 4)
    if checksum != google_crc32c.value(data[: HEADER_BYTES - 4]) or kind not in (PLAIN, SEALED):
        raise DamagedSegment(f"{name} has a damaged header")
    return SegmentHeader(base, created, kind)


def encode_record(payload: bytes) -> bytes:
    """Payload -> head and payload. The payload must not be empty."""
    return pack_head(len(payload), extend_checksum(checksum_from, payload), EVENT, 0, MARK) + payload


def parse(data: bytes, position: int) -> Parsed:
    """Whole records from the beginning of `data`, whose first byte stands at `position`."""
    records: list[Record] = []
    offset, end = 0, len(data)
    while end - offset >= RECORD_BYTES:
        length, checksum, kind, flags, mark = unpack_head(data, offset)
        stop = offset + RECORD_BYTES + length
        if length == 0 or stop > end or mark != MARK or kind != EVENT or flags:
            break
        payload = data[offset + RECORD_BYTES : stop]
        if extend_checksum(checksum_from, payload) != checksum:
            break
        records.append(Record(position + offset, position + stop, payload))
        offset = stop
    return Parsed(records, offset, not any(data[offset : offset + RECORD_BYTES]))


def announced_length(data: bytes, offset: int = 0) -> int:
    """Bytes of the record whose head stands at `offset`, if that is a head; else 0."""
    if len(data) - offset < RECORD_BYTES:
        return 0
    length, _, kind, flags, mark = unpack_head(data, offset)
    return RECORD_BYTES + length if length and mark == MARK and kind == EVENT and not flags else 0


def resume_after_damage(data: bytes) -> int:
    """Offset of the next whole record behind a damaged place at offset 0; -1 when there is none in `data`."""
    at = data.find(SIGNATURE, 1)
    while at >= 0:
        start = at - (RECORD_BYTES - len(SIGNATURE))
        size = announced_length(data, start) if start > 0 else 0
        if size and start + size <= len(data) and parse(data[start : start + size], 0).records:
            return start
        at = data.find(SIGNATURE, at + 1)
    return -1


def first_link(stream: str) -> bytes:
    """The hash that a stream's chain starts from."""
    return hashlib.blake2b(b"gatelog journal " + stream.encode(), digest_size=CHAIN_BYTES).digest()


def chain(link: bytes, records: Iterator[Record]) -> tuple[bytes, int]:
    """The chain after `records` and how many they were: each link hashes the one before and the payload."""
    count = 0
    for record in records:
        link = hashlib.blake2b(link + record.payload, digest_size=CHAIN_BYTES).digest()
        count += 1
    return link, count
