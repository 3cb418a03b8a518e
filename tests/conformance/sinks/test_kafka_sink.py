"""The Kafka sink against librdkafka's mock cluster: a protocol-level double in this process (the registries have no broker)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gatelog.sinks.interface import Message, SinkUnavailable
from gatelog.sinks.kafka import KafkaSink

confluent_kafka = pytest.importorskip("confluent_kafka")


@pytest.fixture
def brokers() -> Iterator[str]:
    """A mock cluster lives as long as the client that made it."""
    owner = confluent_kafka.Producer({"test.mock.num.brokers": 3, "bootstrap.servers": "unused"})
    metadata = owner.list_topics(timeout=10)
    yield ",".join(f"{broker.host}:{broker.port}" for broker in metadata.brokers.values())
    owner.flush(1)


def message(number: int, partition: str = "", key: str = "") -> Message:
    return Message("eh", "s", number, 1_700_000_000_000_000_000, f"call-{number}", partition, key, b'{"n": %d}' % number)


def test_messages_arrive_in_order_with_their_ids(brokers: str) -> None:
    sink = KafkaSink("llm-events", {"bootstrap.servers": brokers})
    sink.deliver([message(number, partition="0") for number in range(100)])
    sink.close()
    consumer = confluent_kafka.Consumer({"bootstrap.servers": brokers, "group.id": "t", "auto.offset.reset": "earliest"})
    consumer.subscribe(["llm-events"])
    got = []
    while len(got) < 100:
        found = consumer.poll(20)
        assert found is not None and found.error() is None
        got.append((found.value(), dict(found.headers())["message-id"]))
    consumer.close()
    assert got == [(b'{"n": %d}' % number, b"call-%d" % number) for number in range(100)]


def test_an_absent_cluster_is_unavailable() -> None:
    sink = KafkaSink("t", {"bootstrap.servers": "127.0.0.1:1", "message.timeout.ms": 500})
    with pytest.raises(SinkUnavailable):
        sink.deliver([message(1)])
    sink.close()
