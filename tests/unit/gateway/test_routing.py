"""Which API, operation and subscription a request is for."""

from __future__ import annotations

from typing import Any

import pytest

from gatelog.catalog.catalog import Catalog, build
from gatelog.catalog.entities import Api, Configuration, Operation, PolicyDocument, Product, Subscription, TemplateParameter
from gatelog.gateway.heads import FieldMemo, RequestHead, read_request_head
from gatelog.gateway.routing import Refusal, Router

GLOBAL = "<policies><inbound/><backend><forward-request/></backend><outbound/><on-error/></policies>"


def operation(name: str, method: str, template: str, **parameters: Any) -> Operation:
    return Operation(
        id=name,
        name=name,
        method=method,
        url_template=template,
        parameters=tuple(TemplateParameter(name=key, **value) for key, value in parameters.items()),
    )


def api(name: str, path: str, *operations: Operation, **more: Any) -> Api:
    return Api(id=name, name=name, path=path, service_url="http://b", operations=operations, **more)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    chat = operation("chat", "POST", "/deployments/{id}/chat/completions?api-version={version}")
    return build(
        Configuration(
            apis=(
                api("openai", "openai", chat, operation("models", "GET", "/models"), operation("model", "GET", "/models/{name}")),
                api("deep", "openai/v1", operation("v1chat", "POST", "/chat/completions"), operation("rest", "GET", "/{*rest}")),
                api("openai;rev=2", "openai", operation("new", "GET", "/new"), revision="2", is_current=False),
                api("free", "free", operation("any", "GET", "/*"), subscription_required=False),
                api("root", "", operation("about", "GET", "/about"), operation("mixed", "GET", "/files/{name}.json")),
                api("open", "open", operation("get", "GET", "/")),
            ),
            products=(
                Product(id="models", name="m", api_ids=frozenset(("openai", "deep"))),
                Product(id="give-away", name="g", api_ids=frozenset(("open",)), subscription_required=False),
                Product(id="draft", name="d", api_ids=frozenset(("openai",)), published=False),
            ),
            subscriptions=(
                Subscription(id="p", name="p", scope="/products/models", primary_key="kp", secondary_key="kp2"),
                Subscription(id="a", name="a", scope="/apis/openai", primary_key="ka", secondary_key="ka2"),
                Subscription(id="all", name="all", scope="/apis", primary_key="kall", secondary_key="kall2"),
                Subscription(id="master", name="master", scope="/", primary_key="km", secondary_key="km2"),
                Subscription(id="s", name="s", scope="/", primary_key="ks", secondary_key="ks2", state="suspended"),
                Subscription(id="t", name="t", scope="/", primary_key="kt", secondary_key="kt2", start=100, end=200),
                Subscription(id="d", name="d", scope="/products/draft", primary_key="kd", secondary_key="kd2"),
            ),
            policies=(PolicyDocument(scope="global", xml=GLOBAL),),
        )
    )


def head(method: str, target: str, **headers: str) -> RequestHead:
    lines = "".join(f"\r\n{name.replace('_', '-')}: {value}" for name, value in headers.items())
    return read_request_head(f"{method} {target} HTTP/1.1\r\nHost: gate{lines}".encode(), FieldMemo())


