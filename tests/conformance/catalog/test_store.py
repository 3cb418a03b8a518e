"""One suite over both stores."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from gatelog.catalog.resource import Resource
from gatelog.catalog.store import Change, Conflict, Store, open_store
from gatelog.catalog.vault import SealBroken, Vault
from gatelog.errors import GatelogError

VAULT = Vault([b"k" * 32])
Opener = Callable[[Vault], Store]


@pytest.fixture(params=["sqlite", "postgres"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    """Opens the same empty database again and again."""
    if request.param == "sqlite":
        location = f"sqlite://{tmp_path}/catalog.sqlite"
    else:
        location = request.getfixturevalue("postgres")
        with psycopg.connect(location, autocommit=True) as connection:
            connection.execute("DROP TABLE IF EXISTS gatelog_resources, gatelog_state")
    opened: list[Store] = []

    def make(vault: Vault = VAULT) -> Store:
        opened.append(open_store(location, vault))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


def value(name: str, text: str = "x", *, secret: bool = False) -> Resource:
    return Resource(id=f"~/namedValues/{name}", properties={"displayName": name, "value": text, "secret": secret})


def write(store: Store, *resources: Resource) -> int:
    return store.apply([Change(resource.id, resource) for resource in resources])


def test_a_new_store_is_empty(opener: Opener) -> None:
    store = opener(VAULT)
    assert store.version() == 0
    assert store.read() == (0, [])


def test_what_is_written_is_read(opener: Opener) -> None:
    store = opener(VAULT)
    resource = Resource(
        id="~/backends/East", properties={"url": "https://x", "credentials": {"header": {"k": ["v"]}, "certificateIds": ["c"]}},
        envelope={"tags": {"a": "ü"}},
    )  # fmt: skip
    assert write(store, resource, value("a")) == 1
    version, found = opener(VAULT).read()
    assert version == 1
    assert {item.id: item for item in found} == {"~/backends/East": resource, "~/namedValues/a": value("a")}


def test_ids_are_compared_without_case(opener: Opener) -> None:
    store = opener(VAULT)
    write(store, value("Name", "1"))
    store.apply([Change("~/NAMEDVALUES/name", value("Name", "2"))])
    _, found = store.read()
    assert [(item.id, item.properties["value"]) for item in found] == [("~/namedValues/Name", "2")]


def test_each_apply_counts_once(opener: Opener) -> None:
    store = opener(VAULT)
    assert [write(store, value("a")), write(store, value("b"), value("c")), store.version()] == [1, 2, 2]


def test_all_or_nothing(opener: Opener) -> None:
    store = opener(VAULT)
    write(store, value("a", "old"))
    changes = [Change("~/namedValues/a", value("a", "new")), Change("~/namedValues/b", value("b"), "no-such-etag")]
    with pytest.raises(Conflict) as conflict:
        store.apply(changes)
    assert conflict.value.resource_id == "~/namedValues/b"
    version, found = store.read()
    assert version == 1 and [item.properties["value"] for item in found] == ["old"]


def test_expectations(opener: Opener) -> None:
    store = opener(VAULT)
    first = value("a", "1")
    store.apply([Change(first.id, first, None)])
    with pytest.raises(Conflict):
        store.apply([Change(first.id, first, None)])
    second = value("a", "2")
    store.apply([Change(first.id, second, first.etag)])
    with pytest.raises(Conflict):
        store.apply([Change(first.id, None, first.etag)])
    store.apply([Change(first.id, None, second.etag)])
    assert store.read() == (3, [])


def test_a_write_based_on_an_old_version_is_refused(opener: Opener) -> None:
    store, other = opener(VAULT), opener(VAULT)
    version = store.version()
    write(other, value("a"))
    with pytest.raises(Conflict) as conflict:
        store.apply([Change("~/namedValues/b", value("b"))], based_on=version)
    assert conflict.value.resource_id == ""
    assert store.version() == 1, "another node's write is seen"


def test_secrets_are_sealed(opener: Opener, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    store = opener(VAULT)
    write(store, value("a", "the-secret-text", secret=True))
    store.close()
    file = tmp_path / "catalog.sqlite"
    if file.exists():
        raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    else:
        with psycopg.connect(request.getfixturevalue("postgres")) as connection:
            raw = repr(connection.execute("SELECT * FROM gatelog_resources").fetchall()).encode()
    assert b"namedValues" in raw and b"the-secret-text" not in raw
    with pytest.raises(SealBroken):
        opener(Vault([b"z" * 32])).read()
    _, found = opener(Vault([b"n" * 32, b"k" * 32])).read()
    assert found[0].properties["value"] == "the-secret-text", "an older key still opens"


def test_writers_side_by_side(opener: Opener) -> None:
    stores = [opener(VAULT) for _ in range(4)]

    def work(store: Store, number: int) -> None:
        for step in range(10):
            write(store, value(f"n{number}-{step}"))

    threads = [threading.Thread(target=work, args=(store, number)) for number, store in enumerate(stores)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    version, found = stores[0].read()
    assert (version, len(found)) == (40, 40)


def test_a_file_of_a_newer_gatelog_is_refused(tmp_path: Path) -> None:
    open_store(tmp_path / "c.sqlite", VAULT).close()
    with sqlite3.connect(tmp_path / "c.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(GatelogError, match="newer gatelog"):
        open_store(tmp_path / "c.sqlite", VAULT)


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(GatelogError, match="does not answer"):
        open_store("postgresql://nobody@127.0.0.1:1/none", VAULT)
    with pytest.raises(GatelogError, match="expected a catalog"):
        open_store("mysql://x", VAULT)


def test_a_dropped_connection_is_made_anew(postgres: str) -> None:
    store = open_store(postgres, VAULT)
    write(store, value("a"))
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    assert store.version() >= 1
    store.close()
