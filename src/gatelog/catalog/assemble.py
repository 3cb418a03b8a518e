"""Resources -> Configuration: each kind's properties become its entity."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gatelog.catalog import entities
from gatelog.catalog.durations import instant_of, seconds_of
from gatelog.catalog.operations import operation_of
from gatelog.catalog.resource import SERVICE, Resource, name_in, parent_of
from gatelog.errors import InvalidDocument, Problem

Resolve = Callable[[str], str]
"""Text of an outside reference (`env:NAME`, `file:PATH`); raises ValueError that says what was expected."""

_NAMED = re.compile(r"\{\{\s*([A-Za-z0-9._-]+)\s*\}\}")


@dataclass(slots=True)
class _Desk:
    """What one assembly has at hand."""

    by_type: dict[str, list[Resource]]
    resolve: Resolve
    gateway_url: str
    named: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def of(self, kind: str) -> list[Resource]:
        """Resources of a type; short for parts of the service: `apis/operations`."""
        full = kind if kind.startswith("Microsoft.") else f"Microsoft.ApiManagement/service/{kind}"
        return self.by_type.get(full.lower(), [])

    def wrong(self, resource: Resource, message: str) -> None:
        self.problems.append(Problem(message, place=resource.place or resource.id, code="ValidationError"))

    def filled(self, resource: Resource, text: str) -> str:
        """`text` with its `{{named values}}` filled in."""
        for name in _NAMED.findall(text):
            if name not in self.named:
                self.wrong(resource, f"named value {name!r} does not exist")
        return _NAMED.sub(lambda match: self.named.get(match[1], ""), text)


def assemble(resources: Iterable[Resource], *, resolve: Resolve, gateway_url: str = "") -> entities.Configuration:
    """The configuration that checked resources describe. Raises `InvalidDocument` with every problem."""
    by_type: dict[str, list[Resource]] = defaultdict(list)
    for resource in sorted(resources, key=lambda item: item.key):
        by_type[resource.type.lower()].append(resource)
    desk = _Desk(by_type, resolve, gateway_url)
    named_values = tuple(_named_value(desk, resource) for resource in desk.of("namedValues"))
    desk.named.update({named.name: named.value for named in named_values})
    service = _service(desk)
    diagnostics = {r.key: r for r in desk.of("diagnostics")}
    service_diagnostic = diagnostics.get(f"{SERVICE}/diagnostics/azuremonitor")
    configuration = entities.Configuration(
        service=service,
        apis=_apis(desk),
        products=_products(desk),
        subscriptions=tuple(_subscription(desk, resource) for resource in desk.of("subscriptions")),
        users=_users(desk),
        backends=tuple(_backend(desk, resource) for resource in desk.of("backends")),
        named_values=named_values,
        loggers=tuple(_logger(desk, resource) for resource in desk.of("loggers")),
        fragments=tuple(_fragment(resource) for resource in desk.of("policyFragments")),
        policies=_policies(desk),
        service_diagnostic=_diagnostic(service_diagnostic) if service_diagnostic else entities.Diagnostic(),
        api_diagnostics={
            name_in(r.id, "apis"): _diagnostic(r) for r in desk.of("apis/diagnostics") if r.name.lower() == "azuremonitor"
        },
        accounts=_accounts(desk),
        diagnostic_settings=tuple(
            _diagnostic_setting(resource, service) for resource in desk.of("Microsoft.Insights/diagnosticSettings")
        ),
        role_assignments=tuple(
            _role_assignment(resource, service) for resource in desk.of("Microsoft.Authorization/roleAssignments")
        ),
        workspaces=tuple(_workspace(resource) for resource in desk.of("Microsoft.OperationalInsights/workspaces")),
        certificates={r.name: str(r.properties.get("data", "")) for r in desk.of("certificates")},
        settings=_settings(desk),
    )
    if desk.problems:
        raise InvalidDocument(desk.problems)
    return configuration


def _service(desk: _Desk) -> entities.Service:
    default = entities.Service(gateway_url=desk.gateway_url) if desk.gateway_url else entities.Service()
    for resource in desk.of("Microsoft.ApiManagement/service"):
        envelope = resource.envelope
        identity = envelope.get("identity") or {}
        arm_id = str(envelope.get("armId", default.resource_id))
        return entities.Service(
            id=arm_id.rsplit("/", 1)[-1],
            resource_id=arm_id,
            region=str(envelope.get("location") or default.region),
            gateway_url=default.gateway_url,
            tenant_id=str(identity.get("tenantId") or default.tenant_id),
            principal_id=str(identity.get("principalId") or default.principal_id),
        )
    return default


def _settings(desk: _Desk) -> dict[str, str]:
    custom: Mapping[str, str] = {}
    for resource in desk.of("Microsoft.ApiManagement/service"):
        custom = resource.properties.get("customProperties") or {}
    return {name.removeprefix("gatelog."): value for name, value in custom.items() if name.startswith("gatelog.")}


def _apis(desk: _Desk) -> tuple[entities.Api, ...]:
    schemas = {resource.key: resource for resource in desk.of("apis/schemas")}
    operations: dict[str, list[entities.Operation]] = defaultdict(list)
    for resource in desk.of("apis/operations"):
        try:
            operations[parent_of(resource.id).lower()].append(operation_of(resource, schemas))
        except ValueError as error:
            desk.wrong(resource, str(error))
    return tuple(_api(resource, operations[resource.key]) for resource in desk.of("apis"))


def _api(resource: Resource, operations: list[entities.Operation]) -> entities.Api:
    properties = resource.properties
    names = properties.get("subscriptionKeyParameterNames") or {}
    name, _, revision = resource.name.partition(";rev=")
    return entities.Api(
        id=resource.name,
        name=properties.get("displayName") or name,
        path=properties.get("path", "").strip("/"),
        service_url=properties.get("serviceUrl", ""),
        protocols=tuple(word.lower() for word in properties.get("protocols", ("https",))),
        subscription_required=properties.get("subscriptionRequired", True),
        key_header=names.get("header") or "Ocp-Apim-Subscription-Key",
        key_query=names.get("query") or "subscription-key",
        revision=revision or properties.get("apiRevision") or "1",
        is_current=not revision,
        version=properties.get("apiVersion", ""),
        type=(properties.get("type") or properties.get("apiType") or "http").lower(),
        operations=tuple(operations),
        description=properties.get("description", ""),
    )


def _products(desk: _Desk) -> tuple[entities.Product, ...]:
    spelling = {resource.name.lower(): resource.name for resource in desk.of("apis")}
    apis: dict[str, set[str]] = defaultdict(set)
    for resource in desk.of("products/apis"):
        apis[parent_of(resource.id).lower()].add(spelling.get(resource.name.lower(), resource.name))
    for resource in desk.of("products/apiLinks"):
        name = str(resource.properties["apiId"]).rsplit("/", 1)[-1]
        apis[parent_of(resource.id).lower()].add(spelling.get(name.lower(), name))
    groups: dict[str, set[str]] = defaultdict(set)
    for resource in desk.of("products/groups"):
        groups[parent_of(resource.id).lower()].add(resource.name)
    for resource in desk.of("products/groupLinks"):
        groups[parent_of(resource.id).lower()].add(str(resource.properties["groupId"]).rsplit("/", 1)[-1])
    return tuple(
        entities.Product(
            id=resource.name,
            name=resource.properties["displayName"],
            description=resource.properties.get("description", ""),
            subscription_required=resource.properties.get("subscriptionRequired", True),
            approval_required=resource.properties.get("approvalRequired", False),
            subscriptions_limit=resource.properties.get("subscriptionsLimit"),
            published=resource.properties.get("state", "notPublished") == "published",
            api_ids=frozenset(apis[resource.key]),
            groups=tuple(sorted(groups[resource.key])),
        )
        for resource in desk.of("products")
    )


def _subscription(desk: _Desk, resource: Resource) -> entities.Subscription:
    properties = resource.properties
    try:
        created, start, end = (instant_of(properties.get(name, "")) for name in ("createdDate", "startDate", "expirationDate"))
    except ValueError as error:
        desk.wrong(resource, f"expected ISO 8601 dates: {error}")
        created = start = end = 0
    return entities.Subscription(
        id=resource.name,
        name=properties["displayName"],
        scope=properties["scope"],
        primary_key=properties.get("primaryKey", ""),
        secondary_key=properties.get("secondaryKey", ""),
        state=properties.get("state", "active"),
        owner_id=str(properties.get("ownerId", "")).rsplit("/", 1)[-1],
        allow_tracing=properties.get("allowTracing", False),
        created=created,
        start=start,
        end=end,
    )


def _users(desk: _Desk) -> tuple[entities.User, ...]:
    groups: dict[str, list[str]] = defaultdict(list)
    for resource in desk.of("groups/users"):
        groups[resource.name.lower()].append(name_in(resource.id, "groups"))
    return tuple(
        entities.User(
            id=resource.name,
            email=resource.properties["email"],
            first_name=resource.properties["firstName"],
            last_name=resource.properties["lastName"],
            note=resource.properties.get("note", ""),
            registered=instant_of(resource.properties.get("registrationDate", "")),
            groups=tuple(groups[resource.name.lower()]),
        )
        for resource in desk.of("users")
    )


def _backend(desk: _Desk, resource: Resource) -> entities.Backend:
    properties = resource.properties
    credentials = properties.get("credentials") or {}
    tls = properties.get("tls") or {}
    authorization = credentials.get("authorization")
    members = (properties.get("pool") or {}).get("services") or ()
    if properties.get("type") == "Pool" and not members:
        desk.wrong(resource, "$.properties.pool.services: a pool needs members")
    if properties.get("type") != "Pool" and not properties.get("url"):
        desk.wrong(resource, "$.properties.url: a backend needs a URL")
    for name in ("proxy", "properties"):
        if properties.get(name):
            desk.wrong(resource, f"$.properties.{name}: not supported")
    if credentials.get("certificate"):
        desk.wrong(resource, "$.properties.credentials.certificate: thumbprints are not supported (name certificateIds)")
    identity = credentials.get("managedIdentity") or {}
    return entities.Backend(
        id=resource.name,
        url=desk.filled(resource, properties.get("url", "")),
        headers=_pairs(desk, resource, credentials.get("header")),
        query=_pairs(desk, resource, credentials.get("query")),
        authorization=desk.filled(resource, f"{authorization['scheme']} {authorization['parameter']}") if authorization else "",
        identity_resource=identity.get("resource", ""),
        certificate_ids=tuple(str(text).rsplit("/", 1)[-1] for text in credentials.get("certificateIds", ())),
        validate_chain=tls.get("validateCertificateChain", True),
        validate_name=tls.get("validateCertificateName", True),
        circuit_breaker=_breaker(desk, resource),
        pool=tuple(
            entities.PoolMember(
                backend_id=member["id"].rstrip("/").rsplit("/", 1)[-1],
                priority=member.get("priority", 0),
                weight=member.get("weight", 1),
            )
            for member in members
        ),
    )


def _pairs(desk: _Desk, resource: Resource, values: Mapping[str, list[str]] | None) -> tuple[tuple[str, str], ...]:
    return tuple((name, desk.filled(resource, text)) for name, texts in (values or {}).items() for text in texts)


def _breaker(desk: _Desk, resource: Resource) -> entities.CircuitBreaker | None:
    rules = (resource.properties.get("circuitBreaker") or {}).get("rules") or ()
    if not rules:
        return None
    condition = rules[0]["failureCondition"]
    if not condition.get("count") and not condition.get("percentage"):
        desk.wrong(resource, "$.properties.circuitBreaker.rules[0].failureCondition: expected count or percentage")
    ranges = condition.get("statusCodeRanges", ())
    return entities.CircuitBreaker(
        count=condition.get("count", 0),
        percentage=condition.get("percentage", 0),
        interval=seconds_of(condition.get("interval", "PT1M")),
        status_ranges=tuple((entry["min"], entry["max"]) for entry in ranges),
        error_reasons=tuple(condition.get("errorReasons", ())),
        trip_duration=seconds_of(rules[0]["tripDuration"]),
        accept_retry_after=rules[0].get("acceptRetryAfter", False),
    )


def _named_value(desk: _Desk, resource: Resource) -> entities.NamedValue:
    properties = resource.properties
    value = properties.get("value")
    vault = properties.get("keyVault") or {}
    if vault.get("secretIdentifier"):
        try:
            value = desk.resolve(vault["secretIdentifier"])
        except ValueError as error:
            desk.wrong(resource, f"$.properties.keyVault.secretIdentifier: {error}")
    elif value is None:
        desk.wrong(resource, "$.properties.value: expected a value or a keyVault reference")
    return entities.NamedValue(
        id=resource.name,
        name=properties["displayName"],
        value=value or "",
        secret=properties.get("secret", False) or bool(vault),
        tags=tuple(properties.get("tags", ())),
    )


def _logger(desk: _Desk, resource: Resource) -> entities.Logger:
    properties = resource.properties
    credentials = properties.get("credentials") or {}
    pairs = tuple((name, desk.filled(resource, value)) for name, value in credentials.items())
    return entities.Logger(
        id=resource.name,
        type=properties["loggerType"],
        credentials=pairs + ((("resourceId", properties["resourceId"]),) if properties.get("resourceId") else ()),
        description=properties.get("description", ""),
        buffered=properties.get("isBuffered", True),
    )


def _fragment(resource: Resource) -> entities.Fragment:
    return entities.Fragment(
        id=resource.name,
        xml=resource.properties["value"],
        description=resource.properties.get("description", ""),
        path=resource.place or resource.id.removeprefix(SERVICE),
    )


def _policies(desk: _Desk) -> tuple[entities.PolicyDocument, ...]:
    def document(resource: Resource, scope: str) -> entities.PolicyDocument:
        place = resource.place or resource.id.removeprefix(SERVICE)
        return entities.PolicyDocument(scope=scope, xml=resource.properties["value"], path=place)

    spelling = {resource.key: resource.name for kind in ("apis", "apis/operations", "products") for resource in desk.of(kind)}

    def named(resource: Resource) -> str:
        parent = parent_of(resource.id)
        return spelling.get(parent.lower(), parent.rsplit("/", 1)[-1])

    def owner(resource: Resource) -> str:
        api = parent_of(parent_of(resource.id))
        return spelling.get(api.lower(), api.rsplit("/", 1)[-1])

    return (
        *(document(r, "global") for r in desk.of("policies")),
        *(document(r, f"product:{named(r)}") for r in desk.of("products/policies")),
        *(document(r, f"api:{named(r)}") for r in desk.of("apis/policies")),
        *(document(r, f"operation:{owner(r)}/{named(r)}") for r in desk.of("apis/operations/policies")),
    )


def _diagnostic(resource: Resource) -> entities.Diagnostic:
    properties = resource.properties
    llm = properties.get("largeLanguageModel") or {}
    frontend, backend = properties.get("frontend") or {}, properties.get("backend") or {}
    sampling = properties.get("sampling") or {}
    return entities.Diagnostic(
        id=resource.name,
        logger_id=str(properties["loggerId"]).rsplit("/", 1)[-1],
        sampling_percentage=float(sampling.get("percentage", 100.0)),
        always_log_errors=properties.get("alwaysLog") == "allErrors",
        verbosity=properties.get("verbosity", "information"),
        log_client_ip=properties.get("logClientIp", True),
        frontend_request=_capture(frontend.get("request")),
        frontend_response=_capture(frontend.get("response")),
        backend_request=_capture(backend.get("request")),
        backend_response=_capture(backend.get("response")),
        llm_messages=llm.get("logs", "enabled") == "enabled",
        llm_max_request_bytes=(llm.get("requests") or {}).get("maxSizeInBytes", 0),
        llm_max_response_bytes=(llm.get("responses") or {}).get("maxSizeInBytes", 0),
    )


def _capture(settings: Mapping[str, Any] | None) -> entities.Capture:
    if not settings:
        return entities.Capture()
    masking = settings.get("dataMasking") or {}

    def names(kind: str, mode: str) -> tuple[str, ...]:
        return tuple(entry["value"] for entry in masking.get(kind, ()) if entry.get("mode", "Mask") == mode)

    return entities.Capture(
        body_bytes=(settings.get("body") or {}).get("bytes"),
        headers=tuple(settings.get("headers", ())),
        masked_headers=names("headers", "Mask"),
        hidden_headers=names("headers", "Hide"),
        masked_query=names("queryParams", "Mask"),
        hidden_query=names("queryParams", "Hide"),
    )


def _accounts(desk: _Desk) -> tuple[entities.Account, ...]:
    deployments: dict[str, list[entities.Deployment]] = defaultdict(list)
    for resource in desk.of("Microsoft.CognitiveServices/accounts/deployments"):
        sku = resource.envelope.get("sku") or {}
        model = resource.properties["model"]
        deployments[parent_of(resource.id).lower()].append(
            entities.Deployment(
                name=resource.name,
                model=model["name"],
                version=model.get("version", ""),
                sku=sku.get("name", "Standard"),
                capacity=sku.get("capacity", 0),
            )
        )
    return tuple(
        entities.Account(
            id=resource.name,
            resource_id=resource.id,
            endpoint=resource.properties.get("endpoint", ""),
            location=str(resource.envelope.get("location") or "eastus"),
            deployments=tuple(deployments[resource.key]),
        )
        for resource in desk.of("Microsoft.CognitiveServices/accounts")
    )


def _outside(resource_id: str, service: entities.Service) -> str:
    """The full ARM id of what an extension resource stands on."""
    parent = parent_of(resource_id)
    return service.resource_id + parent[1:] if parent.startswith(SERVICE) else parent


def _diagnostic_setting(resource: Resource, service: entities.Service) -> entities.DiagnosticSetting:
    properties = resource.properties
    logs = (entry for entry in properties.get("logs", ()) if entry.get("enabled"))
    metrics = (entry for entry in properties.get("metrics", ()) if entry.get("enabled"))
    return entities.DiagnosticSetting(
        name=resource.name,
        resource_id=_outside(resource.id, service),
        log_categories=frozenset(entry.get("category") or entry.get("categoryGroup") or "" for entry in logs),
        metric_categories=frozenset(entry.get("category", "AllMetrics") for entry in metrics),
        workspace_id=properties.get("workspaceId", ""),
        event_hub=properties.get("eventHubName", ""),
        storage_id=properties.get("storageAccountId", ""),
    )


def _role_assignment(resource: Resource, service: entities.Service) -> entities.RoleAssignment:
    return entities.RoleAssignment(
        id=resource.name,
        scope=_outside(resource.id, service),
        role_definition_id=resource.properties["roleDefinitionId"],
        principal_id=resource.properties["principalId"],
        principal_type=resource.properties.get("principalType", "User"),
    )


def _workspace(resource: Resource) -> entities.Workspace:
    days = resource.properties.get("retentionInDays", 0)
    return entities.Workspace(
        id=resource.name,
        resource_id=resource.id,
        customer_id=resource.properties.get("customerId", ""),
        retention_days=max(days, 0),
    )
