"""Sealing, removing what all have read, and the proof that nothing else is missing."""

from __future__ import annotations

import io
from pathlib import Path

import msgspec
import pytest

from gatelog.clock import FixedClock
from gatelog.journal.inspect import cat, export, stat, verify
from gatelog.journal.reader import StreamReader, list_segments, list_streams, read_all
from gatelog.journal.retention import announce, announced, removed_segments, sweep, withdraw
from gatelog.journal.segment import HEADER_BYTES
from gatelog.journal.writer import JournalWriter

CLOCK = FixedClock()


def filled(directory: Path, records: int = 40, segment_bytes: int = 600) -> JournalWriter:
    writer = JournalWriter(directory, "gateway-0", CLOCK, segment_bytes=segment_bytes)
    for number in range(records):
        writer.append(msgspec.msgpack.encode({"type": "x", "n": number, "pad": "p" * 80}))
        writer.flush()
    return writer


def values(directory: Path, stream: str, position: int = 0) -> list[int]:
    return [msgspec.msgpack.decode(record.payload)["n"] for record in read_all(directory, stream, position)]


def test_nothing_goes_before_the_slowest_reader(tmp_path: Path) -> None:
    writer = filled(tmp_path)
    assert sweep(tmp_path, CLOCK).removed == 0
    positions = [record.position for record in read_all(tmp_path, writer.stream)]
    announce(tmp_path, "fast", {writer.stream: positions[-1]})
    announce(tmp_path, "slow", {writer.stream: positions[11]})
    swept = sweep(tmp_path, CLOCK)
    assert swept.removed >= 1 and swept.sealed >= 1
    assert values(tmp_path, writer.stream, positions[11]) == list(range(12, 40))
    withdraw(tmp_path, "slow")
    sweep(tmp_path, CLOCK)
    assert len(list_segments(tmp_path / writer.stream)) == 1
    writer.close()
    sweep(tmp_path, CLOCK)
    assert list_streams(tmp_path) == []
    assert verify(tmp_path).problems == ()
    assert sum(one.records for one in removed_segments(tmp_path)) == 40


def test_sealed_segments_read_the_same_at_every_position(tmp_path: Path) -> None:
    writer = filled(tmp_path)
    before = list(read_all(tmp_path, writer.stream))
    middle = StreamReader(tmp_path, writer.stream)
    first = middle.read(500)
    announce(tmp_path, "slow", {})
    assert sweep(tmp_path, CLOCK).sealed == len(list_segments(tmp_path / writer.stream)) - 1
    assert list(read_all(tmp_path, writer.stream)) == before
    for record in before:
        assert values(tmp_path, writer.stream, record.start)[0] == msgspec.msgpack.decode(record.payload)["n"]
    while some := middle.read(500):
        first += some
    assert first == before
    writer.close()


def test_spare_segments_are_kept_up_to_a_size(tmp_path: Path) -> None:
    writer = filled(tmp_path)
    announce(tmp_path, "workspace", {writer.stream: writer.written})
    swept = sweep(tmp_path, CLOCK, keep_bytes=2000)
    assert 0 < swept.kept_bytes <= 2000 and swept.removed
    assert verify(tmp_path).problems == ()
    writer.close()


def test_a_reader_whose_note_is_damaged_holds_everything(tmp_path: Path) -> None:
    writer = filled(tmp_path)
    announce(tmp_path, "sink", {writer.stream: writer.written})
    (tmp_path / "readers" / "sink.json").write_text("{")
    assert announced(tmp_path) == {"sink": {}}
    assert sweep(tmp_path, CLOCK).removed == 0
    writer.close()


def test_verify_notices_a_changed_record(tmp_path: Path) -> None:
    writer = filled(tmp_path)
    announce(tmp_path, "slow", {})
    sweep(tmp_path, CLOCK)
    assert verify(tmp_path).problems == ()
    folder = tmp_path / writer.stream
    records = list(read_all(tmp_path, writer.stream))
    sealed = list_segments(folder)[1]
    changed = [record for record in records if sealed.base <= record.start < list_segments(folder)[2].base]
    sealed.path.unlink()
    forged = JournalWriter(tmp_path / "forge", "gateway-0", CLOCK)
    for record in changed:
        forged.append(record.payload.replace(b"pp", b"qq"))
    forged.close()
    content = bytearray(list_segments(tmp_path / "forge" / forged.stream)[0].path.read_bytes())
    content[HEADER_BYTES - 64 : HEADER_BYTES] = header_like(sealed.base)
    (folder / sealed.path.with_suffix(".gj").name).write_bytes(content)
    assert any("does not continue the chain" in problem for problem in verify(tmp_path).problems)
    writer.close()


def header_like(base: int) -> bytes:
    from gatelog.journal.segment import SegmentHeader, encode_header

    return encode_header(SegmentHeader(base, CLOCK.now()))


def test_verify_notices_a_missing_segment_and_a_cut_end(tmp_path: Path) -> None:
    writer = filled(tmp_path)
    writer.close()
    (head,) = verify(tmp_path).heads
    assert head.position == writer.written
    anchors = {head.stream: head}
    assert verify(tmp_path, anchors).problems == ()
    segments = list_segments(tmp_path / writer.stream)
    last = segments[-1].path
    last.write_bytes(last.read_bytes()[: HEADER_BYTES + 100])
    assert any("records are missing" in problem for problem in verify(tmp_path, anchors).problems)
    segments[2].path.unlink()
    assert any("are missing or damaged" in problem for problem in verify(tmp_path, anchors).problems)


def test_a_damaged_sealed_segment_loses_its_block_only(tmp_path: Path) -> None:
    writer = filled(tmp_path)
    announce(tmp_path, "slow", {})
    sweep(tmp_path, CLOCK)
    sealed = list_segments(tmp_path / writer.stream)[1].path
    content = bytearray(sealed.read_bytes())
    content[-10] ^= 255
    sealed.write_bytes(content)
    reader = StreamReader(tmp_path, writer.stream)
    found = []
    while some := reader.read():
        found += some
    assert 30 < len(found) < 40 and reader.quarantined_bytes > 0
    content[70] ^= 255
    sealed.write_bytes(content)
    reader = StreamReader(tmp_path, writer.stream)
    again = []
    while some := reader.read():
        again += some
    assert again == found
    writer.close()


def test_people_can_look(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, "gateway-0", CLOCK)
    writer.append(msgspec.msgpack.encode({"type": "x", "body": b"text", "raw": b"\xff"}))
    writer.append(b"\xc1")
    writer.flush()
    entries = list(cat(tmp_path))
    assert entries[0].event == {"type": "x", "body": "text", "raw": "base64:/w=="}
    assert entries[1].event == {"undecodable": "base64:wQ=="}
    out = io.BytesIO()
    assert export(tmp_path, out) == 2 and out.getvalue().count(b"\n") == 2
    announce(tmp_path, "workspace", {writer.stream: 5})
    (facts,) = stat(tmp_path)
    assert (facts.alive, facts.records, facts.end, facts.readers) == (True, 2, writer.written, {"workspace": 5})
    writer.close()
    assert not stat(tmp_path)[0].alive


@pytest.mark.parametrize("version", [2, 900])
def test_a_newer_segment_is_refused_by_name(tmp_path: Path, version: int) -> None:
    from gatelog.journal.errors import DamagedSegment
    from gatelog.journal.segment import decode_header

    header = bytearray(header_like(0))
    header[8:10] = version.to_bytes(2, "little")
    with pytest.raises(DamagedSegment, match=f"x.gj has version {version} and was written by a newer gatelog"):
        decode_header(bytes(header), "x.gj")
