"""Writing and reading back, also after cuts and bit flips."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from gatelog.clock import FixedClock
from gatelog.journal.reader import StreamReader, list_segments, list_streams, read_all
from gatelog.journal.segment import HEADER_BYTES
from gatelog.journal.writer import JournalWriter

payloads = st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=30)


def write(directory: Path, records: list[bytes], **options: int) -> str:
    writer = JournalWriter(directory, "gateway-0", FixedClock(), **options)  # type: ignore[arg-type]
    for record in records:
        writer.append(record)
        writer.flush()
    writer.close()
    return writer.stream


def test_what_is_written_is_read_once_while_the_writer_lives(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, "gateway-0", FixedClock())
    reader = StreamReader(tmp_path, writer.stream)
    assert reader.read() == [] and not reader.finished
    position = writer.append(b"one")
    assert reader.read() == []
    writer.append(b"two" * 40_000)
    writer.flush()
    records = reader.read()
    assert [record.payload for record in records] == [b"one", b"two" * 40_000]
    assert records[0].position == position
    assert reader.read() == [] and not reader.finished
    writer.append(b"three")
    writer.close()
    assert [record.payload for record in reader.read()] == [b"three"]
    assert reader.read() == [] and reader.finished
    assert reader.quarantined_bytes == 0


@settings(max_examples=30, deadline=None)
@given(payloads, st.integers(200, 2000), st.integers(1, 4000))
def test_segments_do_not_show(records: list[bytes], segment_bytes: int, limit: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        stream = write(Path(folder), records, segment_bytes=segment_bytes)
        reader = StreamReader(Path(folder), stream)
        found = []
        while some := reader.read(limit):
            found += some
        assert [record.payload for record in found] == records
        assert reader.finished and not reader.damages
        middle = found[len(found) // 2]
        assert [record.payload for record in read_all(Path(folder), stream, middle.start)] == records[len(found) // 2 :]


@settings(max_examples=60, deadline=None)
@given(payloads, st.data())
def test_a_cut_keeps_every_whole_record_before_it(records: list[bytes], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        stream = write(Path(folder), records)
        path = list_segments(Path(folder) / stream)[0].path
        size = path.stat().st_size
        cut = data.draw(st.integers(HEADER_BYTES, size))
        with path.open("r+b") as file:
            file.truncate(cut)
        reader = StreamReader(Path(folder), stream)
        found = reader.read()
        assert [record.payload for record in found] == records[: len(found)]
        ends, position = [], 0
        for record in records:
            position += 12 + len(record)
            ends.append(position)
        assert len(found) == sum(end <= cut - HEADER_BYTES for end in ends)
        assert reader.read() == [] and reader.finished


@settings(max_examples=100, deadline=None)
@given(payloads, st.data(), st.booleans())
def test_a_flipped_bit_costs_one_record(records: list[bytes], data: st.DataObject, small: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        stream = write(Path(folder), records, segment_bytes=300 if small else 1 << 20)
        segments = list_segments(Path(folder) / stream)
        path = data.draw(st.sampled_from(segments)).path
        content = bytearray(path.read_bytes())
        bit = data.draw(st.integers(HEADER_BYTES * 8, len(content) * 8 - 1))
        content[bit // 8] ^= 1 << (bit % 8)
        path.write_bytes(content)
        reader = StreamReader(Path(folder), stream)
        found = []
        while some := reader.read():
            found += [record.payload for record in some]
        assert reader.finished
        assert len(found) == len(records) - 1 and reader.quarantined_bytes > 0
        missing = iter(records)
        assert all(payload in missing for payload in found)


@settings(max_examples=40, deadline=None)
@given(payloads, st.binary(min_size=1, max_size=200), st.data())
def test_any_garbage_is_survived(records: list[bytes], garbage: bytes, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        stream = write(Path(folder), records, segment_bytes=500)
        path = data.draw(st.sampled_from(list_segments(Path(folder) / stream))).path
        content = path.read_bytes()
        at = data.draw(st.integers(0, len(content)))
        path.write_bytes(content[:at] + garbage + content[at + len(garbage) :])
        reader = StreamReader(Path(folder), stream)
        while reader.read():
            pass
        assert reader.finished


def test_damage_in_a_living_stream_is_passed_when_it_stays(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, "gateway-0", FixedClock())
    writer.append(b"bad")
    writer.append(b"good")
    writer.flush()
    path = list_segments(tmp_path / writer.stream)[0].path
    with path.open("r+b") as file:
        file.seek(HEADER_BYTES + 12)
        file.write(b"x")
    reader = StreamReader(tmp_path, writer.stream)
    assert reader.read() == []
    assert [record.payload for record in reader.read()] == [b"good"]
    assert reader.quarantined_bytes == 15
    writer.close()


def test_streams_are_listed_by_age_and_half_made_ones_are_not(tmp_path: Path) -> None:
    clock = FixedClock()
    first = JournalWriter(tmp_path, "zeta", clock)
    clock.advance(1)
    second = JournalWriter(tmp_path, "alpha", clock)
    (tmp_path / ".new-x.0000000000000000-1").mkdir()
    (tmp_path / "readers").mkdir()
    assert list_streams(tmp_path) == [first.stream, second.stream]
    assert list_streams(tmp_path / "nowhere") == []
    first.close()
    second.close()
