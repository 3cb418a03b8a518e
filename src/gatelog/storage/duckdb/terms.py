"""The term index: which rows of a sealed part hold a rare word, so that `has` need not read every body.

For each run of 8,192 rows and each body column one entry: the hashes of words that stand in many of the rows ("common": the run
is read), and (hash, row) pairs of the others. Words are KQL's terms: runs of letters and digits, lower case. Two words may share
a hash, so an entry names too many rows at times, never too few; the query filters the rows itself. An index that is missing,
damaged or of another DuckDB (its hash function may differ) is made again; until then rows are simply read.
"""

from __future__ import annotations

import logging
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import google_crc32c
import msgspec
import numpy as np
import numpy.typing as npt

from gatelog.storage.duckdb.parts import Parts, PartTable, quote

RUN = 8192
"""Rows of one entry."""
_COMMON = 8
"""A word in more rows of a run than this is common."""
_MOST_STRETCHES = 64
"""Places that a query picks one by one (each costs some milliseconds); beyond that it reads what lies between them too."""
_WORTH_IT = 0.5
"""Part of the indexed rows beyond which reading everything is as fast."""
_HEAD = struct.Struct("<4sIIQ")
_MAGIC = b"GLTI"
_IDLE_SECONDS = 10.0
_REST = 4.0
"""Rests this many times as long as it works: ingest and queries come first."""
log = logging.getLogger(__name__)
ColumnsOf = Callable[[str], Sequence[str]]
"""Table -> physical columns to index."""
Numbers = npt.NDArray[np.uint32]


class _Meta(msgspec.Struct):
    engine: str
    table: str
    column: str
    first: int
    last: int
    common: int
    rare: int


@dataclass(frozen=True, slots=True)
class Entry:
    """The words of one column in one run of rows."""

    first: int
    last: int
    """Numbers (`_seq`) of the run's first and last row."""
    common: Numbers
    hashes: Numbers
    """Sorted."""
    offsets: Numbers
    """Row number minus `first`, for each hash."""

    def rows_with(self, word: int) -> set[int] | None:
        """Numbers of the rows that may hold a word; None: any of the run."""
        at = int(np.searchsorted(self.common, word))
        if at < len(self.common) and self.common[at] == word:
            return None
        low, high = np.searchsorted(self.hashes, [word, word + 1])
        return {self.first + int(offset) for offset in self.offsets[low:high]}


@dataclass(frozen=True, slots=True)
class Candidates:
    """Which rows of a part a query has to look at."""

    stretches: tuple[tuple[int, int], ...]
    """(first, last) row numbers, in order, side by side at most."""
    after: int
    """Rows behind this number are not indexed."""


class TermIndex:
    """The index files of a store, one for each month."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._entries: dict[tuple[str, str, str], list[Entry]] = {}

    def path(self, month: str) -> Path:
        """Where a month's index is."""
        return self._directory / f"terms-{month}.idx"

    def open(self, month: str) -> None:
        """Read the directory of a month's index; one that is damaged or of another engine is removed."""
        path = self.path(month)
        if not path.exists():
            return
        found = list(_read(path))
        if not found or found[-1] is None:
            self.remove(month)
            return
        for entry in found:
            if entry is not None:
                self._entries.setdefault((month, entry[0], entry[1]), []).append(entry[2])

    def remove(self, month: str) -> None:
        """Forget a month."""
        with self._lock:
            self._entries = {key: entries for key, entries in self._entries.items() if key[0] != month}
            self.path(month).unlink(missing_ok=True)

    def reach(self, month: str, table: str, column: str) -> int:
        """Number of the last row that is indexed; -1: none."""
        entries = self._entries.get((month, table, column))
        return entries[-1].last if entries else -1

    def add(self, cursor: duckdb.DuckDBPyConnection, month: str, table: str, column: str, run: tuple[int, int]) -> None:
        """Index one run of rows."""
        entry = _build(cursor, month, table, column, run)
        meta = msgspec.json.encode(
            _Meta(duckdb.__version__, table, column, entry.first, entry.last, len(entry.common), len(entry.hashes))
        )
        payload = entry.common.tobytes() + entry.hashes.tobytes() + entry.offsets.tobytes()
        with self._lock, self.path(month).open("ab") as file:
            file.write(_HEAD.pack(_MAGIC, len(meta), google_crc32c.value(meta), len(payload)) + meta + payload)
        known = self._entries.get((month, table, column), [])
        self._entries = {**self._entries, (month, table, column): [*known, entry]}

    def candidates(self, month: str, table: str, words: Sequence[tuple[str, int]]) -> Candidates | None:
        """Rows that may hold every one of (column, hash); None when the index does not narrow them down."""
        lists = [(self._entries.get((month, table, column)), word) for column, word in words]
        narrowing = [(entries, word) for entries, word in lists if entries]
        if not narrowing:
            return None
        reach = min(entries[-1].last for entries, _ in narrowing)
        stretches: list[tuple[int, int]] = []
        indexed = 0
        for number, entry in enumerate(narrowing[0][0]):
            if entry.last > reach:
                break
            indexed += entry.last - entry.first + 1
            found = [entries[number].rows_with(word) for entries, word in narrowing]
            known = [some for some in found if some is not None]
            if known:
                stretches += [(row, row) for row in sorted(set.intersection(*known))]
            else:
                stretches.append((entry.first, entry.last))
        stretches = _coarser(stretches, _MOST_STRETCHES)
        if sum(last - first + 1 for first, last in stretches) > _WORTH_IT * indexed:
            return None
        return Candidates(tuple(stretches), reach)


