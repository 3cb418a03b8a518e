"""What an apply would change: added, changed, deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gatelog.catalog.kinds.table import kind_of
from gatelog.catalog.preparing import Makings, prepared
from gatelog.catalog.resource import SERVICE, Resource
from gatelog.catalog.shapes import Tree, split_secrets
from gatelog.catalog.store.interface import Change

ORIGIN = "folder"
"""Mark, in the envelope, of what a folder wrote."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One resource that an apply touches."""

    id: str
    what: str
    """`add`, `change` or `delete`."""
    lines: tuple[str, ...] = ()
    """What differs, as `path: before -> after`; secrets as `(secret)`."""


def wanted_resources(
    folder: Iterable[Resource], stored: Mapping[str, Resource], makings: Makings, origin: str = ORIGIN
) -> list[Resource]:
    """What a folder's resources are once they are stored: keys that the files do not tell are kept or made."""
    wanted = []
    for resource in folder:
        previous = stored.get(resource.key)
        made = prepared(_with_kept_secrets(resource, previous), previous, makings)
        if previous is not None:
            made = replace(made, id=previous.id)
        envelope = {**made.envelope, "origin": origin} if origin else made.envelope
        wanted.append(replace(made, envelope=envelope))
    return wanted


def _with_kept_secrets(resource: Resource, previous: Resource | None) -> Resource:
    """A file need not tell a secret (a key, a named value, credentials): what is stored stays."""
    kind = kind_of(resource.id)
    if kind is None or previous is None:
        return resource
    properties = dict(resource.properties)
    for field in kind.properties.fields:
        holds_secret = field.secret or field.name == "credentials"
        is_elsewhere = field.name == "value" and "keyVault" in properties
        if holds_secret and field.name not in properties and field.name in previous.properties and not is_elsewhere:
            properties[field.name] = previous.properties[field.name]
    return replace(resource, properties=properties)


def apply_changes(wanted: Iterable[Resource], stored: Mapping[str, Resource], *, prune: bool = False) -> list[Change]:
    """Changes that make the catalog what the folder says.

    Deleted is what an earlier apply wrote and the folder no longer has; with `prune` everything that it does not have, the
    built-in resources excepted.
    """
    wanted = list(wanted)
    keys = {resource.key for resource in wanted}
    changes = [
        Change(resource.id, resource)
        for resource in wanted
        if resource.key not in stored or _content(stored[resource.key]) != _content(resource)
    ]
    for key, resource in stored.items():
        is_owned = resource.envelope.get("origin") == ORIGIN
        if key not in keys and (is_owned or prune) and not _is_built_in(resource):
            changes.append(Change(resource.id, None))
    return changes


def _content(resource: Resource) -> tuple[Any, Any]:
    return dict(resource.properties), dict(resource.envelope)


def _is_built_in(resource: Resource) -> bool:
    return (
        resource.key == SERVICE
        or kind_of(resource.id) is None
        or resource.key
        in (
            f"{SERVICE}/subscriptions/master",
            f"{SERVICE}/groups/administrators",
            f"{SERVICE}/groups/developers",
            f"{SERVICE}/groups/guests",
        )
    )


def differences(changes: Iterable[Change], stored: Mapping[str, Resource]) -> list[Difference]:
    """The changes in a form that can be shown."""
    found = []
    for change in changes:
        before = stored.get(change.id.lower())
        if change.resource is None:
            found.append(Difference(change.id, "delete"))
        elif before is None:
            found.append(Difference(change.id, "add"))
        else:
            lines = tuple(_lines(_shown(before), _shown(change.resource), ""))
            found.append(Difference(change.id, "change", lines or ("taken over by the folder",)))
    return sorted(found, key=lambda difference: difference.id.lower())


def _shown(resource: Resource) -> Tree:
    kind = kind_of(resource.id)
    plain, hidden = split_secrets(kind.properties, resource.properties) if kind else (dict(resource.properties), {})
    outer = {name: value for name, value in resource.envelope.items() if name not in ("origin", "claimed")}
    return {**outer, **plain, **({"(secret)": hidden} if hidden else {})}


def _lines(before: Any, after: Any, path: str) -> Iterable[str]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted({*before, *after}):
            if name == "(secret)":
                if before.get(name) != after.get(name):
                    yield "(secret): changed"
            else:
                yield from _lines(before.get(name), after.get(name), f"{path}.{name}" if path else name)
    elif before != after:
        yield f"{path}: {_brief(before)} -> {_brief(after)}"


def _brief(value: Any) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
