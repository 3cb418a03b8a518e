"""Load balancing with retry over a pool with circuit breakers: a region dies under load, no caller notices."""

from __future__ import annotations

import threading
import time

import openai
from patterns import Bench, document, region, settle

RETRY = """<retry
    condition="@(context.Response == null || context.Response.StatusCode == 429 || context.Response.StatusCode >= 500)"
    count="3" interval="0" first-fast-retry="true"><forward-request buffer-request-body="true" timeout="20" /></retry>"""
RULE = {
    "name": "down",
    "failureCondition": {"count": 2, "interval": "PT10S", "statusCodeRanges": [{"min": 500, "max": 599}]},
    "tripDuration": "PT10S",
    "acceptRetryAfter": True,
}


def test_a_region_dies_mid_load(bench: Bench) -> None:
    with region("north", "--instant") as north, region("south", "--instant") as south:
        for name, one in (("north", north), ("south", south)):
            bench.made(
                f"backends/{name}",
                {
                    "url": f"{one.endpoint}/openai",
                    "protocol": "http",
                    "credentials": {"header": {"api-key": [one.key]}},
                    "circuitBreaker": {"rules": [RULE]},
                },
            )
        services = [{"id": "/backends/north", "priority": 1, "weight": 3}, {"id": "/backends/south", "priority": 1, "weight": 1}]
        bench.made("backends/regions", {"type": "Pool", "pool": {"services": services}})
        bench.api("pool", document('<set-backend-service backend-id="regions" />', RETRY))
        settle()
        regions: list[tuple[float, str]] = []
        failures: list[str] = []
        stop = threading.Event()

        def calls() -> None:
            with bench.client("pool") as client:
                while not stop.is_set():
                    try:
                        answer = client.chat.completions.with_raw_response.create(
                            model="gpt-4o", messages=[{"role": "user", "content": "hi"}]
                        )
                        regions.append((time.monotonic(), answer.headers.get("x-ms-region", "")))
                    except openai.OpenAIError as error:
                        failures.append(repr(error))

        callers = [threading.Thread(target=calls) for _ in range(4)]
        for caller in callers:
            caller.start()
        time.sleep(1.0)
        died = time.monotonic()
        north.process.kill()
        time.sleep(2.0)
        stop.set()
        for caller in callers:
            caller.join(30)
    assert failures == []
    before = {name for at, name in regions if at < died}
    after = {name for at, name in regions if at > died + 0.5}
    assert (before, after) == ({"north", "south"}, {"south"})


def test_no_healthy_member_is_503(bench: Bench) -> None:
    with region("alone", "--instant") as alone:
        facts = {"url": f"{alone.endpoint}/openai", "protocol": "http", "circuitBreaker": {"rules": [RULE]}}
        bench.made("backends/alone", facts)
        bench.made("backends/few", {"type": "Pool", "pool": {"services": [{"id": "/backends/alone"}]}})
        bench.api("few", document('<set-backend-service backend-id="few" />', "<forward-request />"))
        settle()
    assert [bench.post("few").status_code for _ in range(4)][-1] == 503
