"""Reads files: JSON lines, JSON, CSV, Parquet, Avro (also Event Hubs capture), plain or gzip."""

from __future__ import annotations

import csv
import gzip
import importlib
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from gatelog.errors import GatelogError

MOST_LINE_BYTES = 64 << 20


class UnreadableFile(GatelogError):
    """A file that cannot be read at all: which, and why."""


@dataclass(frozen=True, slots=True)
class Record:
    """One object of a file, or a place where there should be one."""

    line: int
    """1-based line, row or record."""
    value: Mapping[str, Any] | None
    problem: str = ""
    """Why there is no value."""
    raw: str = ""
    """The text that is no object."""
    consumed: int = 0
    """Bytes of the file behind it (0: unknown)."""


FORMATS = ("jsonl", "json", "csv", "parquet", "avro")


def format_of(path: Path) -> str:
    """The format that a file name promises. Raises `UnreadableFile` when it promises none."""
    suffixes = [suffix.lower().lstrip(".") for suffix in path.suffixes]
    if suffixes and suffixes[-1] == "gz":
        suffixes.pop()
    last = suffixes[-1] if suffixes else ""
    found = {"ndjson": "jsonl", "log": "jsonl", "pq": "parquet"}.get(last, last)
    if found not in FORMATS:
        raise UnreadableFile(f"{path.name}: cannot tell the format by its name; say one of {', '.join(FORMATS)}")
    return found


def read_records(path: Path, file_format: str = "") -> Iterator[Record]:
    """The objects of a file. Raises `UnreadableFile`; damaged single objects are records with a problem."""
    read = _READ.get(file_format or format_of(path))
    if read is None:
        raise UnreadableFile(f"format {file_format!r} is not one of {', '.join(FORMATS)}")
    try:
        with path.open("rb") as file:
            plain = gzip.open(file) if path.suffix.lower() == ".gz" else file
            for record in read(plain):  # type: ignore[arg-type]
                yield from _spread(record)
    except (OSError, EOFError, pa.ArrowException) as error:
        raise UnreadableFile(f"{path}: {error}") from error


def _spread(record: Record) -> Iterator[Record]:
    """The members of an exported envelope `{"records": [...]}`, else the record."""
    members = record.value.get("records") if record.value is not None and len(record.value) == 1 else None
    if not isinstance(members, list):
        yield record
        return
    for member in members:
        yield _checked(record.line, member, record.consumed)


def _checked(line: int, value: Any, consumed: int = 0) -> Record:
    if isinstance(value, dict):
        return Record(line, value, consumed=consumed)
    return Record(line, None, "expected a JSON object", orjson.dumps(value, default=str).decode(), consumed)


def _read_lines(file: BinaryIO) -> Iterator[Record]:
    number = consumed = 0
    while line := file.readline(MOST_LINE_BYTES):
        number += 1
        consumed += len(line)
        if line.strip():
            yield _parsed(number, line.strip(), consumed)


def _parsed(number: int, text: bytes, consumed: int) -> Record:
    try:
        return _checked(number, orjson.loads(text), consumed)
    except orjson.JSONDecodeError as error:
        return Record(number, None, f"no JSON: {error}", text.decode("utf-8", "replace"), consumed)


def _read_json(file: BinaryIO) -> Iterator[Record]:
    """One array or object; or lines, as Azure's `PT1H.json` holds them."""
    data = file.read()
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        yield from _read_lines(io.BytesIO(data))
        return
    for number, member in enumerate(value if isinstance(value, list) else [value], 1):
        yield _checked(number, member, len(data))


def _read_csv(file: BinaryIO) -> Iterator[Record]:
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
    rows = csv.reader(text)
    try:
        header = next(rows, [])
        for row in rows:
            if len(row) != len(header) and row:
                problem = f"{len(row)} fields, the header has {len(header)}"
                yield Record(rows.line_num, None, problem, ",".join(row))
            elif row:
                yield Record(rows.line_num, {name: value or None for name, value in zip(header, row, strict=True)})
    except csv.Error as error:
        yield Record(rows.line_num, None, f"no CSV: {error}")
    finally:
        text.detach()


def _read_parquet(file: BinaryIO) -> Iterator[Record]:
    number = 0
    for batch in pq.ParquetFile(file).iter_batches(4096):
        for row in batch.to_pylist():
            number += 1
            yield Record(number, {name: _plain(value) for name, value in row.items()})


def _read_avro(file: BinaryIO) -> Iterator[Record]:
    try:
        fastavro = importlib.import_module("fastavro")
    except ImportError as error:
        raise UnreadableFile("Avro files need the extra `avro`: pip install 'gatelog[avro]'") from error
    try:
        for number, row in enumerate(fastavro.reader(file), 1):
            body = row.get("Body") if isinstance(row, dict) and "EnqueuedTimeUtc" in row else None
            if isinstance(body, bytes):
                yield from (_parsed(number, line, 0) for line in body.splitlines() if line.strip())
            else:
                yield _checked(number, {name: _plain(value) for name, value in row.items()})
    except (ValueError, KeyError, IndexError) as error:
        raise UnreadableFile(f"no Avro file: {error}") from error


def _plain(value: Any) -> Any:
    """A value as JSON would have brought it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {str(name): _plain(member) for name, member in value.items()}
    return [_plain(member) for member in value] if isinstance(value, list) else value


_READ: Mapping[str, Callable[[BinaryIO], Iterator[Record]]] = {
    "jsonl": _read_lines,
    "json": _read_json,
    "csv": _read_csv,
    "parquet": _read_parquet,
    "avro": _read_avro,
}
