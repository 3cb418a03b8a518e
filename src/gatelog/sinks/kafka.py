"""The Kafka sink: Apache Kafka, and Azure Event Hubs by its Kafka endpoint
(learn.microsoft.com/azure/event-hubs/azure-event-hubs-kafka-overview). Idempotent producer, acknowledged by all replicas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gatelog.sinks.interface import Message, SinkMisconfigured, SinkUnavailable

try:
    import confluent_kafka
except ImportError:  # an extra: pip install gatelog[kafka]
    confluent_kafka = None  # type: ignore[assignment]

FLUSH_SECONDS = 30.0
ANY_PARTITION = -1
"""librdkafka chooses: by the key, else in turn."""


def event_hubs_options(connection_string: str) -> dict[str, str]:
    """Producer options for a namespace's connection string (`Endpoint=sb://NAME.servicebus.windows.net/;SharedAccessKey...`)."""
    parts = dict(part.split("=", 1) for part in connection_string.split(";") if "=" in part)
    host = parts.get("Endpoint", "").removeprefix("sb://").strip("/")
    if not host:
        raise SinkMisconfigured("connection string: expected Endpoint=sb://NAMESPACE/, found none")
    if parts.get("UseDevelopmentEmulator", "").lower() == "true":
        return {"bootstrap.servers": f"{host}:9092"}
    return {
        "bootstrap.servers": f"{host}:9093",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "$ConnectionString",
        "sasl.password": connection_string,
    }


class KafkaSink:
    """Produces to one topic (an event hub is a topic). `options` are librdkafka's own."""

    def __init__(self, topic: str, options: Mapping[str, str | int | bool]) -> None:
        if confluent_kafka is None:
            raise SinkMisconfigured("delivering to Kafka or Event Hubs needs the extra: pip install 'gatelog[kafka]'")
        self._topic = topic
        self._producer = confluent_kafka.Producer(
            {"enable.idempotence": True, "linger.ms": 5, "message.timeout.ms": int(FLUSH_SECONDS * 1000), **options}
        )

    def deliver(self, messages: Sequence[Message]) -> None:
        """Produce all and wait for their acknowledgements."""
        failures: list[str] = []
        for message in messages:
            self._produce(message, failures)
        left = self._producer.flush(FLUSH_SECONDS)
        if left or failures:
            self._producer.purge()
            raise SinkUnavailable(failures[0] if failures else f"{left} messages were not acknowledged in {FLUSH_SECONDS:.0f} s")

    def _produce(self, message: Message, failures: list[str]) -> None:
        def acknowledged(error: object, _message: object) -> None:
            if error is not None:
                failures.append(str(error))

        partition = int(message.partition_id) if message.partition_id.isdigit() else ANY_PARTITION
        while True:
            try:
                self._producer.produce(
                    self._topic,
                    value=message.body,
                    key=message.partition_key or None,
                    partition=partition,
                    timestamp=message.time // 1_000_000,
                    headers={"message-id": message.message_id, "logger-id": message.logger_id},
                    on_delivery=acknowledged,
                )
            except BufferError:
                self._producer.poll(0.1)
                continue
            except confluent_kafka.KafkaException as error:
                raise SinkUnavailable(str(error)) from error
            return

    def close(self) -> None:
        """Wait for what is under way."""
        self._producer.flush(FLUSH_SECONDS)
