"""Request traces: one record for each element, with what it changed."""

from __future__ import annotations

import itertools
import json

from gatelog.policy.compile import PolicySource, compile_pipeline
from gatelog.policy.effects import FetchToken, Forward, PolicyError
from gatelog.policy.tracing import MAX_TEXT, Step, Tracer, shown
from gatelog.record.exchange import Exchange, Request, Response, Url
from gatelog.record.headers import Headers

XML = """<policies><inbound><base/>
  <set-variable name="a" value="@(1)"/>
  <choose><when condition="@(true)"><set-variable name="a" value="@(2)"/><set-header name="Authorization"><value>Bearer abc</value></set-header></when></choose>
  <authentication-managed-identity resource="https://r" output-token-variable-name="t"/>
</inbound><outbound><set-variable name="b" value="@(int.Parse("x"))"/></outbound></policies>"""  # noqa: E501


def traced(xml: str = XML) -> tuple[list[Step], Exchange]:
    url = Url("https", "h", 443, "/x")
    exchange = Exchange(
        id="11111111-2222-4333-8444-555555555555", started=0, started_monotonic=0, client_ip="::1", original_url=url,
        request=Request("GET", Url("https", "h", 443, "/x"), Headers()), service=None,
    )  # fmt: skip
    ticks = itertools.count(0, 10)
    exchange.tracer = Tracer(lambda: next(ticks))
    steps = compile_pipeline([PolicySource("api", xml, "a.xml")]).run(exchange)
    reply = None
    try:
        while True:
            effect = steps.send(reply)
            reply = None
            if isinstance(effect, FetchToken):
                reply = "secret-token"
            if isinstance(effect, Forward):
                exchange.response = Response(200, "OK", Headers([("X", "1")]), b"body")
    except StopIteration:
        return exchange.tracer.records, exchange


def test_records_in_order_of_their_start() -> None:
    records, exchange = traced()
    assert [(step.section, step.path, step.depth) for step in records] == [
        ("inbound", "set-variable", 0),
        ("inbound", "choose", 0),
        ("inbound", "choose/when/set-variable", 1),
        ("inbound", "choose/when/set-header", 1),
        ("inbound", "authentication-managed-identity", 0),
        ("backend", "forward-request", 0),
        ("outbound", "set-variable", 0),
    ]
    assert exchange.last_error is not None
    assert all(step.elapsed_ns > 0 for step in records)


def test_what_each_step_changed() -> None:
    first, choose, inner, header, identity, forward, failed = traced()[0]
    assert (first.before, first.after) == ((), (("a", "1"),))
    assert (inner.before, inner.after) == ((("a", "1"),), (("a", "2"),))
    assert (choose.before, choose.after) == (inner.before, inner.after)
    assert header.changes == ("request header Authorization: ***",)
    assert identity.effects == ("FetchToken resource=https://r",)
    assert identity.after == (("t", "secret-token"),)
    assert forward.effects == ("Forward timeout=300.0",)
    assert forward.changes == ("response status: 200 OK", "response body: 4 bytes", "response header X: 1")
    assert (failed.outcome, failed.message) == (
        "failed",
        "Expression evaluation failed. Input string was not in a correct format.",
    )
    assert (failed.document, failed.line) == ("a.xml", 5)


def test_records_are_json() -> None:
    for step in traced()[0]:
        assert json.loads(json.dumps(step.document_form()))["element"] == step.element


def test_return_response_is_an_end() -> None:
    records, exchange = traced("<policies><inbound><return-response/></inbound></policies>")
    assert [step.outcome for step in records] == ["ended"]
    assert exchange.response is not None and exchange.response.status == 200


def test_an_error_thrown_at_an_effect_passes_through() -> None:
    url = Url("https", "h", 443, "/x")
    exchange = Exchange(
        id="11111111-2222-4333-8444-555555555555", started=0, started_monotonic=0, client_ip="::1", original_url=url,
        request=Request("GET", url, Headers()), service=None, tracer=Tracer(lambda: 1),
    )  # fmt: skip
    xml = "<policies><backend><retry condition='@(context.Response == null)' count='1' interval='0'><forward-request/></retry></backend></policies>"  # noqa: E501
    steps = compile_pipeline([PolicySource("api", xml)]).run(exchange)
    next(steps)
    steps.throw(PolicyError("forward-request", "Timeout", "late"))
    exchange.response = Response(200, "OK", Headers())
    assert list(steps) == []
    assert [(step.element, step.outcome) for step in exchange.tracer.records if step.depth] == [
        ("forward-request", "failed"),
        ("forward-request", "done"),
    ]


def test_values_are_cut_and_credentials_masked() -> None:
    assert shown("api-key", "abc") == "***"
    assert shown("x", "Bearer abc.def and more") == "Bearer *** and more"
    assert shown("x", "y" * 2000) == "y" * MAX_TEXT + "... (2000 characters)"
