"""Roles: what a principal may do where. A role is granted by a role assignment at a scope and holds for everything below it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Action(StrEnum):
    """What can be asked for."""

    READ = "read"
    """See how resources are configured; never their secrets."""
    WRITE = "write"
    """Create, change and delete resources."""
    SECRETS = "secrets"
    """See keys and other secrets."""
    LOGS = "logs"
    """Query tables, prompts and completions included."""
    USAGE = "usage"
    """See metrics, token counts and costs; never a body."""
    INGEST = "ingest"
    """Send rows, spans and logs in."""
    GRANT = "grant"
    """Assign roles, make API tokens for others."""


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of actions."""

    name: str
    id: str
    """GUID of the role definition, as in Azure."""
    actions: frozenset[Action]
    doc: str


_ALL = frozenset(Action)

ROLES = (
    Role("Owner", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", _ALL, "everything"),
    Role("Contributor", "b24988ac-6180-42a0-ab88-20f7382dd24c", _ALL - {Action.GRANT}, "everything but granting roles"),
    Role(
        "Reader", "acdd72a7-3385-48ef-bd42-f606fba81ae7", frozenset({Action.READ, Action.LOGS, Action.USAGE}),
        "sees configuration (without secrets), logs and usage",
    ),
    Role(
        "Log Analytics Reader", "73c42c96-874c-492b-b04d-ab87d138a893", frozenset({Action.LOGS, Action.USAGE}),
        "the Log Reader: sees logs and usage, not the configuration",
    ),
    Role(
        "Log Analytics Contributor", "92aaf0da-9dab-42b6-94a3-d43ce8d16293",
        frozenset({Action.READ, Action.LOGS, Action.USAGE, Action.INGEST}), "sees logs and sends rows in",
    ),
    Role(
        "Monitoring Reader", "43d0d8ad-25c7-4714-9337-8ba259a9fe05", frozenset({Action.USAGE}),
        "sees usage, never a prompt or a completion",
    ),
    Role(
        "Monitoring Metrics Publisher", "3913510d-42f4-4e42-8a64-420c390055eb", frozenset({Action.INGEST}),
        "sends rows, spans and logs in, sees nothing",
    ),
    Role(
        "API Management Service Contributor", "312a565d-c81f-4fd8-895a-4e21e48d571c",
        frozenset({Action.READ, Action.WRITE, Action.SECRETS, Action.USAGE}), "configures the gateway, sees no logs",
    ),
    Role("Cognitive Services User", "a97b65f3-24c7-4388-baec-2e87135dc908", frozenset(), "may call the models of an account"),
    Role(
        "Cognitive Services OpenAI User", "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd", frozenset(),
        "may call the models of an account",
    ),
)  # fmt: skip

BY_ID = MappingProxyType({role.id: role for role in ROLES})
BY_NAME = MappingProxyType({role.name.lower(): role for role in ROLES} | {"log reader": ROLES[3], "usage reader": ROLES[5]})


def role_of(definition: str) -> Role | None:
    """The role of an ARM id, a GUID or a name."""
    last = definition.rstrip("/").rsplit("/", 1)[-1].lower()
    return BY_ID.get(last) or BY_NAME.get(last)


@dataclass(frozen=True, slots=True)
class Grant:
    """A role at a scope."""

    role: Role
    scope: str
    """`/` for everything, else an ARM id."""

    def covers(self, action: Action, scope: str) -> bool:
        """Whether it allows the action at `scope` (or anywhere above)."""
        return action in self.role.actions and is_within(scope, self.scope)


def is_within(scope: str, above: str) -> bool:
    """Whether a scope is another one or stands below it.

    >>> is_within("/subscriptions/s/resourceGroups/g", "/subscriptions/s"), is_within("/subscriptions/s2", "/subscriptions/s")
    (True, False)
    """
    inner, outer = scope.lower().rstrip("/"), above.lower().rstrip("/")
    return inner == outer or inner.startswith(f"{outer}/")


def allows(grants: Iterable[Grant], action: Action, scope: str) -> bool:
    """Whether any of the grants covers it."""
    return any(grant.covers(action, scope) for grant in grants)
