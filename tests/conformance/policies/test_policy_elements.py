"""Golden files: a policy and a request, the effects with their replies, and what comes out of it.

A file has sections, each begun by a line `=== name`:

    policy [scope]      a document; `api` when no scope is named; several from broad to narrow
    fragment NAME       a fragment
    named-values        `name = value` a line
    mode                `strict` or `safe`
    context             JSON: api, operation, product, subscription, user, matched_parameters, client_ip, variables
    request             `METHOD url`, headers, blank line, body
    effects             what the pipeline asks, in order, each with its reply in the lines `<< ...` below it
    after               the same for what runs once the answer was sent
    forwarded           the request at the last `Forward`: `METHOD path?query`, headers, blank line, body
    response            `status reason`, headers, blank line, body
    variables           `name = text` a line, among others
    last-error          `field = text` a line

An effect is `Name field=literal ...`; only the fields that are named are compared. A reply is a Python literal, `! reason
message` for a failure, or `status reason [stream]` with headers, `<<`, and the body. A missing `response` section means that
the answer is not looked at; a missing `effects` section means that there are none.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Generator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from gatelog.catalog.entities import Api, Example, Operation, Product, Service, Subscription, TemplateParameter, User
from gatelog.policy.compile import PolicySource, compile_pipeline
from gatelog.policy.effects import (
    Acquire,
    AfterResponse,
    Answer,
    CountTokens,
    Effect,
    Forward,
    PolicyError,
    SendRequest,
    Trace,
    Wait,
    WindowReply,
)
from gatelog.policy.slots import text_of
from gatelog.policy.statement import run_statements  # noqa: F401  # imported so that a rename is noticed here
from gatelog.record.events import Usage
from gatelog.record.exchange import Exchange, Request, Response, Url
from gatelog.record.headers import Headers

HERE = Path(__file__).parent
FILES = sorted(HERE.rglob("*.policytest"))
DEFAULT_REQUEST = "POST https://gate.example/openai/deployments/gpt/chat/completions?api-version=2024-06-01\n\n{}"


def sections_of(text: str) -> list[tuple[str, str, str]]:
    """(name, argument, content) of each section."""
    pieces = re.split(r"^=== *(\S+) *(.*)$", text, flags=re.MULTILINE)
    return [(pieces[i], pieces[i + 1].strip(), pieces[i + 2].strip("\n")) for i in range(1, len(pieces), 3)]


def pairs_of(text: str) -> dict[str, str]:
    return {name.strip(): value.strip() for name, _, value in (line.partition("=") for line in text.splitlines() if line.strip())}


def message_of(text: str) -> tuple[str, Headers, bytes | None]:
    """First line, headers, body."""
    head, _, body = text.partition("\n\n")
    first, *lines = head.splitlines()
    headers = Headers((name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines))
    return first, headers, body.encode() if body else None


def url_of(text: str) -> Url:
    match = re.fullmatch(r"(\w+)://([^/:?]+)(?::(\d+))?([^?]*)(?:\?(.*))?", text)
    assert match, text
    return Url(match[1], match[2], int(match[3] or (443 if match[1] == "https" else 80)), match[4] or "/", match[5] or "")


def exchange_of(request_text: str, context: dict[str, Any]) -> Exchange:
    first, headers, body = message_of(request_text)
    method, _, address = first.partition(" ")
    original = url_of(address)
    api = Api(
        **{"id": "openai", "name": "Azure OpenAI", "path": "openai", "service_url": "https://oai.example/openai"}
        | context.get("api", {})
    )
    suffix = f"/{api.path}"
    path = original.path.removeprefix(suffix) if original.path.startswith(suffix) else original.path
    service_url = url_of(api.service_url)
    url = Url(service_url.scheme, service_url.host, service_url.port, path, original.query)
    operation = {"id": "ChatCompletions_Create", "name": "Creates a completion", "method": method, "url_template": path}
    operation |= context.get("operation", {})
    for name, cls in (("parameters", TemplateParameter), ("examples", Example)):
        operation[name] = tuple(cls(**entry) for entry in operation.get(name, ()))
    keys = {"scope": "/apis", "primary_key": "p" * 32, "secondary_key": "s" * 32}
    subscription = context.get("subscription", {"id": "sub-1", "name": "Sub 1"})
    product, user = context.get("product"), context.get("user")
    return Exchange(
        id="11111111-2222-4333-8444-555555555555",
        started=1_700_000_000_000_000_000,
        started_monotonic=0,
        client_ip=context.get("client_ip", "203.0.113.7"),
        original_url=original,
        request=Request(method, url, headers, body),
        service=Service(),
        api=api,
        operation=Operation(**operation),
        product=Product(**product) if product else None,
        subscription=Subscription(**(keys | subscription)) if subscription else None,
        user=User(**user) if user else None,
        matched_parameters=context.get("matched_parameters", {}),
        variables=dict(context.get("variables", {})),
    )


class Script:
    """The expected effects with their replies."""

    def __init__(self, text: str) -> None:
        self.entries: list[tuple[str, dict[str, Any], list[str]]] = []
        for line in text.splitlines():
            if line.startswith("<<"):
                self.entries[-1][2].append(line[2:].removeprefix(" "))
            elif line.strip():
                name, _, rest = line.strip().partition(" ")
                self.entries.append((name, literal_fields(rest), []))


def literal_fields(text: str) -> dict[str, Any]:
    if not text.strip():
        return {}
    arguments = re.sub(r"\s+(?=[a-z_]+=)", ", ", text.strip())
    call = ast.parse(f"f({arguments})", mode="eval").body
    assert isinstance(call, ast.Call)
    return {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}


def plain(value: Any) -> Any:
    """A field as golden files write it."""
    if isinstance(value, Request):
        return f"{value.method} {value.url}"
    return value


class Player:
    """Plays the driver: checks each effect against the script and answers it."""

    def __init__(self, exchange: Exchange, script: Script) -> None:
        self.exchange = exchange
        self.script = script.entries
        self.at = 0
        self.later: list[Any] = []
        self.forwarded = ""
        self.completion: bytes | None = None
        self.usage = Usage()

    def play(self, steps: Generator[Effect, Any, None]) -> None:
        reply: Any = None
        failure: PolicyError | None = None
        while True:
            try:
                effect = steps.throw(failure) if failure else steps.send(reply)
            except StopIteration:
                return
            reply = failure = None
            if isinstance(effect, Answer):
                self.exchange.response = effect.response
                steps.close()
                return
            try:
                reply = self.answer(effect)
            except PolicyError as error:
                failure = error

    def answer(self, effect: Effect) -> Any:
        if isinstance(effect, AfterResponse):
            self.later.append(effect.steps)
            return None
        name = type(effect).__name__
        assert self.at < len(self.script), f"effect that nobody expects: {effect}"
        expected, wanted, lines = self.script[self.at]
        self.at += 1
        assert name == expected, f"expected {expected}, found {effect}"
        shown = effect.record if isinstance(effect, Trace) else effect
        found = {field.name: plain(getattr(shown, field.name)) for field in fields(shown)}  # type: ignore[arg-type]
        if isinstance(effect, SendRequest):
            found |= {"body": effect.request.body, "headers": dict(iter(effect.request.headers))}
        assert {key: found[key] for key in wanted} == wanted
        if isinstance(effect, Wait):
            for branch in effect.branches:
                self.play(branch)
            return None
        return self.reply(effect, lines)

    def reply(self, effect: Effect, lines: list[str]) -> Any:
        if isinstance(effect, Forward):
            request = self.exchange.request
            query = f"?{request.url.query}" if request.url.query else ""
            head = "".join(f"\n{name}: {value}" for name, value in request.headers)
            body = f"\n\n{request.body.decode()}" if request.body else ""
            self.forwarded = f"{request.method} {request.url.path}{query}{head}{body}"
        if not lines:
            return default_reply(effect)
        if lines[0].startswith("!"):
            reason, _, text = lines[0][1:].strip().partition(" ")
            raise PolicyError("forward-request" if isinstance(effect, Forward) else "", reason, text)
        if not re.match(r"\d{3} ", lines[0]):
            value = ast.literal_eval("\n".join(lines))
            if isinstance(value, dict) and "allowed" in value:
                return WindowReply(**({"remaining": 0, "retry_after": 0.0} | value))
            return Usage(**value) if type(effect).__name__ == "TokenUsage" else value
        return self.message(effect, lines)

    def message(self, effect: Effect, lines: list[str]) -> Response | None:
        first, headers, body = message_of("\n".join(lines))
        status, _, reason = first.partition(" ")
        streamed = reason.endswith("stream")
        response = Response(int(status), reason.removesuffix("stream").strip(), headers, None if streamed else body or b"")
        if not isinstance(effect, Forward):
            return response
        self.exchange.response = response
        self.completion = body
        return None


def default_reply(effect: Effect) -> Any:
    if isinstance(effect, Acquire):
        return True
    if isinstance(effect, CountTokens):
        return 10
    if type(effect).__name__ == "TakeWindow":
        return WindowReply(True, 9, 0.0)
    return Usage() if type(effect).__name__ == "TokenUsage" else None


def shown_response(response: Response) -> str:
    head = "".join(f"\n{name}: {value}" for name, value in response.headers)
    body = f"\n\n{response.body.decode()}" if response.body else ""
    return f"{response.status} {response.reason}{head}{body}"


class Case:
    """One golden file."""

    def __init__(self, path: Path) -> None:
        self.sections = sections_of(path.read_text())
        self.given = {name: content for name, _, content in self.sections}
        self.context = json.loads(self.given.get("context", "{}"))
        sources = [PolicySource(scope or "api", text, path.name) for name, scope, text in self.sections if name == "policy"]
        fragments = {name: text for kind, name, text in self.sections if kind == "fragment"}
        mode = self.given.get("mode", "safe")
        named = pairs_of(self.given.get("named-values", ""))
        self.pipeline = compile_pipeline(sources, fragments=fragments, named_values=named, mode=mode)  # type: ignore[arg-type]

    def run(self) -> None:
        exchange = exchange_of(self.given.get("request", DEFAULT_REQUEST), self.context)
        player = Player(exchange, Script(self.given.get("effects", "")))
        player.play(self.pipeline.run(exchange))
        assert player.at == len(player.script), f"effects that never came: {player.script[player.at :]}"
        self.check(exchange, player)
        assert exchange.response is not None
        if exchange.response.body is None:
            exchange.response.body = player.completion
        late = Player(exchange, Script(self.given.get("after", "")))
        for steps in player.later:
            late.play(steps)
        assert late.at == len(late.script), f"effects after the answer that never came: {late.script[late.at :]}"

    def check(self, exchange: Exchange, player: Player) -> None:
        if "response" in self.given:
            assert exchange.response is not None
            assert shown_response(exchange.response) == self.given["response"]
        if "forwarded" in self.given:
            assert player.forwarded == self.given["forwarded"]
        if "variables" in self.given:
            wanted = pairs_of(self.given["variables"])
            assert {name: text_of(exchange.variables.get(name)) for name in wanted} == wanted
        if "last-error" in self.given:
            assert exchange.last_error is not None
            wanted = pairs_of(self.given["last-error"])
            assert {name: getattr(exchange.last_error, name) for name in wanted} == wanted


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(HERE)).removesuffix(".policytest") for path in FILES])
def test_golden_file(path: Path) -> None:
    Case(path).run()


def test_there_are_golden_files() -> None:
    assert len(FILES) >= 50
