"""A call's two events: the request when it has arrived, the response when it has ended, however it ended."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from gatelog.catalog.catalog import Catalog
from gatelog.catalog.entities import Api, Capture, Diagnostic
from gatelog.gateway.capture import FieldFilter, cut, failure_of, masked_url, traces_of
from gatelog.llm.request import read_request
from gatelog.llm.usage import Answer, answer_of
from gatelog.record.events import LlmCall, RequestEvent, ResponseEvent, Usage
from gatelog.record.headers import Headers

if TYPE_CHECKING:
    from gatelog.gateway.attempt import Attempt
    from gatelog.gateway.call import Call

_REQUEST_IDS = ("apim-request-id", "x-request-id", "x-ms-request-id")


class Plan:
    """What is recorded of one API's calls, prepared once for each catalog."""

    __slots__ = (
        "_urls",
        "backend_request",
        "backend_response",
        "diagnostic",
        "request",
        "response",
        "same_request",
        "same_response",
        "takes_all",
        "secret_query",
    )

    def __init__(self, diagnostic: Diagnostic, api: Api | None) -> None:
        names = (api.key_header,) if api is not None else ()
        self.diagnostic = diagnostic
        self.request = FieldFilter(diagnostic.frontend_request, names)
        self.response = FieldFilter(diagnostic.frontend_response, names)
        self.backend_request = FieldFilter(diagnostic.backend_request, names)
        self.backend_response = FieldFilter(diagnostic.backend_response, names)
        self._urls: dict[tuple[str, int], str] = {}
        self.secret_query = (api.key_query,) if api is not None else ()
        self.same_request = diagnostic.frontend_request.body_bytes == diagnostic.backend_request.body_bytes
        self.same_response = diagnostic.frontend_response == diagnostic.backend_response
        self.takes_all = diagnostic.sampling_percentage >= 100

    def url(self, text: str, capture: Capture) -> str:
        """A URL without credentials."""
        if "?" not in text:
            return text
        known = self._urls.get((text, id(capture)))
        if known is None:
            known = masked_url(text, capture, self.secret_query)
            if len(self._urls) >= 1024:
                self._urls.clear()
            self._urls[(text, id(capture))] = known
        return known


def request_event(call: Call) -> RequestEvent:
    """The call as it arrived."""
    exchange, route, head = call.exchange, call.route, call.head
    plan = call.gate.plan_of(route.match)
    diagnostic = plan.diagnostic
    api, operation = route.match.api, route.match.operation
    return RequestEvent(
        time=exchange.started,
        message_id=exchange.id,
        service_id=exchange.service.resource_id,
        method=head.method,
        url=call.gate.recorded_url(head, route.match),
        client_ip=exchange.client_ip if diagnostic.log_client_ip else "",
        client_protocol=exchange.protocol,
        client_tls=exchange.tls_version,
        api_id=api.id.partition(";rev=")[0] if api is not None else "",
        api_revision=api.revision if api is not None else "",
        operation_id=operation.id if operation is not None else "",
        product_id=route.product.id if route.product is not None else "",
        subscription_id=route.subscription.id if route.subscription is not None else "",
        user_id=route.user.id if route.user is not None else "",
        headers=plan.request(head.headers, route.key),
        body=cut(call.body, diagnostic.frontend_request),
        body_size=len(call.body),
        size=head.size + len(call.body),
    )


def response_event(call: Call, usage: Usage | None = None) -> ResponseEvent:
    """The call as it ended. `usage` is the count of our own, when the model did not say."""
    exchange, attempt = call.exchange, call.attempt
    plan = call.gate.plan_of(call.route.match)
    now = call.gate.clock.monotonic()
    started = exchange.started_monotonic
    sent = call.status_sent
    errors = [failure_of(exchange.last_error)] if exchange.last_error is not None else []
    failure = call.failure or (errors[-1] if errors else None)
    if failure is not None and not errors:
        errors = [failure]
    facts: dict[str, Any] = {
        "time": exchange.started + (now - started),
        "message_id": exchange.id,
        "status": sent,
        "completed": call.completed,
        "stream": call.tee is not None and call.tee.completion is not None,
        "total_ns": now - started,
        "backend_ns": call.backend_ns,
        "client_ns": call.received - started,
        "phases": _phases(call, attempt, now),
        "cache": exchange.cache,
        "sampled": plan.takes_all or _sampled(plan.diagnostic, failure is not None or sent >= 400),
        "failure": failure,
        "errors": errors,
        "traces": traces_of(exchange.trace_records) if exchange.trace_records else [],
        "llm": _llm_call(call, attempt, plan, usage) if call.route.match.llm is not None else None,
    }
    if attempt is not None:
        _add_backend(facts, call, attempt, plan)
    if sent:
        _add_answer(facts, call, attempt, plan)
    else:
        facts["body"] = b""
    return ResponseEvent(**facts)


def _add_answer(facts: dict[str, Any], call: Call, attempt: Attempt | None, plan: Plan) -> None:
    """Body (None: the backend's), fields and size of what the caller got."""
    response = call.exchange.response
    if response is None:
        return
    given = response.body or b""
    if attempt is not None and plan.same_response and attempt.head is not None:
        facts["body"] = None if given is attempt.response_body else cut(given, plan.diagnostic.frontend_response)
        untouched = response.headers.items is attempt.head.headers.items
    else:
        facts["body"] = cut(given, plan.diagnostic.frontend_response)
        untouched = False
    size = call.tee.sent if call.tee is not None else len(given)
    if untouched and attempt is not None and attempt.head is not None:
        facts["headers"] = facts["backend_headers"]
        facts["size"] = size + attempt.head.size
    else:
        facts["headers"] = plan.response(response.headers)
        facts["size"] = size + _head_size(response.headers)


