"""The workshop's management steps, and the rest of the catalog, by the unmodified azure-mgmt-apimanagement client."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import yaml
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.apimanagement import models
from lxml import etree

from gatelog.catalog.openapi.fetching import builtin_document

from .conftest import Plane

AT = ("workshop", "apim-workshop")
POLICY = """<policies>
    <inbound>
        <base />
        <set-header name="api-key" exists-action="delete" />
        <authentication-managed-identity resource="https://cognitiveservices.azure.com"
            output-token-variable-name="msi-access-token" ignore-error="false" />
        <set-header name="Authorization" exists-action="override">
            <value>@("Bearer " + (string)context.Variables["msi-access-token"])</value>
        </set-header>
        <set-backend-service base-url="http://127.0.0.1:8090/openai" />
    </inbound>
    <backend><base /></backend>
    <outbound><base /></outbound>
    <on-error><base /></on-error>
</policies>"""


def service(plane: Plane) -> Any:
    parameters = models.ApiManagementServiceResource(
        location="eastus",
        sku=models.ApiManagementServiceSkuProperties(name="Standard", capacity=1),
        publisher_email="owner@contoso.com",
        publisher_name="Contoso",
        identity=models.ApiManagementServiceIdentity(type="SystemAssigned"),
    )
    return plane.api.api_management_service.begin_create_or_update(*AT, parameters).result()


def miyagi(plane: Plane) -> Any:
    parameters = models.ApiCreateOrUpdateParameter(
        display_name="miyagi-api",
        path="openai",
        protocols=["https"],
        subscription_key_parameter_names=models.SubscriptionKeyParameterNamesContract(header="api-key", query="api-key"),
    )
    return plane.api.api.begin_create_or_update(*AT, "miyagi-api", parameters).result()


def imported(plane: Plane) -> Any:
    document = json.dumps(yaml.safe_load(builtin_document("azure-openai-2023-05-15")), default=str)
    parameters = models.ApiCreateOrUpdateParameter(path="openai", format="openapi+json", value=document)
    return plane.api.api.begin_create_or_update(*AT, "miyagi-api", parameters).result()


def test_the_workshop_step_by_step(plane: Plane) -> None:
    client = plane.api
    made = service(plane)
    assert made.name == "apim-workshop" and made.provisioning_state == "Succeeded"
    assert made.gateway_url == "http://127.0.0.1:8080" and made.identity.principal_id
    assert miyagi(plane).display_name == "miyagi-api"
    api = imported(plane)
    assert api.display_name == "Azure OpenAI Service API", "the document's title becomes the API's"
    assert api.subscription_key_parameter_names.header == "api-key", "an update keeps what the document does not say"
    operations = {operation.name: operation for operation in client.api_operation.list_by_api(*AT, "miyagi-api")}
    assert set(operations) == {"ChatCompletions_Create", "Completions_Create", "embeddings_create"}
    chat = operations["ChatCompletions_Create"]
    assert chat.display_name == "Creates a completion for the chat message"
    assert chat.url_template == "/deployments/{deployment-id}/chat/completions?api-version={api-version}"
    assert [parameter.name for parameter in chat.template_parameters] == ["deployment-id", "api-version"]

    client.product.create_or_update(*AT, "openai", models.ProductContract(display_name="OpenAi", state="published"))
    client.product_api.create_or_update(*AT, "openai", "miyagi-api")
    assert client.product_api.check_entity_exists(*AT, "openai", "miyagi-api")
    assert [item.name for item in client.product_api.list_by_product(*AT, "openai")] == ["miyagi-api"]
    holder = models.SubscriptionCreateParameters(scope="/products/openai", display_name="aoai-test", state="active")
    subscription = client.subscription.create_or_update(*AT, "aoai-test", holder)
    assert subscription.scope.endswith("/service/apim-workshop/products/openai")
    key = client.subscription.list_secrets(*AT, "aoai-test").primary_key
    found = plane.control.snapshot().catalog.subscription_by_key(key)
    assert found is not None and found.id == "aoai-test"

    written = client.api_policy.create_or_update(
        *AT, "miyagi-api", "policy", models.PolicyContract(format="rawxml", value=POLICY), if_match="*"
    )
    assert written.value == POLICY
    assert client.api_policy.get(*AT, "miyagi-api", "policy", format="rawxml").value == POLICY
    etree.fromstring(client.api_policy.get(*AT, "miyagi-api", "policy").value)  # format xml is well-formed XML

    cut = models.PipelineDiagnosticSettings(
        request=models.HttpMessageDiagnostic(body=models.BodyDiagnosticSettings(bytes=8192)),
        response=models.HttpMessageDiagnostic(body=models.BodyDiagnosticSettings(bytes=8192)),
    )
    diagnostic = models.DiagnosticContract(
        logger_id=f"{made.id}/loggers/azuremonitor",
        sampling=models.SamplingSettings(sampling_type="fixed", percentage=100),
        frontend=cut,
        backend=cut,
    )
    client.api_diagnostic.create_or_update(*AT, "miyagi-api", "azuremonitor", diagnostic)
    catalog = plane.control.snapshot().catalog
    capture = catalog.diagnostic("miyagi-api")
    assert {capture.frontend_request.body_bytes, capture.backend_response.body_bytes} == {8192}
    pipeline = catalog.pipeline("openai", "miyagi-api", "ChatCompletions_Create")
    assert pipeline is catalog.pipeline("openai", "miyagi-api", "ChatCompletions_Create")
    assert [event.operation for event in plane.events][:2] == [
        "MICROSOFT.APIMANAGEMENT/SERVICE/WRITE",
        "MICROSOFT.APIMANAGEMENT/SERVICE/APIS/WRITE",
    ]
    assert all(event.status == "Success" and event.caller == "admin" for event in plane.events)
    listed = next(event for event in plane.events if event.operation.endswith("LISTSECRETS/ACTION"))
    assert listed.operation == "MICROSOFT.APIMANAGEMENT/SERVICE/SUBSCRIPTIONS/LISTSECRETS/ACTION"
    assert listed.resource_id.endswith("/subscriptions/aoai-test")


def test_regenerated_keys_replace_the_old_ones(plane: Plane) -> None:
    service(plane)
    client = plane.api
    client.subscription.create_or_update(*AT, "all", models.SubscriptionCreateParameters(scope="/apis", display_name="all"))
    before = client.subscription.list_secrets(*AT, "all")
    client.subscription.regenerate_primary_key(*AT, "all")
    client.subscription.regenerate_secondary_key(*AT, "all")
    after = client.subscription.list_secrets(*AT, "all")
    assert before.primary_key != after.primary_key and before.secondary_key != after.secondary_key
    catalog = plane.control.snapshot().catalog
    assert catalog.subscription_by_key(before.primary_key) is None
    client.subscription.update(*AT, "all", "*", models.SubscriptionUpdateParameters(state="suspended"))
    assert client.subscription.list_secrets(*AT, "all").primary_key == after.primary_key, "a change of state keeps the keys"
    assert client.subscription.get(*AT, "all").primary_key is None, "GET never shows a key"


def test_backends_pools_and_breakers(plane: Plane) -> None:
    service(plane)
    client = plane.api
    client.named_value.begin_create_or_update(
        *AT, "openaikey", models.NamedValueCreateContract(display_name="openaikey", value="s3cret", secret=True)
    ).result()
    assert client.named_value.get(*AT, "openaikey").value is None
    assert client.named_value.list_value(*AT, "openaikey").value == "s3cret"
    rule = models.CircuitBreakerRule(
        name="overload",
        trip_duration="PT1M",
        accept_retry_after=True,
        failure_condition=models.CircuitBreakerFailureCondition(
            count=3, interval="PT5M", status_code_ranges=[models.FailureStatusCodeRange(min=429, max=429)]
        ),
    )
    for name in ("east", "west"):
        client.backend.create_or_update(
            *AT,
            name,
            models.BackendContract(
                url=f"https://{name}.openai.azure.com/openai",
                protocol="http",
                credentials=models.BackendCredentialsContract(header={"api-key": ["{{openaikey}}"]}),
                circuit_breaker=models.BackendCircuitBreaker(rules=[rule]),
            ),
        )
    base = client.backend.get(*AT, "east").id.rsplit("/", 1)[0]
    pool = models.BackendContract(
        type_properties_type="Pool",
        pool=models.BackendBaseParametersPool(
            services=[
                models.BackendPoolItem(id=f"{base}/east", priority=1, weight=3),
                models.BackendPoolItem(id="/backends/west", priority=2),
            ]
        ),
    )
    client.backend.create_or_update(*AT, "pool", pool)
    catalog = plane.control.snapshot().catalog
    east, both = catalog.backend("east"), catalog.backend("pool")
    assert east is not None and both is not None
    assert east.headers == (("api-key", "s3cret"),)
    assert east.circuit_breaker is not None and east.circuit_breaker.interval == 300.0 and east.circuit_breaker.accept_retry_after
    assert [(member.backend_id, member.priority, member.weight) for member in both.pool] == [("east", 1, 3), ("west", 2, 1)]
    shown = client.backend.get(*AT, "pool").pool.services
    assert shown[1].id == f"{base}/west"
    with pytest.raises(HttpResponseError) as refused:
        client.backend.delete(*AT, "east", "*")
    assert refused.value.status_code == 409 and refused.value.error.code == "ResourceInUse"
    assert client.backend.get(*AT, "east").name == "east"


def test_an_import_updates_by_operation_id(plane: Plane) -> None:
    service(plane)
    miyagi(plane)
    imported(plane)
    client = plane.api
    policy = models.PolicyContract(format="rawxml", value=POLICY)
    client.api_operation_policy.create_or_update(*AT, "miyagi-api", "embeddings_create", "policy", policy)
    client.api_operation_policy.create_or_update(*AT, "miyagi-api", "Completions_Create", "policy", policy)
    document = yaml.safe_load(builtin_document("azure-openai-2023-05-15"))
    renamed = document["paths"]["/deployments/{deployment-id}/embeddings"]["post"]
    renamed["operationId"] = "Embeddings_Make"
    del document["paths"]["/deployments/{deployment-id}/completions"]
    update = models.ApiCreateOrUpdateParameter(path="openai", format="openapi", value=yaml.safe_dump(document))
    client.api.begin_create_or_update(*AT, "miyagi-api", update).result()
    names = {operation.name for operation in client.api_operation.list_by_api(*AT, "miyagi-api")}
    assert names == {"ChatCompletions_Create", "Embeddings_Make"}, "operations that the document lost are deleted"
    moved = client.api_operation_policy.get(*AT, "miyagi-api", "Embeddings_Make", "policy", format="rawxml")
    assert moved.value == POLICY, "the policy follows the method and template"


def test_an_export_can_be_imported_again(plane: Plane) -> None:
    service(plane)
    miyagi(plane)
    imported(plane)
    client = plane.api
    link = client.api_export.get(*AT, "miyagi-api", format="openapi-link", export="true").value.link
    text = base64.b64decode(link.split("base64,", 1)[1]).decode()
    assert yaml.safe_load(text)["info"]["title"] == "Azure OpenAI Service API"
    again = models.ApiCreateOrUpdateParameter(path="again", format="openapi", value=text)
    client.api.begin_create_or_update(*AT, "again", again).result()

    def shape(api: str) -> list[tuple[str, str, str, list[str]]]:
        return [
            (o.name, o.method, o.url_template, [p.name for p in o.template_parameters])
            for o in client.api_operation.list_by_api(*AT, api)
        ]

    assert shape("again") == shape("miyagi-api")


def test_etags(plane: Plane) -> None:
    service(plane)
    miyagi(plane)
    client = plane.api
    with plane.http() as http:
        path = f"/subscriptions/x/resourceGroups/workshop/providers/Microsoft.ApiManagement/service/{AT[1]}/apis/miyagi-api"
        path = path.replace("/x/", "/11111111-1111-1111-1111-111111111111/")
        tag = http.get(path).headers["etag"]
    assert client.api.get_entity_tag(*AT, "miyagi-api")
    updated = client.api.update(*AT, "miyagi-api", tag, models.ApiUpdateContract(description="first"))
    assert updated.description == "first" and updated.path == "openai"
    with pytest.raises(HttpResponseError) as stale:
        client.api.update(*AT, "miyagi-api", tag, models.ApiUpdateContract(description="second"))
    assert stale.value.status_code == 412 and stale.value.error.code == "PreconditionFailed"
    assert client.api.get(*AT, "miyagi-api").description == "first"


def test_lists_are_paged_and_filtered(plane: Plane) -> None:
    service(plane)
    client = plane.api
    with plane.http() as http:
        resources = [
            {"id": f"~/namedValues/value-{number:03}", "properties": {"displayName": f"value-{number:03}", "value": "x"}}
            for number in range(230)
        ]
        assert http.post("/api/config/apply", json={"resources": resources}).status_code == 200
    assert len(list(client.named_value.list_by_service(*AT))) == 230
    assert len(list(client.named_value.list_by_service(*AT, top=5))) == 5
    some = client.named_value.list_by_service(*AT, filter="startswith(name,'value-22')")
    assert [item.name for item in some] == [f"value-22{digit}" for digit in range(10)]


def test_deleting_takes_what_belongs_along(plane: Plane) -> None:
    service(plane)
    miyagi(plane)
    imported(plane)
    client = plane.api
    client.product.create_or_update(*AT, "openai", models.ProductContract(display_name="OpenAi", state="published"))
    client.product_api.create_or_update(*AT, "openai", "miyagi-api")
    holder = models.SubscriptionCreateParameters(scope="/products/openai", display_name="holder")
    client.subscription.create_or_update(*AT, "holder", holder)
    with pytest.raises(HttpResponseError) as refused:
        client.product.delete(*AT, "openai", "*")
    assert refused.value.status_code == 409
    client.product.delete(*AT, "openai", "*", delete_subscriptions=True)
    with pytest.raises(ResourceNotFoundError):
        client.subscription.get(*AT, "holder")
    client.api.begin_delete(*AT, "miyagi-api", "*").result()
    assert list(client.api.list_by_service(*AT)) == []
    assert not [key for key in plane.control.snapshot().resources if key.startswith("~/apis/")]


def test_revisions_and_releases(plane: Plane) -> None:
    service(plane)
    miyagi(plane)
    imported(plane)
    client = plane.api
    revision = models.ApiCreateOrUpdateParameter(path="", source_api_id="/apis/miyagi-api", api_revision="2")
    client.api.begin_create_or_update(*AT, "miyagi-api;rev=2", revision).result()
    client.api.update(*AT, "miyagi-api;rev=2", "*", models.ApiUpdateContract(description="the second"))
    assert {(item.api_revision, item.is_current) for item in client.api_revision.list_by_service(*AT, "miyagi-api")} == {
        ("1", True),
        ("2", False),
    }
    assert len(list(client.api_operation.list_by_api(*AT, "miyagi-api;rev=2"))) == 3
    client.api_release.create_or_update(*AT, "miyagi-api", "second", models.ApiReleaseContract(api_id="/apis/miyagi-api;rev=2"))
    assert client.api.get(*AT, "miyagi-api").description == "the second"


def test_fragments_loggers_groups_and_users(plane: Plane) -> None:
    service(plane)
    client = plane.api
    fragment = models.PolicyFragmentContract(
        value='<fragment><set-header name="x-from" exists-action="override"><value>gate</value></set-header></fragment>',
        format="rawxml",
    )
    assert client.policy_fragment.begin_create_or_update(*AT, "mark", fragment).result().name == "mark"
    logger = models.LoggerContract(
        logger_type="azureEventHub",
        credentials={
            "name": "hub",
            "connectionString": "Endpoint=sb://x/;SharedAccessKeyName=n;SharedAccessKey=k;EntityPath=hub",
        },
    )
    client.logger.create_or_update(*AT, "hub", logger)
    found = plane.control.snapshot().catalog.logger("hub")
    assert found is not None and dict(found.credentials)["name"] == "hub"
    person = models.UserCreateParameters(email="a@contoso.com", first_name="A", last_name="B")
    client.user.create_or_update(*AT, "ada", person)
    client.group.create_or_update(*AT, "writers", models.GroupCreateParameters(display_name="Writers"))
    client.group_user.create(*AT, "writers", "ada")
    ada = plane.control.snapshot().catalog.user("ada")
    assert ada is not None and ada.groups == ("writers",)
    assert {group.name for group in client.group.list_by_service(*AT)} == {"administrators", "developers", "guests", "writers"}


def test_one_gateway_is_one_service(plane: Plane) -> None:
    service(plane)
    with pytest.raises(HttpResponseError) as second:
        parameters = models.ApiManagementServiceResource(
            location="x", sku=models.ApiManagementServiceSkuProperties(name="Basic", capacity=1), publisher_email="a@b.c",
            publisher_name="n",
        )  # fmt: skip
        plane.api.api_management_service.begin_create_or_update("other", "other", parameters).result()
    assert second.value.status_code == 409
    with pytest.raises(ResourceNotFoundError):
        plane.api.api.get("other", "other", "miyagi-api")
    assert [item.name for item in plane.api.api_management_service.list()] == ["apim-workshop"]
    plane.api.api_management_service.begin_delete(*AT).result()
    plane.api.api_management_service.begin_create_or_update("other", "other", parameters).result()
    assert [item.id.split("/")[4] for item in plane.api.api_management_service.list()] == ["other"]
