"""What a new catalog holds: the service, its all-access subscription, the built-in groups, a workspace that takes every log."""

from __future__ import annotations

from gatelog.catalog.checking import checked
from gatelog.catalog.entities import Service
from gatelog.catalog.preparing import Makings, prepared
from gatelog.catalog.resource import SERVICE, Resource, canonical_id
from gatelog.catalog.shapes import Tree
from gatelog.catalog.store.interface import Change, Conflict, Store

_GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/gatelog"
WORKSPACE_ID = f"{_GROUP}/providers/Microsoft.OperationalInsights/workspaces/gatelog"
WORKSPACE_GUID = "00000000-0000-0000-0000-00000000a10c"
"""The id that query clients name when nobody has chosen another."""

_EVERYTHING: Tree = {
    "workspaceId": WORKSPACE_ID,
    "logs": [{"categoryGroup": "allLogs", "enabled": True}, {"categoryGroup": "audit", "enabled": True}],
    "metrics": [{"category": "AllMetrics", "enabled": True}],
    "logAnalyticsDestinationType": "Dedicated",
}


def diagnostic_setting(resource_id: str, name: str = "gatelog") -> tuple[str, Tree]:
    """Id and body of a diagnostic setting that sends everything of a resource to the first workspace."""
    return f"{resource_id}/providers/Microsoft.Insights/diagnosticSettings/{name}", {"properties": dict(_EVERYTHING)}


def initial_resources(makings: Makings, service: Service | None = None) -> list[Resource]:
    """The resources of a new catalog."""
    service = service or Service()
    identity = {"type": "SystemAssigned", "principalId": service.principal_id, "tenantId": service.tenant_id}
    bodies: list[tuple[str, Tree]] = [
        (SERVICE, {"location": service.region, "sku": {"name": "Developer", "capacity": 1}, "properties": {}}),
        (f"{SERVICE}/subscriptions/master", {"properties": {"displayName": "Built-in all-access subscription", "scope": "/"}}),
        (f"{SERVICE}/loggers/azuremonitor", {"properties": {"loggerType": "azureMonitor"}}),
        (WORKSPACE_ID, {"location": service.region, "properties": {"customerId": WORKSPACE_GUID}}),
        diagnostic_setting(SERVICE),
    ]
    for name, title in (("administrators", "Administrators"), ("developers", "Developers"), ("guests", "Guests")):
        bodies.append((f"{SERVICE}/groups/{name}", {"properties": {"displayName": title, "type": "system"}}))
    resources = [prepared(checked(resource_id, body), None, makings) for resource_id, body in bodies]
    envelope = {**resources[0].envelope, "identity": identity, "armId": service.resource_id}
    return [Resource(id=SERVICE, properties=resources[0].properties, envelope=envelope), *resources[1:]]


def is_claimed(service: Resource | None) -> bool:
    """Whether somebody has named the service; until then any service name addresses it."""
    return bool(service and service.envelope.get("claimed"))


def fill_empty_store(store: Store, makings: Makings, service: Service | None = None) -> bool:
    """Write the first resources into a store that has never been written; whether that was so."""
    if store.version() != 0:
        return False
    changes = [Change(resource.id, resource, None) for resource in initial_resources(makings, service)]
    try:
        store.apply(changes, based_on=0)
    except Conflict:
        return False
    return True


def named_after(resource: Resource, arm_id: str) -> Resource:
    """The service resource under another ARM id."""
    envelope = {**resource.envelope, "armId": arm_id, "claimed": True}
    return Resource(id=canonical_id(arm_id, arm_id), properties=resource.properties, envelope=envelope)
