"""Which sink a logger means.

| logger | sink |
| --- | --- |
| setting `sink:{logger}` = `file:FOLDER` | JSON lines below FOLDER |
| setting `sink:{logger}` = `kafka://HOST:PORT/TOPIC` | Kafka |
| credentials with `connectionString` and `name` | Azure Event Hubs |
| anything else | JSON lines below the data folder |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from gatelog.catalog.entities import Logger
from gatelog.sinks.file import FileSink
from gatelog.sinks.interface import Sink, SinkMisconfigured
from gatelog.sinks.kafka import KafkaSink, event_hubs_options

DEFAULT_PARTITIONS = 4


def _file(url: str, _logger: Logger) -> Sink:
    parts = urlsplit(url)
    folder = parts.path or parts.netloc
    if not folder:
        raise SinkMisconfigured(f"{url!r}: expected file:FOLDER")
    return FileSink(Path(folder), int(dict(parse_qsl(parts.query)).get("partitions", DEFAULT_PARTITIONS)))


def _kafka(url: str, _logger: Logger) -> Sink:
    parts = urlsplit(url)
    topic = parts.path.strip("/")
    if not parts.netloc or not topic:
        raise SinkMisconfigured(f"{url!r}: expected kafka://HOST:PORT/TOPIC")
    return KafkaSink(topic, {"bootstrap.servers": parts.netloc, **dict(parse_qsl(parts.query))})


def _event_hubs(_url: str, logger: Logger) -> Sink:
    credentials = dict(logger.credentials)
    return KafkaSink(credentials.get("name", ""), event_hubs_options(credentials["connectionString"]))


SCHEMES: dict[str, Callable[[str, Logger], Sink]] = {"file": _file, "kafka": _kafka, "eventhubs": _event_hubs}
"""URL scheme -> how to open it."""


def destination_of(logger: Logger, settings: Mapping[str, str], default_folder: Path) -> str:
    """The URL that a logger delivers to."""
    if url := settings.get(f"sink:{logger.id}"):
        return url
    credentials = dict(logger.credentials)
    if credentials.get("connectionString") and credentials.get("name"):
        return "eventhubs:"
    return f"file:{default_folder}"


def open_sink(url: str, logger: Logger) -> Sink:
    """The sink of a URL. Raises `SinkMisconfigured` that says what was expected."""
    scheme = url.partition(":")[0]
    if scheme not in SCHEMES:
        raise SinkMisconfigured(f"{url!r}: expected one of {', '.join(SCHEMES)}")
    return SCHEMES[scheme](url, logger)
