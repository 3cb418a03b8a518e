"""The gateway as the bench runs it: `worker.py POLICY UPSTREAM PORT FOLDER NUMBER`; serves until SIGTERM."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from gatelog.catalog.catalog import build
from gatelog.catalog.entities import (
    Api,
    Configuration,
    Logger,
    Operation,
    PolicyDocument,
    Product,
    Subscription,
    TemplateParameter,
)
from gatelog.clock import SystemClock
from gatelog.gateway.worker import WorkerParts, WorkerSettings, run_worker
from gatelog.identity.interface import IssuerKeys, Token

HERE = Path(__file__).parent
GLOBAL = "<policies><inbound/><backend><forward-request/></backend><outbound/><on-error/></policies>"


class BenchIdentity:
    """A token at hand and one signing key, so that identity costs what it costs with warm caches."""

    def __init__(self, jwks: Path) -> None:
        self._jwks = jwks

    async def token(self, resource: str, client_id: str = "") -> Token:
        return Token("x" * 1200, int(time.time()) + 86_400)

    async def keys(self, url: str, refresh: bool = False) -> IssuerKeys:
        import json

        return IssuerKeys("https://login.example/bench/v2.0", tuple(json.loads(self._jwks.read_text())))


def configuration(policy: str, upstream: str) -> Configuration:
    """One API with the chat operation, one product, one subscription."""
    template = "/deployments/{deployment-id}/chat/completions?api-version={api-version}"
    parameters = (TemplateParameter(name="deployment-id"), TemplateParameter(name="api-version"))
    operation = Operation(id="ChatCompletions_Create", name="chat", method="POST", url_template=template, parameters=parameters)
    api = Api(
        id="azure-openai",
        name="Azure OpenAI",
        path="openai",
        service_url=f"{upstream}/openai",
        key_header="api-key",
        key_query="api-key",
        operations=(operation,),
    )
    xml = (HERE / "policies" / f"{policy}.xml").read_text().replace("UPSTREAM", upstream)
    return Configuration(
        apis=(api,),
        products=(Product(id="openai", name="OpenAI", api_ids=frozenset(("azure-openai",))),),
        subscriptions=(
            Subscription(id="bench", name="Bench", scope="/products/openai", primary_key="bench-key", secondary_key="other"),
        ),
        loggers=(Logger(id="hub"),),
        policies=(PolicyDocument(scope="global", xml=GLOBAL), PolicyDocument(scope="api:azure-openai", xml=xml)),
    )


def main() -> None:
    policy, upstream, port, folder, number = sys.argv[1:6]
    SystemClock()
    run_worker(
        WorkerSettings(host="127.0.0.1", port=int(port), journal=Path(folder) / "journal", stream=f"gateway-{number}"),
        WorkerParts(
            catalog=build(configuration(policy, upstream)),
            identity=BenchIdentity(Path(folder) / "keys.json"),
            on_ready=lambda _: print("ready", flush=True),
        ),
    )


if __name__ == "__main__":
    main()