def _head_size(headers: Headers) -> int:
    """Bytes of an answer's head."""
    return 17 + 4 * len(headers) + len("".join([name + value for name, value in headers.items]))


def _add_backend(facts: dict[str, Any], call: Call, attempt: Attempt, plan: Plan) -> None:
    """What the last attempt sent and got."""
    diagnostic = plan.diagnostic
    sent = plan.backend_request(attempt.headers, call.route.key)
    if attempt.secret:
        secret = {name.lower() for name in attempt.secret}
        sent = [item for item in sent if item[0].lower() not in secret]
    same = plan.same_request and attempt.body is call.body
    facts["backend_id"] = attempt.backend_id
    facts["backend_method"] = attempt.method
    facts["backend_url"] = plan.url(attempt.url, diagnostic.backend_request)
    facts["backend_request_headers"] = sent
    facts["backend_request_body"] = None if same else cut(attempt.body, diagnostic.backend_request)
    facts["backend_body"] = cut(attempt.response_body, diagnostic.backend_response)
    facts["backend_body_size"] = attempt.response_size
    head = attempt.head
    if head is not None:
        facts["backend_status"] = head.status
        facts["backend_protocol"] = "HTTP/1.1" if head.minor else "HTTP/1.0"
        facts["backend_headers"] = plan.backend_response(head.headers)


def _phases(call: Call, attempt: Attempt | None, now: int) -> dict[str, int]:
    started = call.exchange.started_monotonic
    if attempt is None:
        return {"policy": now - started}
    phases = {"policy": attempt.started - started, "connect": attempt.connect_ns}
    if attempt.first_byte:
        phases["first_byte"] = attempt.first_byte - started
    if attempt.last_byte:
        phases["last_byte"] = attempt.last_byte - started
    phases["journal"] = now - started
    return phases


def _sampled(diagnostic: Diagnostic, failed: bool) -> bool:
    percentage = diagnostic.sampling_percentage
    if percentage >= 100 or (failed and diagnostic.always_log_errors):
        return True
    return random.random() * 100 < percentage


def _llm_call(call: Call, attempt: Attempt | None, plan: Plan, estimated: Usage | None) -> LlmCall | None:
    llm = call.route.match.llm
    if llm is None:
        return None
    answered = _llm_answer(call, attempt)
    asked = read_request(call.body) if not (llm.deployment and answered.model) else None
    account = call.gate.account_of(attempt.url) if attempt is not None else None
    tee = call.tee
    began = attempt.started if attempt is not None else 0
    diagnostic = plan.diagnostic
    return LlmCall(
        operation=llm.name,
        account_id=account.resource_id if account is not None else "",
        deployment=llm.deployment or (asked.model if asked is not None else ""),
        model=answered.model or (asked.model if asked is not None else ""),
        api_version=call.route.match.api_version,
        request_id=_request_id(attempt),
        stream=tee is not None and tee.completion is not None,
        usage=answered.usage or estimated or Usage(),
        first_token_ns=max(0, tee.first_text - began) if tee is not None and tee.first_text else 0,
        last_token_ns=max(0, tee.last_text - began) if tee is not None and tee.last_text else 0,
        chunks=tee.completion.events if tee is not None and tee.completion is not None else 0,
        log_messages=diagnostic.llm_messages,
        max_message_bytes=max(diagnostic.llm_max_request_bytes, diagnostic.llm_max_response_bytes),
        region=account.location if account is not None else call.gate.catalog.service.region,
    )


def _llm_answer(call: Call, attempt: Attempt | None) -> Answer:
    """Model, id and usage that the answer names."""
    completion = call.tee.completion if call.tee is not None else None
    if completion is not None:
        return Answer(completion.model, completion.id, completion.usage)
    if attempt is None or attempt.head is None or not 200 <= attempt.head.status < 300:
        return Answer("", "", None)
    return answer_of(attempt.response_body)


def _request_id(attempt: Attempt | None) -> str:
    if attempt is None or attempt.head is None:
        return ""
    for name in _REQUEST_IDS:
        value = attempt.head.headers.get(name)
        if value:
            return value
    return ""


def model_of(call: Call) -> str:
    """The model that answered, else the one that was asked for, else the deployment's name."""
    llm = call.route.match.llm
    asked = read_request(call.body)
    answered = _llm_answer(call, call.attempt)
    return answered.model or (asked.model if asked is not None else "") or (llm.deployment if llm is not None else "")


def needs_estimate(call: Call, event: ResponseEvent) -> bool:
    """A stream ended without the model's count, after text had been passed on (or while it was)."""
    llm = event.llm
    return (
        llm is not None and llm.stream and not llm.usage.total_tokens and bool(event.backend_body) and event.backend_status < 300
    )


def plans_of(catalog: Catalog) -> dict[str, Plan]:
    """The plan of every API, and of calls to none (empty id)."""
    plans = {api.id: Plan(catalog.diagnostic(api.id), api) for api in catalog.apis}
    plans[""] = Plan(catalog.configuration.service_diagnostic, None)
    return plans
