"""The compiled snapshot: indexes, pipelines, and the refusal of what does not hold."""

from __future__ import annotations

import pytest

from gatelog.catalog.catalog import build
from gatelog.catalog.entities import (
    Account,
    Api,
    Backend,
    Configuration,
    Diagnostic,
    Fragment,
    NamedValue,
    Operation,
    PolicyDocument,
    PoolMember,
    Product,
    Subscription,
)
from gatelog.errors import InvalidDocument


def policy(scope: str, inbound: str) -> PolicyDocument:
    return PolicyDocument(scope=scope, xml=f"<policies><inbound>{inbound}</inbound></policies>", path=f"{scope}.xml")


def header(name: str) -> str:
    return f'<set-header name="{name}" exists-action="override"><value>{{{{region}}}}</value></set-header>'


CHAT = Operation(id="chat", name="Chat", method="POST", url_template="/chat")
LIST = Operation(id="list", name="List", method="GET", url_template="/models")
CONFIGURATION = Configuration(
    apis=(
        Api(id="root", name="Root", path=""),
        Api(id="openai", name="OpenAI", path="openai", operations=(CHAT, LIST)),
        Api(id="v1", name="OpenAI v1", path="openai/v1"),
        Api(id="openai;rev=2", name="OpenAI", path="openai", revision="2", is_current=False),
    ),
    products=(
        Product(id="gold", name="Gold", api_ids=frozenset({"openai"})),
        Product(id="free", name="Free", api_ids=frozenset({"openai"}), subscription_required=False),
        Product(id="draft", name="Draft", api_ids=frozenset({"openai"}), published=False),
    ),
    subscriptions=(
        Subscription(id="a", name="A", scope="/products/gold", primary_key="key-1", secondary_key="key-2"),
        Subscription(id="b", name="B", scope="/apis", primary_key="key-3", secondary_key="key-4", state="suspended"),
    ),
    named_values=(NamedValue(id="region", name="region", value="west"),),
    policies=(
        policy("global", header("x-global")),
        policy("product:gold", "<base />" + header("x-product")),
        policy("api:openai", "<base />" + header("x-api")),
        policy("operation:openai/chat", "<base />" + header("x-operation")),
    ),
    accounts=(
        Account(id="a", resource_id="/a", endpoint="https://a.openai.azure.com/"),
        Account(id="local", resource_id="/l", endpoint="http://127.0.0.1:8090/"),
    ),
    api_diagnostics={"openai": Diagnostic(sampling_percentage=50)},
)


def test_look_ups() -> None:
    catalog = build(CONFIGURATION, "7")
    assert catalog.version == "7"
    assert [api.id for api in catalog.routes] == ["v1", "openai", "openai;rev=2", "root"]
    assert catalog.api("OPENAI") is CONFIGURATION.apis[1] and catalog.api("none") is None
    assert [product.id for product in catalog.products_of("openai")] == ["free", "gold"], "open ones first, drafts never"
    assert [product.id for product in catalog.products_of("openai;rev=2")] == ["free", "gold"]
    for key, expected in (("key-1", "a"), ("key-2", "a"), ("key-4", "b")):
        found = catalog.subscription_by_key(key)
        assert found is not None and found.id == expected
    assert catalog.subscription_by_key("key-9") is None and catalog.subscription_by_key("") is None
    assert catalog.diagnostic("OpenAI").sampling_percentage == 50
    assert catalog.diagnostic("v1") is CONFIGURATION.service_diagnostic
    assert "key-1" not in repr(CONFIGURATION)


@pytest.mark.parametrize(
    ("url", "account"),
    [
        ("https://a.openai.azure.com/openai/x", "a"),
        ("HTTPS://A.openai.azure.com", "a"),
        ("https://a.openai.azure.com.evil.org/", None),
        ("http://127.0.0.1:8090/openai", "local"),
        ("http://127.0.0.1:80901/", None),
    ],
)
def test_the_account_of_a_url(url: str, account: str | None) -> None:
    found = build(CONFIGURATION).account_of(url)
    assert (found.id if found else None) == account


def test_a_way_in_has_the_policies_of_its_scopes() -> None:
    catalog = build(CONFIGURATION)

    def headers(product: str | None, api: str, operation: str) -> list[str]:
        return [statement.name.value for statement in catalog.pipeline(product, api, operation).inbound]

    assert headers("gold", "openai", "chat") == ["x-global", "x-product", "x-api", "x-operation"]
    assert headers(None, "openai", "chat") == ["x-global", "x-api", "x-operation"]
    assert headers("free", "openai", "list") == ["x-global", "x-api"]
    assert headers(None, "v1", "") == ["x-global"]


def test_equal_ways_share_one_pipeline() -> None:
    catalog = build(CONFIGURATION)
    assert catalog.pipeline(None, "openai", "list") is catalog.pipeline("free", "openai", "")
    assert catalog.service_pipeline is catalog.pipeline(None, "v1", "")


def test_a_new_build_takes_over_what_did_not_change() -> None:
    before = build(CONFIGURATION)
    pipeline = before.pipeline("gold", "openai", "chat")
    after = build(CONFIGURATION, "2", before)
    assert after.pipeline("gold", "openai", "chat") is pipeline


def refused(**changes: object) -> list[str]:
    fields = {name: getattr(CONFIGURATION, name) for name in CONFIGURATION.__slots__}
    with pytest.raises(InvalidDocument) as error:
        build(Configuration(**{**fields, **changes}))
    return [str(problem) for problem in error.value.problems]


def test_all_bad_documents_are_reported_with_their_places() -> None:
    found = refused(
        policies=(
            policy("global", "<no-such-policy />"),
            policy("operation:openai/list", header("x") + "\n<also-none />"),
            policy("product:gold", "<base /><set-backend-service backend-id='none' />"),
        )
    )
    assert any("global.xml:1:" in text and "no-such-policy" in text for text in found)
    assert any("operation:openai/list.xml:2:" in text and "also-none" in text for text in found)
    assert any("product:gold.xml" in text and "none" in text for text in found)


def test_unknown_named_values_fragments_and_members() -> None:
    assert any("region" in text for text in refused(named_values=()))
    bad = Fragment(id="f", xml="<fragment><no-such /></fragment>", path="f.xml")
    assert any("f.xml" in text for text in refused(fragments=(bad,))), "also when nothing includes it"
    pool = Backend(id="p", pool=(PoolMember(backend_id="none"),))
    assert any("'none'" in text for text in refused(backends=(pool,)))
    twice = Backend(id="q", pool=(PoolMember(backend_id="p"),))
    found = refused(backends=(Backend(id="x", url="http://x"), Backend(id="p", pool=(PoolMember(backend_id="x"),)), twice))
    assert any("pool 'p' as a member" in text for text in found)
    assert any("'gone'" in text for text in refused(products=(Product(id="x", name="x", api_ids=frozenset({"gone"})),)))


def test_a_mode_is_safe_or_strict() -> None:
    assert any("expected safe or strict" in text for text in refused(settings={"policy-mode:openai": "loose"}))