class Indexer:
    """Indexes sealed rows in a thread, run by run, resting four times as long as it works."""

    def __init__(self, index: TermIndex, parts: Parts, connection: duckdb.DuckDBPyConnection, columns: ColumnsOf) -> None:
        self._index = index
        self._parts = parts
        self._connection = connection
        self._columns = columns
        self._stop = threading.Event()
        self.busy = threading.Lock()
        """Held while a run is indexed: files may not be replaced then."""
        self._thread = threading.Thread(target=self._run, name="term-index", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the run at hand."""
        self._stop.set()
        self._thread.join()

    def index_all(self, sealed: int) -> int:
        """Index every whole run that is not indexed yet; returns how many."""
        done = 0
        while not self._stop.is_set() and self.index_one(sealed):
            done += 1
        return done

    def index_one(self, sealed: int | None = None) -> bool:
        """Index one run, if there is one."""
        with self.busy:
            cursor = self._connection.cursor()
            try:
                for month, part in sorted(self._parts.view().items(), reverse=True):
                    for table in part.tables:
                        for column in self._columns(table):
                            run = self._next_run(cursor, month, table, column, part.tables[table], sealed)
                            if run is not None:
                                self._index.add(cursor, month, table, column, run)
                                return True
            finally:
                cursor.close()
        return False

    def _next_run(
        self, cursor: duckdb.DuckDBPyConnection, month: str, table: str, column: str, held: PartTable, sealed: int | None
    ) -> tuple[int, int] | None:
        if column not in held.columns or held.rows < RUN:
            return None
        reach = self._index.reach(month, table, column)
        within = f"AND _seq <= {sealed}" if sealed is not None else ""
        found = cursor.execute(
            f"SELECT min(_seq), max(_seq), count(*) FROM (SELECT _seq FROM p{month}.{quote(table)} "
            f"WHERE _seq > {reach} {within} ORDER BY _seq LIMIT {RUN})"
        ).fetchall()
        ((first, last, count),) = found
        return (first, last) if count == RUN else None

    def _run(self) -> None:
        pause = _IDLE_SECONDS
        while not self._stop.wait(pause):
            began = time.monotonic()
            try:
                worked = self.index_one()
            except (duckdb.Error, OSError) as error:
                log.error("the term index could not be extended", extra={"error": str(error)})
                worked = False
            pause = _REST * (time.monotonic() - began) if worked else _IDLE_SECONDS


def _coarser(stretches: list[tuple[int, int]], most: int) -> list[tuple[int, int]]:
    """At most that many stretches over the same rows: the nearest ones are joined."""
    if len(stretches) <= most:
        return stretches
    gaps = sorted(following[0] - one[1] for one, following in zip(stretches, stretches[1:], strict=False))
    near = gaps[len(stretches) - most - 1]
    joined = [stretches[0]]
    for first, last in stretches[1:]:
        if first - joined[-1][1] <= near:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined


def hash_of(cursor: duckdb.DuckDBPyConnection, word: str) -> int:
    """A word's hash, as the index has it."""
    ((found,),) = cursor.execute("SELECT hash($1) & 4294967295", [word]).fetchall()
    return int(found)


def _build(cursor: duckdb.DuckDBPyConnection, month: str, table: str, column: str, run: tuple[int, int]) -> Entry:
    first, last = run
    name = quote(column)
    found = cursor.sql(
        f"SELECT CAST(((hash(word) & 4294967295) << 32) | CAST(number - {first} AS UBIGINT) AS UBIGINT) AS pair FROM ("
        f"SELECT unnest(regexp_extract_all(lower({name}), '[\\p{{L}}\\p{{N}}]+')) AS word, _seq AS number "
        f"FROM p{month}.{quote(table)} WHERE _seq BETWEEN {first} AND {last})"
    ).to_arrow_table()
    pairs = np.unique(found.column("pair").to_numpy())
    words, numbers = (pairs >> np.uint64(32)).astype(np.uint32), pairs.astype(np.uint32)
    distinct, counts = np.unique(words, return_counts=True)
    common = distinct[counts > _COMMON]
    rare = ~np.isin(words, common)
    return Entry(first, last, common, words[rare], numbers[rare])


def _read(path: Path) -> Iterator[tuple[str, str, Entry] | None]:
    """Entries of a file; None last when the file is damaged or of another engine."""
    size = path.stat().st_size
    if not size:
        return
    data = np.memmap(path, np.uint8, "r")
    at = 0
    while at < size:
        if size - at < _HEAD.size:
            yield None
            return
        magic, length, checksum, payload = _HEAD.unpack(data[at : at + _HEAD.size].tobytes())
        meta_at = at + _HEAD.size
        text = data[meta_at : meta_at + length].tobytes()
        at = meta_at + length + payload
        if magic != _MAGIC or at > size or google_crc32c.value(text) != checksum:
            yield None
            return
        meta = msgspec.json.decode(text, type=_Meta)
        if meta.engine != duckdb.__version__:
            yield None
            return
        arrays = np.frombuffer(data, np.uint8, payload, meta_at + length)
        numbers: Numbers = arrays.view(np.uint32) if (meta_at + length) % 4 == 0 else np.frombuffer(arrays.tobytes(), np.uint32)
        common, rare = meta.common, meta.rare
        entry = Entry(
            meta.first, meta.last, numbers[:common], numbers[common : common + rare], numbers[common + rare : common + 2 * rare]
        )
        yield meta.table, meta.column, entry
