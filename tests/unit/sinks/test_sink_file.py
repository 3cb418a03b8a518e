"""JSON lines: each message once, whatever is repeated or torn."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gatelog.sinks.file import FileSink
from gatelog.sinks.interface import Message, SinkUnavailable


def message(
    position: int, body: bytes = b'{"a": 1}', stream: str = "gateway-0.1", partition_id: str = "0", key: str = ""
) -> Message:
    return Message("eh", stream, position, 1_700_000_000_000_000_000, f"call-{position}", partition_id, key, body)


def lines(folder: Path, partition: str = "0") -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "eh" / f"{partition}.jsonl").read_text().splitlines()]


def test_a_line_holds_the_message_and_where_it_came_from(tmp_path: Path) -> None:
    FileSink(tmp_path).deliver([message(10)])
    assert lines(tmp_path) == [
        {
            "time": "2023-11-14T22:13:20.000000Z",
            "message_id": "call-10",
            "partition_key": "",
            "body": {"a": 1},
            "stream": "gateway-0.1",
            "position": 10,
        }
    ]


def test_text_that_is_no_json_stays_text(tmp_path: Path) -> None:
    FileSink(tmp_path).deliver([message(1, b"plain \xff words")])
    assert lines(tmp_path)[0]["body"] == "plain � words"


def test_repeated_messages_are_written_once_also_after_a_restart(tmp_path: Path) -> None:
    FileSink(tmp_path).deliver([message(1), message(2), message(2)])
    restarted = FileSink(tmp_path)
    restarted.deliver([message(1), message(2), message(3), message(1, stream="gateway-1.9")])
    assert [(line["stream"], line["position"]) for line in lines(tmp_path)] == [
        ("gateway-0.1", 1),
        ("gateway-0.1", 2),
        ("gateway-0.1", 3),
        ("gateway-1.9", 1),
    ]


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_torn_last_line_is_cut_off_and_delivered_again(tmp_path: Path, cut: int) -> None:
    FileSink(tmp_path).deliver([message(1), message(2)])
    path = tmp_path / "eh" / "0.jsonl"
    path.write_bytes(path.read_bytes()[:-cut])
    FileSink(tmp_path).deliver([message(1), message(2), message(3)])
    assert [line["position"] for line in lines(tmp_path)] == [1, 2, 3]


def test_the_end_is_found_behind_a_very_long_line(tmp_path: Path) -> None:
    FileSink(tmp_path).deliver([message(1), message(2, b'"' + b"x" * 300_000 + b'"')])
    FileSink(tmp_path).deliver([message(2), message(3)])
    assert [line["position"] for line in lines(tmp_path)] == [1, 2, 3]


def test_keys_spread_over_the_partitions_and_stay_together(tmp_path: Path) -> None:
    sink = FileSink(tmp_path, partitions=4)
    places = {key: sink.partition_of(message(1, partition_id="", key=key)) for key in map(str, range(50))}
    assert set(places.values()) == {"0", "1", "2", "3"}
    assert sink.partition_of(message(2, partition_id="", key="7")) == places["7"]
    assert sink.partition_of(message(2, partition_id="")) == "0"


def test_a_refusing_disk_is_unavailable_not_lost(tmp_path: Path) -> None:
    (tmp_path / "eh").write_text("a file where the folder should be")
    with pytest.raises(SinkUnavailable, match="cannot write below"):
        FileSink(tmp_path).deliver([message(1)])