@pytest.mark.parametrize(
    ("method", "target", "expected"),
    [
        ("POST", "/openai/deployments/a%20b/chat/completions?api-version=1", ("openai", "chat", {"id": "a b", "version": "1"})),
        ("POST", "/OpenAI/Deployments/X/chat/completions?API-VERSION=1", ("openai", "chat", {"id": "X", "version": "1"})),
        ("POST", "/openai/deployments/a/chat/completions", ("openai", None, {})),
        ("GET", "/openai/deployments/a/chat/completions?api-version=1", ("openai", None, {})),
        ("GET", "/openai/models", ("openai", "models", {})),
        ("GET", "/openai/models/", ("openai", "models", {})),
        ("GET", "/openai/models/x", ("openai", "model", {"name": "x"})),
        ("POST", "/openai/v1/chat/completions", ("deep", "v1chat", {})),
        ("GET", "/openai/v1/a/b/c", ("deep", "rest", {"rest": "a/b/c"})),
        ("GET", "/openai;rev=2/new", ("openai;rev=2", "new", {})),
        ("GET", "/free/anything/at/all", ("free", "any", {})),
        ("GET", "/about", ("root", "about", {})),
        ("GET", "/files/report.json", ("root", "mixed", {"name": "report"})),
        ("GET", "/openai/../about", ("root", "about", {})),
        ("GET", "/openai/%2e%2e/about", ("root", "about", {})),
        ("GET", "/openai/./models", ("openai", "models", {})),
        ("GET", "/nothing/here", ("root", None, {})),
    ],
)
def test_matching(catalog: Catalog, method: str, target: str, expected: tuple[str, str | None, dict[str, str]]) -> None:
    router = Router(catalog)
    for _ in range(2):
        match = router.match(method, target)
        assert match.api is not None
        assert (match.api.id, match.operation.id if match.operation else None, match.parameters) == expected


@pytest.mark.parametrize(
    ("target", "key", "now", "expected"),
    [
        ("/openai/models", "kp", 0, "models"),
        ("/openai/models", "kp2", 0, "models"),
        ("/openai/models", "ka", 0, None),
        ("/openai/models", "kall", 0, None),
        ("/openai/models", "km", 0, None),
        ("/openai/models", "ks", 0, Refusal.KEY_INVALID),
        ("/openai/models", "kt", 50, Refusal.KEY_INVALID),
        ("/openai/models", "kt", 150, None),
        ("/openai/models", "kt", 200, Refusal.KEY_INVALID),
        ("/openai/models", "kd", 0, Refusal.KEY_INVALID),
        ("/openai/models", "nobody", 0, Refusal.KEY_INVALID),
        ("/openai/models", "", 0, Refusal.KEY_MISSING),
        ("/openai/v1/x", "ka", 0, Refusal.KEY_INVALID),
        ("/open", "", 0, "give-away"),
        ("/free/x", "", 0, None),
        ("/nothing", "km", 0, Refusal.NOT_FOUND),
    ],
)
def test_keys(catalog: Catalog, target: str, key: str, now: int, expected: str | Refusal | None) -> None:
    router = Router(catalog)
    given = {"Ocp_Apim_Subscription_Key": key} if key else {}
    for _ in range(2):
        route = router.route(head("GET", target, **given), now)
        found = route.refusal or (route.product.id if route.product else None)
        assert found == expected


def test_a_remembered_way_in_ends_with_its_subscription(catalog: Catalog) -> None:
    router = Router(catalog)
    asked = head("GET", "/openai/models", Ocp_Apim_Subscription_Key="kt")
    assert router.route(asked, 150).refusal is None
    assert router.route(asked, 250).refusal is Refusal.KEY_INVALID


def test_keys_in_other_places(catalog: Catalog) -> None:
    router = Router(catalog)
    assert router.route(head("GET", "/openai/models?subscription-key=km"), 0).refusal is None
    bearer = router.route(head("GET", "/openai/models", Authorization="Bearer km"), 0)
    assert bearer.refusal is None and bearer.bearer_key
    assert router.route(head("GET", "/openai/models", Authorization="Bearer other"), 0).refusal is Refusal.KEY_MISSING
    both = router.route(head("GET", "/openai/models?subscription-key=km", Ocp_Apim_Subscription_Key="bad"), 0)
    assert both.refusal is Refusal.KEY_INVALID, "the query counts only when the header is absent"


def test_what_is_remembered_is_bounded(catalog: Catalog) -> None:
    router = Router(catalog, remember=8)
    for number in range(100):
        router.route(head("GET", f"/openai/models/{number}", Ocp_Apim_Subscription_Key="km"), 0)
    assert len(router._matches) <= 8 and len(router._routes) <= 8
