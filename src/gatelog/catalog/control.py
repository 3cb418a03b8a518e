"""The writing side of the catalog: a change is tried on a copy, compiled whole, and only then stored.

A bad change leaves everything as it was. Two writers at a time: the later one is tried again on what the first one left.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from gatelog.catalog.catalog import Catalog
from gatelog.catalog.loading import compile_resources
from gatelog.catalog.preparing import Makings, random_guid
from gatelog.catalog.resource import Resource
from gatelog.catalog.store.interface import Change, Conflict, Store
from gatelog.clock import Clock

_ATTEMPTS = 8
_NANOSECONDS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was configured at one version."""

    version: int
    resources: Mapping[str, Resource]
    """By key."""
    catalog: Catalog

    def get(self, resource_id: str) -> Resource | None:
        """The resource of a canonical id."""
        return self.resources.get(resource_id.lower())

    @property
    def service_id(self) -> str:
        """ARM id of the service."""
        return self.catalog.service.resource_id


Plan = Callable[[Snapshot], Sequence[Change]]
"""What a write does, given what is there; called again when another writer was faster."""


class Control:
    """Reads and changes what is configured. Safe to call from several threads."""

    def __init__(self, store: Store, clock: Clock, *, gateway_url: str = "") -> None:
        self._store = store
        self._clock = clock
        self._gateway_url = gateway_url
        self._lock = threading.RLock()
        self._snapshot: Snapshot | None = None

    def makings(self) -> Makings:
        """The present time and sources of fresh keys and ids."""
        return Makings(now=self._clock.now() // _NANOSECONDS, make_key=lambda: secrets.token_hex(16), make_guid=random_guid)

    def snapshot(self) -> Snapshot:
        """What is configured now."""
        with self._lock:
            if self._snapshot is None or self._store.version() != self._snapshot.version:
                version, resources = self._store.read()
                self._snapshot = self._compiled(version, {resource.key: resource for resource in resources})
            return self._snapshot

    def _compiled(self, version: int, resources: Mapping[str, Resource]) -> Snapshot:
        previous = self._snapshot.catalog if self._snapshot else None
        catalog = compile_resources(resources.values(), str(version), previous, gateway_url=self._gateway_url)
        return Snapshot(version, MappingProxyType(dict(resources)), catalog)

    def try_out(self, changes: Iterable[Change]) -> Snapshot:
        """What the configuration would be. Raises `InvalidDocument`; stores nothing."""
        with self._lock:
            return self._tried(self.snapshot(), list(changes))

    def _tried(self, before: Snapshot, changes: Sequence[Change]) -> Snapshot:
        resources = dict(before.resources)
        for change in changes:
            key = change.id.lower()
            if change.resource is None:
                resources.pop(key, None)
            else:
                resources[key] = change.resource
        return self._compiled(before.version + 1, resources)

    def edit(self, plan: Plan) -> Snapshot:
        """Carry out a plan; what is configured afterwards.

        Raises `InvalidDocument` (nothing stored) and `Conflict` (a resource is not what the plan expected).
        """
        for attempt in range(1, _ATTEMPTS + 1):
            with self._lock:
                before = self.snapshot()
                changes = plan(before)
                if not changes:
                    return before
                after = self._tried(before, changes)
                try:
                    self._store.apply(changes, based_on=before.version)
                except Conflict as conflict:
                    self._snapshot = None
                    if conflict.resource_id or attempt == _ATTEMPTS:
                        raise
                    continue
                self._snapshot = after
                return after
        raise AssertionError("unreachable")
