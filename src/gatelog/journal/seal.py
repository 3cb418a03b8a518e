"""Sealing: a closed segment becomes zstd blocks behind an index that also holds its place in the hash chain."""

from __future__ import annotations

import bisect
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import google_crc32c
import msgspec
import zstandard

from gatelog.journal.errors import DamagedSegment
from gatelog.journal.segment import (
    HEADER_BYTES,
    SEALED,
    Record,
    SegmentHeader,
    chain,
    decode_header,
    encode_header,
    encode_record,
    parse,
)

BLOCK_BYTES = 256 << 10
_LENGTH = struct.Struct("<II")


class SealIndex(msgspec.Struct, frozen=True, kw_only=True):
    """What stands between a sealed segment's header and its blocks, as JSON."""

    stream: str
    base: int
    end: int
    """Position behind its last record."""
    records: int
    chain_before: str
    """Hex; the link that the first record continues."""
    chain_after: str
    damaged: list[tuple[int, int]] = []
    """Positions [from, to) that held no whole record when it was sealed."""
    blocks: list[tuple[int, int, int]] = []
    """(position, uncompressed bytes, compressed bytes) of each block, in order."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a closed segment holds: runs of records, and the damage between them."""

    records: tuple[Record, ...]
    end: int


class SealedSegment:
    """Reads a sealed segment."""

    def __init__(self, path: Path) -> None:
        """Raises `DamagedSegment` and `OSError`."""
        self._path = path
        with path.open("rb") as file:
            self.header = decode_header(file.read(HEADER_BYTES), str(path))
            lengths = file.read(_LENGTH.size)
            if self.header.kind != SEALED or len(lengths) < _LENGTH.size:
                raise DamagedSegment(f"{path} is not a sealed segment")
            size, checksum = _LENGTH.unpack(lengths)
            index = file.read(size)
        if google_crc32c.value(index) != checksum:
            raise DamagedSegment(f"{path} has a damaged index")
        self.index = msgspec.json.decode(index, type=SealIndex)
        self._data_offset = HEADER_BYTES + _LENGTH.size + size

    def records_from(self, position: int, limit: int) -> list[Record]:
        """Whole records from a position on, about `limit` bytes; damaged blocks are left out."""
        found: list[Record] = []
        size = 0
        for record in self.records(position):
            found.append(record)
            size += record.position - record.start
            if size >= limit:
                break
        return found

    def records(self, position: int = 0) -> Iterator[Record]:
        """Every whole record from a position on."""
        blocks = self.index.blocks
        first = max(bisect.bisect_right([block[0] for block in blocks], position) - 1, 0)
        offsets = list(accumulate((block[2] for block in blocks), initial=self._data_offset))
        with self._path.open("rb") as file:
            for (start, raw, compressed), offset in zip(blocks[first:], offsets[first:], strict=False):
                file.seek(offset)
                data = _decompress(file.read(compressed), raw)
                yield from (record for record in parse(data, start).records if record.start >= position)


def write_sealed(path: Path, stream: str, base: int, created: int, stretch: Stretch, link: bytes) -> SealIndex:
    """Write the sealed form of a segment to `path` (through a temporary file, synced), and give back its index."""
    after, count = chain(link, iter(stretch.records))
    compressor = zstandard.ZstdCompressor(level=3)
    blocks: list[tuple[int, int, int]] = []
    pieces: list[bytes] = []
    damaged: list[tuple[int, int]] = []
    position = base
    for start, raw in _blocks(stretch.records):
        if start > position:
            damaged.append((position, start))
        packed = compressor.compress(raw)
        blocks.append((start, len(raw), len(packed)))
        pieces.append(packed)
        position = start + len(raw)
    if stretch.end > position:
        damaged.append((position, stretch.end))
    index = SealIndex(
        stream=stream,
        base=base,
        end=stretch.end,
        records=count,
        chain_before=link.hex(),
        chain_after=after.hex(),
        damaged=damaged,
        blocks=blocks,
    )
    text = msgspec.json.encode(index)
    temporary = path.with_suffix(".sealing")
    with temporary.open("wb") as file:
        file.write(encode_header(SegmentHeader(base, created, SEALED)))
        file.write(_LENGTH.pack(len(text), google_crc32c.value(text)))
        file.write(text)
        file.writelines(pieces)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    return index


def _blocks(records: tuple[Record, ...]) -> Iterator[tuple[int, bytes]]:
    """Records side by side, in pieces of about `BLOCK_BYTES`; a new piece starts behind damage."""
    start, position, size = -1, -1, 0
    parts: list[bytes] = []
    for record in records:
        if parts and (record.start != position or size >= BLOCK_BYTES):
            yield start, b"".join(parts)
            parts, size = [], 0
        if not parts:
            start = record.start
        parts.append(encode_record(record.payload))
        position = record.position
        size += record.position - record.start
    if parts:
        yield start, b"".join(parts)


def _decompress(data: bytes, size: int) -> bytes:
    try:
        return zstandard.ZstdDecompressor().decompress(data, max_output_size=size)
    except zstandard.ZstdError:
        return b""
