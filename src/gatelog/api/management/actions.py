# ruff: noqa: E501 - a table reads better with one action on one line
"""POST: what can be done to a resource besides changing it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from gatelog.api.management.errors import ArmError
from gatelog.api.roles import Action
from gatelog.catalog.control import Snapshot
from gatelog.catalog.resource import Resource
from gatelog.catalog.shapes import Tree
from gatelog.catalog.store.interface import Change

Show = Callable[[Resource, Snapshot], Tree]
Alter = Callable[[Resource, Mapping[str, object]], Resource]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostAction:
    """One action of one kind of resource."""

    kind: str
    """ARM type in lower case."""
    name: str
    needs: Action
    alter: Alter | None = None
    show: Show | None = None
    """None: the answer is 204 without a body."""
    doc: str


def _subscription_keys(resource: Resource, snapshot: Snapshot) -> Tree:
    return {"primaryKey": resource.properties["primaryKey"], "secondaryKey": resource.properties["secondaryKey"]}


def _named_value(resource: Resource, snapshot: Snapshot) -> Tree:
    named = next(n for n in snapshot.catalog.configuration.named_values if n.id.lower() == resource.name.lower())
    return {"value": named.value}


def _account_keys(resource: Resource, snapshot: Snapshot) -> Tree:
    return {"key1": resource.properties["key1"], "key2": resource.properties["key2"]}


def _workspace_keys(resource: Resource, snapshot: Snapshot) -> Tree:
    raise ArmError(400, "OperationNotSupported", "Shared keys are not supported; send rows with an API token.")


def _fresh(name: str) -> Alter:
    def alter(resource: Resource, body: Mapping[str, object]) -> Resource:
        return replace(resource, properties={**resource.properties, name: secrets.token_hex(16)})

    return alter


def _account_key(resource: Resource, body: Mapping[str, object]) -> Resource:
    name = str(body.get("keyName", "")).lower()
    if name not in ("key1", "key2"):
        raise ArmError(400, "ValidationError", "$.keyName: expected Key1 or Key2")
    return _fresh(name)(resource, body)


def _unchanged(resource: Resource, body: Mapping[str, object]) -> Resource:
    return resource


def _references(resource: Resource, snapshot: Snapshot) -> Tree:
    """Resources whose policies include a fragment."""
    needle = f'fragment-id="{resource.name}"'
    users = [
        r for r in snapshot.resources.values() if r.type.lower().endswith("/policies") and needle in r.properties.get("value", "")
    ]
    return {"value": [{"id": snapshot.service_id + r.id[1:]} for r in users], "count": len(users)}


_API = "microsoft.apimanagement/service"

ACTIONS: Sequence[PostAction] = (
    PostAction(kind=f"{_API}/subscriptions", name="listSecrets", needs=Action.SECRETS, show=_subscription_keys, doc="both keys"),
    PostAction(
        kind=f"{_API}/subscriptions", name="regeneratePrimaryKey", needs=Action.WRITE, alter=_fresh("primaryKey"),
        doc="a new primary key; the old one is refused from then on",
    ),
    PostAction(
        kind=f"{_API}/subscriptions", name="regenerateSecondaryKey", needs=Action.WRITE, alter=_fresh("secondaryKey"),
        doc="a new secondary key",
    ),
    PostAction(kind=f"{_API}/namedvalues", name="listValue", needs=Action.SECRETS, show=_named_value, doc="the text, secret or not"),
    PostAction(kind=f"{_API}/namedvalues", name="refreshSecret", needs=Action.WRITE, alter=_unchanged, show=lambda r, s: {}, doc="reads an outside reference again"),
    PostAction(kind=f"{_API}/policyfragments", name="listReferences", needs=Action.READ, show=_references, doc="policies that include it"),
    PostAction(kind="microsoft.cognitiveservices/accounts", name="listKeys", needs=Action.SECRETS, show=_account_keys, doc="both keys"),
    PostAction(
        kind="microsoft.cognitiveservices/accounts", name="regenerateKey", needs=Action.WRITE, alter=_account_key,
        show=_account_keys, doc="a new key: `{\"keyName\": \"Key1\"}`",
    ),
    PostAction(
        kind="microsoft.operationalinsights/workspaces", name="sharedKeys", needs=Action.SECRETS, show=_workspace_keys,
        doc="refused: there are no shared keys",
    ),
)  # fmt: skip
"""Every action."""


def action_of(kind: str, name: str) -> PostAction | None:
    """The action of that name, whatever its case."""
    found = (action for action in ACTIONS if action.kind == kind.lower() and action.name.lower() == name.lower())
    return next(found, None)


def changes_of(action: PostAction, resource: Resource, body: Mapping[str, object]) -> list[Change]:
    """What the action changes."""
    return [Change(resource.id, action.alter(resource, body), resource.etag)] if action.alter else []
