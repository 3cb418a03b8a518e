"""Store -> Catalog, and the outside references that named values may carry."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from gatelog.catalog.assemble import Resolve, assemble
from gatelog.catalog.catalog import Catalog, build
from gatelog.catalog.checking import relation_problems
from gatelog.catalog.resource import Resource
from gatelog.catalog.store.interface import Store
from gatelog.config import environment_value
from gatelog.errors import InvalidDocument


def resolve_outside(reference: str) -> str:
    """The text of `env:NAME` or `file:PATH`. Raises ValueError that says what was expected."""
    scheme, separator, rest = reference.partition(":")
    if separator and scheme == "env":
        value = environment_value(rest)
        if value is None:
            raise ValueError(f"environment variable {rest!r} is not set")
        return value
    if separator and scheme == "file":
        try:
            return Path(rest).expanduser().read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ValueError(f"file {rest!r} cannot be read: {os.strerror(error.errno or 0)}") from None
    raise ValueError(f"expected env:NAME or file:PATH, found {reference!r} (vault addresses are not supported)")


def compile_resources(
    resources: Iterable[Resource],
    version: str = "",
    previous: Catalog | None = None,
    *,
    gateway_url: str = "",
    resolve: Resolve = resolve_outside,
) -> Catalog:
    """The catalog of checked resources. Raises `InvalidDocument` with every problem."""
    everything = list(resources)
    problems = relation_problems(everything)
    if problems:
        raise InvalidDocument(problems)
    return build(assemble(everything, resolve=resolve, gateway_url=gateway_url), version, previous)


def load_catalog(store: Store, previous: Catalog | None = None, *, gateway_url: str = "") -> Catalog:
    """The catalog of what the store holds now."""
    version, resources = store.read()
    return compile_resources(resources, str(version), previous, gateway_url=gateway_url)


def reload_if_changed(store: Store, current: Catalog, *, gateway_url: str = "") -> Catalog:
    """The same catalog, or a new one when the store has moved on; for a worker that polls."""
    if str(store.version()) == current.version:
        return current
    return load_catalog(store, current, gateway_url=gateway_url)
