"""One gateway worker as a process of its own, configured by a JSON document on the command line; prints its port."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from gatelog.catalog.catalog import build
from gatelog.catalog.entities import (
    Api,
    Backend,
    CircuitBreaker,
    Configuration,
    Operation,
    PolicyDocument,
    PoolMember,
    Product,
    Subscription,
    TemplateParameter,
)
from gatelog.gateway.worker import WorkerParts, WorkerSettings, run_worker
from gatelog.identity.interface import IssuerKeys, KeysUnavailable, Token

GLOBAL = "<policies><inbound/><backend><forward-request/></backend><outbound/><on-error/></policies>"
TEMPLATES = {
    "ChatCompletions_Create": "/deployments/{deployment-id}/chat/completions?api-version={api-version}",
    "Completions_Create": "/deployments/{deployment-id}/completions?api-version={api-version}",
    "embeddings_create": "/deployments/{deployment-id}/embeddings?api-version={api-version}",
}


class FixedIdentity:
    """Hands out one token for each resource."""

    async def token(self, resource: str, client_id: str = "") -> Token:
        return Token(f"token-for-{resource}", int(time.time()) + 3600)

    async def keys(self, url: str, refresh: bool = False) -> IssuerKeys:
        raise KeysUnavailable(f"no keys at {url}")


def configuration(document: dict[str, object]) -> Configuration:
    """The APIs that the tests call: `openai` (a model's), `plain` (anything), `free` (without a key), `live` (WebSocket)."""
    urls = [str(url) for url in document["backends"]]  # type: ignore[attr-defined]
    base = urls[0]
    parameters = (TemplateParameter(name="deployment-id"), TemplateParameter(name="api-version"))
    operations = tuple(
        Operation(id=name, name=name, method="POST", url_template=template, parameters=parameters)
        for name, template in TEMPLATES.items()
    )
    anything = tuple(
        Operation(id=method.lower(), name=method, method=method, url_template="/*")
        for method in ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS")
    )
    openai = Api(
        id="openai",
        name="OpenAI",
        path="openai",
        service_url=f"{base}/openai",
        key_header="api-key",
        key_query="api-key",
        operations=operations,
    )
    plain = Api(id="plain", name="Plain", path="plain", service_url=f"{base}/plain", operations=anything)
    free = Api(id="free", name="Free", path="free", service_url=f"{base}/free", operations=anything, subscription_required=False)
    live = Api(
        id="live",
        name="Live",
        path="live",
        type="websocket",
        service_url=f"{base.replace('http', 'ws')}/live",
        operations=(Operation(id="onHandshake", name="handshake", method="GET", url_template="/"),),
    )
    rule = CircuitBreaker(
        count=1, interval=30.0, status_ranges=((500, 599),), error_reasons=("BackendConnectionFailure",), trip_duration=30.0
    )
    singles = tuple(
        Backend(id=f"b{number}", url=url, circuit_breaker=rule, headers=(("x-backend-secret", "hidden-value"),))
        for number, url in enumerate(urls)
    )
    pool = Backend(id="pool", pool=tuple(PoolMember(backend_id=backend.id) for backend in singles))
    policies = [PolicyDocument(scope="global", xml=GLOBAL)]
    for scope, xml in dict(document.get("policies", {})).items():  # type: ignore[call-overload]
        policies.append(PolicyDocument(scope=scope, xml=xml))
    keys = {"primary_key": "good-key", "secondary_key": "other-key"}
    return Configuration(
        apis=(openai, plain, free, live),
        products=(Product(id="models", name="Models", api_ids=frozenset(("openai", "plain", "live"))),),
        subscriptions=(Subscription(id="tester", name="Tester", scope="/products/models", **keys),),
        backends=(*singles, pool),
        policies=tuple(policies),
    )


def main() -> None:
    document = json.loads(sys.argv[1])
    settings = WorkerSettings(
        host="127.0.0.1",
        port=document.get("port", 0),
        journal=Path(document["journal"]),
        **document.get("settings", {}),
    )
    parts = WorkerParts(
        catalog=build(configuration(document)),
        identity=FixedIdentity(),
        on_ready=lambda port: print(port, flush=True),
    )
    run_worker(settings, parts)


if __name__ == "__main__":
    main()
