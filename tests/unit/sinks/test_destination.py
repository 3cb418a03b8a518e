"""Which sink a logger means."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatelog.catalog.entities import Logger
from gatelog.sinks.destination import destination_of, open_sink
from gatelog.sinks.file import FileSink
from gatelog.sinks.interface import SinkMisconfigured
from gatelog.sinks.kafka import event_hubs_options

HUB = "Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=c2VjcmV0="


def test_the_setting_wins_over_the_credentials() -> None:
    logger = Logger(id="eh", credentials=(("connectionString", HUB), ("name", "hub")))
    assert destination_of(logger, {"sink:eh": "kafka://b:9092/t"}, Path("/d")) == "kafka://b:9092/t"
    assert destination_of(logger, {}, Path("/d")) == "eventhubs:"
    assert destination_of(Logger(id="eh"), {}, Path("/d")) == "file:/d"


def test_event_hubs_are_reached_by_their_kafka_endpoint() -> None:
    options = event_hubs_options(HUB)
    assert options["bootstrap.servers"] == "ns.servicebus.windows.net:9093"
    assert (options["sasl.username"], options["sasl.password"]) == ("$ConnectionString", HUB)


def test_a_file_destination_takes_partitions(tmp_path: Path) -> None:
    sink = open_sink(f"file:{tmp_path}?partitions=9", Logger(id="eh"))
    assert isinstance(sink, FileSink)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://x", "expected one of file, kafka, eventhubs"),
        ("kafka://host:9092", "expected kafka://HOST:PORT/TOPIC"),
        ("file:", "expected file:FOLDER"),
    ],
)
def test_wrong_urls_say_what_was_expected(url: str, message: str) -> None:
    with pytest.raises(SinkMisconfigured, match=message):
        open_sink(url, Logger(id="eh"))


def test_a_connection_string_without_endpoint_is_refused() -> None:
    with pytest.raises(SinkMisconfigured, match="expected Endpoint=sb://"):
        event_hubs_options("SharedAccessKeyName=x")
