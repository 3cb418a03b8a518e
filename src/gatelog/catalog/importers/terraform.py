# ruff: noqa: E501 - one field on one line
"""`terraform show -json` (a state or a plan) -> resources of the azurerm provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from gatelog.catalog.folder.layout import DEFAULT_GROUP
from gatelog.catalog.importers.imported import Fetch, Imported
from gatelog.catalog.resource import SERVICE, canonical_id
from gatelog.catalog.shapes import Tree
from gatelog.errors import InvalidDocument, Problem

Values = Mapping[str, Any]
Made = tuple[str, Tree]
"""Canonical id and body."""


def import_state(document: Tree, *, place: str = "terraform", fetch: Fetch | None = None) -> Imported:
    """The resources of a state or plan. Raises `InvalidDocument`."""
    values = document.get("values") or document.get("planned_values") or {}
    module = values.get("root_module")
    if not isinstance(module, dict):
        message = "expected the output of terraform show -json (values.root_module)"
        raise InvalidDocument([Problem(message, place=place)])
    imported = Imported()
    for resource in _resources(module):
        address, kind = str(resource.get("address", "")), str(resource.get("type", ""))
        make = MAKERS.get(kind)
        where = f"{place}: {address}"
        if make is None:
            imported.warnings.append(f"{where}: {kind} is not imported")
            continue
        try:
            made = list(make(resource.get("values") or {}))
        except (KeyError, TypeError, IndexError, AttributeError) as error:
            imported.problems.append(Problem(f"expected values of {kind}: {type(error).__name__} {error}", place=where))
            continue
        for resource_id, body in made:
            imported.add(resource_id, body, where, fetch)
    return imported.finished()


def _resources(module: Tree) -> Iterator[Tree]:
    for resource in module.get("resources") or ():
        if resource.get("mode", "managed") == "managed":
            yield resource
    for child in module.get("child_modules") or ():
        yield from _resources(child)


def _filled(**properties: Any) -> Tree:
    """Only what has a value; Terraform says null, empty text and empty list for what is not set."""
    return {name: value for name, value in properties.items() if value not in (None, "", [], {})}


def _one(value: Any) -> Values:
    """The one entry of a block."""
    return value[0] if isinstance(value, list) and value else value if isinstance(value, dict) else {}


def _tail(resource_id: Any) -> str:
    return str(resource_id or "").rstrip("/").rsplit("/", 1)[-1]


def _any_service(resource_id: str) -> str:
    """A full id, with any API Management service taken as ours."""
    marker = "/providers/microsoft.apimanagement/service/"
    position = resource_id.lower().find(marker)
    if position < 0:
        return resource_id
    start = position + len(marker)
    return canonical_id(resource_id, resource_id[:start] + resource_id[start:].split("/", 1)[0])


def _service(v: Values) -> Iterator[Made]:
    identity = _one(v.get("identity"))
    name, _, capacity = str(v.get("sku_name") or "Developer_1").partition("_")
    body: Tree = {
        "location": v.get("location") or "local",
        "sku": {"name": name, "capacity": int(capacity or 1)},
        "properties": _filled(publisherName=v.get("publisher_name"), publisherEmail=v.get("publisher_email")),
    }
    if identity:
        body["identity"] = _filled(
            type=identity.get("type"), principalId=identity.get("principal_id"), tenantId=identity.get("tenant_id")
        )
    yield SERVICE, body


def _api(v: Values) -> Iterator[Made]:
    block, names = _one(v.get("import")), _one(v.get("subscription_key_parameter_names"))
    revision = str(v.get("revision") or "1")
    current = v.get("is_current", True)
    name = v["name"] if current or revision == "1" else f"{v['name']};rev={revision}"
    properties = _filled(
        displayName=v.get("display_name"),
        path=v.get("path"),
        protocols=v.get("protocols"),
        serviceUrl=v.get("service_url"),
        description=v.get("description"),
        apiVersion=v.get("version"),
        apiRevision=revision,
        type=v.get("api_type"),
        format=block.get("content_format"),
        value=block.get("content_value"),
        subscriptionKeyParameterNames=_filled(header=names.get("header"), query=names.get("query")),
    )
    if _tail(v.get("version_set_id")):
        properties["apiVersionSetId"] = f"/apiVersionSets/{_tail(v['version_set_id'])}"
    properties["path"] = v.get("path") or ""
    properties["subscriptionRequired"] = v.get("subscription_required", True)
    yield f"{SERVICE}/apis/{name}", {"properties": properties}


def _parameter(v: Values) -> Tree:
    return _filled(
        name=v.get("name"), type=v.get("type"), description=v.get("description"), defaultValue=v.get("default_value"),
        values=list(v.get("values") or ()),
    ) | {"required": bool(v.get("required"))}  # fmt: skip


def _representations(items: Any) -> list[Tree]:
    return [
        _filled(
            contentType=item.get("content_type"), schemaId=item.get("schema_id"), typeName=item.get("type_name"),
            formParameters=[_parameter(p) for p in item.get("form_parameter") or ()],
            examples={e["name"]: _filled(summary=e.get("summary"), description=e.get("description"), value=e.get("value"))
                      for e in item.get("example") or ()},
        )
        for item in items or ()
    ]  # fmt: skip


def _operation(v: Values) -> Iterator[Made]:
    request = _one(v.get("request"))
    properties = _filled(
        displayName=v.get("display_name"),
        method=v.get("method"),
        urlTemplate=v.get("url_template"),
        description=v.get("description"),
        templateParameters=[_parameter(p) for p in v.get("template_parameter") or ()],
        request=_filled(
            description=request.get("description"),
            headers=[_parameter(p) for p in request.get("header") or ()],
            queryParameters=[_parameter(p) for p in request.get("query_parameter") or ()],
            representations=_representations(request.get("representation")),
        ),
        responses=[
            {
                "statusCode": r["status_code"],
                **_filled(description=r.get("description"), representations=_representations(r.get("representation"))),
            }
            for r in v.get("response") or ()
        ],
    )
    yield f"{SERVICE}/apis/{v['api_name']}/operations/{v['operation_id']}", {"properties": properties}


def _policy(scope: Callable[[Values], str]) -> Callable[[Values], Iterator[Made]]:
    def make(v: Values) -> Iterator[Made]:
        link = v.get("xml_link")
        properties = (
            {"format": "rawxml-link", "value": link}
            if link and not v.get("xml_content")
            else {"format": "rawxml", "value": v["xml_content"]}
        )
        yield f"{scope(v)}/policies/policy", {"properties": properties}

    return make


def _product(v: Values) -> Iterator[Made]:
    properties = _filled(
        displayName=v.get("display_name"),
        description=v.get("description"),
        terms=v.get("terms"),
        subscriptionsLimit=v.get("subscriptions_limit"),
    )
    properties |= {
        "subscriptionRequired": v.get("subscription_required", True),
        "approvalRequired": bool(v.get("approval_required")),
        "state": "published" if v.get("published") else "notPublished",
    }
    yield f"{SERVICE}/products/{v['product_id']}", {"properties": properties}


def _subscription(v: Values) -> Iterator[Made]:
    scope = (
        f"/products/{_tail(v['product_id'])}"
        if v.get("product_id")
        else f"/apis/{_tail(v['api_id'])}"
        if v.get("api_id")
        else "/apis"
    )
    properties = _filled(
        displayName=v.get("display_name"), scope=scope, state=v.get("state"), primaryKey=v.get("primary_key"),
        secondaryKey=v.get("secondary_key"), ownerId=f"/users/{_tail(v['user_id'])}" if v.get("user_id") else None,
    )  # fmt: skip
    properties["allowTracing"] = bool(v.get("allow_tracing"))
    yield f"{SERVICE}/subscriptions/{v['subscription_id']}", {"properties": properties}


def _backend(v: Values) -> Iterator[Made]:
    credentials, tls = _one(v.get("credentials")), _one(v.get("tls"))
    authorization = _one(credentials.get("authorization"))
    breaker, pool = _one(v.get("circuit_breaker_rule")), _one(v.get("pool"))
    properties = _filled(
        url=v.get("url"),
        protocol=v.get("protocol"),
        title=v.get("title"),
        description=v.get("description"),
        resourceId=v.get("resource_id"),
        credentials=_filled(
            header=_lists(credentials.get("header")), query=_lists(credentials.get("query")),
            authorization=_filled(scheme=authorization.get("scheme"), parameter=authorization.get("parameter")),
        ),
        tls=_filled(
            validateCertificateChain=tls.get("validate_certificate_chain"), validateCertificateName=tls.get("validate_certificate_name")
        ),
        circuitBreaker={"rules": [_breaker(breaker)]} if breaker else None,
    )  # fmt: skip
    if pool:
        members = [
            _filled(id=f"/backends/{_tail(m['id'])}", priority=m.get("priority"), weight=m.get("weight"))
            for m in pool.get("service") or ()
        ]
        properties |= {"type": "Pool", "pool": {"services": members}}
    yield f"{SERVICE}/backends/{v['name']}", {"properties": properties}


def _lists(values: Any) -> Tree:
    """Header values: Terraform joins several with commas."""
    return {name: [str(value)] for name, value in (values or {}).items()}


def _breaker(rule: Values) -> Tree:
    condition = _one(rule.get("failure_condition"))
    ranges = [{"min": r["min"], "max": r["max"]} for r in condition.get("status_code_range") or ()]
    return _filled(
        name=rule.get("name"),
        tripDuration=rule.get("trip_duration"),
        acceptRetryAfter=rule.get("accept_retry_after_enabled"),
        failureCondition=_filled(
            count=condition.get("count"), percentage=condition.get("percentage"), interval=condition.get("interval_duration"),
            errorReasons=condition.get("error_reasons"), statusCodeRanges=ranges,
        ),
    )  # fmt: skip


def _named_value(v: Values) -> Iterator[Made]:
    if v.get("value_from_key_vault"):
        variable = "".join(c if c.isalnum() else "_" for c in str(v["name"])).upper()
        properties: Tree = {"keyVault": {"secretIdentifier": f"env:{variable}"}}
    else:
        properties = {"value": v.get("value") or ""}
    properties |= {"displayName": v["display_name"], "secret": bool(v.get("secret")), "tags": list(v.get("tags") or ())}
    yield f"{SERVICE}/namedValues/{v['name']}", {"properties": properties}


def _logger(v: Values) -> Iterator[Made]:
    hub, insights = _one(v.get("eventhub")), _one(v.get("application_insights"))
    kind = "azureEventHub" if hub else "applicationInsights" if insights else "azureMonitor"
    credentials = _filled(
        name=hub.get("name"), connectionString=hub.get("connection_string") or insights.get("connection_string"),
        endpointAddress=hub.get("endpoint_uri"), identityClientId=hub.get("user_assigned_identity_client_id"),
        instrumentationKey=insights.get("instrumentation_key"),
    )  # fmt: skip
    properties = _filled(
        loggerType=kind, description=v.get("description"), credentials=credentials, resourceId=v.get("resource_id")
    )
    yield f"{SERVICE}/loggers/{v['name']}", {"properties": properties | {"isBuffered": bool(v.get("buffered", True))}}


def _message(block: Any) -> Tree:
    message = _one(block)
    masking = _one(message.get("data_masking"))
    made = _filled(headers=list(message.get("headers_to_log") or ()))
    if message.get("body_bytes") is not None:
        made["body"] = {"bytes": message["body_bytes"]}
    entries = {
        name: [_filled(value=e.get("value"), mode=e.get("mode")) for e in masking.get(block_name) or ()]
        for name, block_name in (("headers", "headers"), ("queryParams", "query_params"))
    }
    return made | _filled(dataMasking=_filled(**entries))


def _diagnostic(v: Values) -> Tree:
    properties = _filled(
        loggerId=f"/loggers/{_tail(v.get('api_management_logger_id'))}",
        alwaysLog="allErrors" if v.get("always_log_errors") else None,
        verbosity=v.get("verbosity"),
        httpCorrelationProtocol=v.get("http_correlation_protocol"),
        operationNameFormat=v.get("operation_name_format"),
        frontend=_filled(request=_message(v.get("frontend_request")), response=_message(v.get("frontend_response"))),
        backend=_filled(request=_message(v.get("backend_request")), response=_message(v.get("backend_response"))),
    )
    if v.get("log_client_ip") is not None:
        properties["logClientIp"] = v["log_client_ip"]
    if v.get("sampling_percentage") is not None:
        properties["sampling"] = {"samplingType": "fixed", "percentage": v["sampling_percentage"]}
    return {"properties": properties}


def _service_diagnostic(v: Values) -> Iterator[Made]:
    yield f"{SERVICE}/diagnostics/{v['identifier']}", _diagnostic(v)


def _api_diagnostic(v: Values) -> Iterator[Made]:
    yield f"{SERVICE}/apis/{v['api_name']}/diagnostics/{v['identifier']}", _diagnostic(v)


def _fragment(v: Values) -> Iterator[Made]:
    properties = _filled(value=v["value"], format=v.get("format"), description=v.get("description"))
    yield f"{SERVICE}/policyFragments/{v['name']}", {"properties": properties}


def _user(v: Values) -> Iterator[Made]:
    properties = _filled(
        email=v.get("email"), firstName=v.get("first_name"), lastName=v.get("last_name"), note=v.get("note"), state=v.get("state")
    )
    yield f"{SERVICE}/users/{v['user_id']}", {"properties": properties}


def _group(v: Values) -> Iterator[Made]:
    properties = _filled(
        displayName=v.get("display_name"), description=v.get("description"), type=v.get("type"), externalId=v.get("external_id")
    )
    yield f"{SERVICE}/groups/{v['name']}", {"properties": properties}


def _version_set(v: Values) -> Iterator[Made]:
    properties = _filled(
        displayName=v.get("display_name"), versioningScheme=v.get("versioning_scheme"), versionHeaderName=v.get("version_header_name"),
        versionQueryName=v.get("version_query_name"), description=v.get("description"),
    )  # fmt: skip
    yield f"{SERVICE}/apiVersionSets/{v['name']}", {"properties": properties}


def _link(owner: str, owner_key: str, collection: str, key: str) -> Callable[[Values], Iterator[Made]]:
    def make(v: Values) -> Iterator[Made]:
        yield f"{SERVICE}/{owner}/{v[owner_key]}/{collection}/{v[key]}", {}

    return make


def _account(v: Values) -> Iterator[Made]:
    resource_id = v.get("id") or f"{DEFAULT_GROUP}/providers/Microsoft.CognitiveServices/accounts/{v['name']}"
    properties = _filled(
        endpoint=v.get("endpoint"),
        customSubDomainName=v.get("custom_subdomain_name"),
        key1=v.get("primary_access_key"),
        key2=v.get("secondary_access_key"),
    )
    yield resource_id, {"location": v.get("location"), "kind": v.get("kind"), "properties": properties}


def _deployment(v: Values) -> Iterator[Made]:
    model, sku = _one(v.get("model")), _one(v.get("sku") or v.get("scale"))
    body: Tree = {
        "properties": {"model": _filled(name=model.get("name"), version=model.get("version"), format=model.get("format"))}
    }
    name = sku.get("name") or sku.get("type")
    if name:
        body["sku"] = _filled(name=name, capacity=sku.get("capacity"))
    yield f"{v['cognitive_account_id']}/deployments/{v['name']}", body


def _workspace(v: Values) -> Iterator[Made]:
    resource_id = v.get("id") or f"{DEFAULT_GROUP}/providers/Microsoft.OperationalInsights/workspaces/{v['name']}"
    yield (
        resource_id,
        {
            "location": v.get("location"),
            "properties": _filled(customerId=v.get("workspace_id"), retentionInDays=v.get("retention_in_days")),
        },
    )


def _diagnostic_setting(v: Values) -> Iterator[Made]:
    logs = [
        _filled(category=e.get("category"), categoryGroup=e.get("category_group")) | {"enabled": True}
        for e in v.get("enabled_log") or ()
    ]
    blocks = v.get("enabled_metric") or [m for m in v.get("metric") or () if m.get("enabled", True)]
    properties = _filled(
        workspaceId=v.get("log_analytics_workspace_id"), eventHubName=v.get("eventhub_name"),
        eventHubAuthorizationRuleId=v.get("eventhub_authorization_rule_id"), storageAccountId=v.get("storage_account_id"),
        logAnalyticsDestinationType=v.get("log_analytics_destination_type"),
        logs=logs, metrics=[{"category": m["category"], "enabled": True} for m in blocks],
    )  # fmt: skip
    target = _any_service(str(v["target_resource_id"]))
    yield f"{target}/providers/Microsoft.Insights/diagnosticSettings/{v['name']}", {"properties": properties}


def _role_assignment(v: Values) -> Iterator[Made]:
    properties = _filled(
        roleDefinitionId=v.get("role_definition_id") or v.get("role_definition_name"), principalId=v.get("principal_id"),
        principalType=v.get("principal_type"), description=v.get("description"),
    )  # fmt: skip
    scope = _any_service(str(v["scope"]))
    yield f"{scope}/providers/Microsoft.Authorization/roleAssignments/{v['name']}", {"properties": properties}


def _at_service(v: Values) -> str:
    return SERVICE


MAKERS: Mapping[str, Callable[[Values], Iterator[Made]]] = MappingProxyType(
    {
        "azurerm_api_management": _service,
        "azurerm_api_management_api": _api,
        "azurerm_api_management_api_operation": _operation,
        "azurerm_api_management_policy": _policy(_at_service),
        "azurerm_api_management_api_policy": _policy(lambda v: f"{SERVICE}/apis/{v['api_name']}"),
        "azurerm_api_management_api_operation_policy": _policy(
            lambda v: f"{SERVICE}/apis/{v['api_name']}/operations/{v['operation_id']}"
        ),
        "azurerm_api_management_product_policy": _policy(lambda v: f"{SERVICE}/products/{v['product_id']}"),
        "azurerm_api_management_policy_fragment": _fragment,
        "azurerm_api_management_product": _product,
        "azurerm_api_management_product_api": _link("products", "product_id", "apis", "api_name"),
        "azurerm_api_management_product_group": _link("products", "product_id", "groups", "group_name"),
        "azurerm_api_management_subscription": _subscription,
        "azurerm_api_management_backend": _backend,
        "azurerm_api_management_named_value": _named_value,
        "azurerm_api_management_logger": _logger,
        "azurerm_api_management_diagnostic": _service_diagnostic,
        "azurerm_api_management_api_diagnostic": _api_diagnostic,
        "azurerm_api_management_user": _user,
        "azurerm_api_management_group": _group,
        "azurerm_api_management_group_user": _link("groups", "group_name", "users", "user_id"),
        "azurerm_api_management_api_version_set": _version_set,
        "azurerm_cognitive_account": _account,
        "azurerm_cognitive_deployment": _deployment,
        "azurerm_log_analytics_workspace": _workspace,
        "azurerm_monitor_diagnostic_setting": _diagnostic_setting,
        "azurerm_role_assignment": _role_assignment,
    }
)
"""Terraform type -> what it becomes."""
