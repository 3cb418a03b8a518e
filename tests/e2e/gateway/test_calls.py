"""Calls through a real worker: answers, streams, errors, and what of them is on record."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import pytest

from gatelog.record.events import RequestEvent, ResponseEvent

CHAT = {"messages": [{"role": "user", "content": "hi"}]}
PATH = "/openai/deployments/text-turbo/chat/completions?api-version=2024-02-01"


def raw(worker: Any, data: bytes, *, until: bytes = b"", seconds: float = 5.0, shut: bool = False) -> bytes:
    """Send bytes, read until `until` has come (or the end)."""
    with socket.create_connection(("127.0.0.1", worker.port), timeout=seconds) as connection:
        connection.sendall(data)
        if shut:
            connection.shutdown(socket.SHUT_WR)
        got = b""
        while not until or until not in got:
            piece = connection.recv(65536)
            if not piece:
                break
            got += piece
        return got


def request(path: str = "/plain/x", method: str = "POST", mode: str = "echo", body: bytes = b"", more: str = "") -> bytes:
    return (
        f"{method} {path} HTTP/1.1\r\nHost: gate\r\nOcp-Apim-Subscription-Key: good-key\r\nX-Mode: {mode}\r\n"
        f"Content-Length: {len(body)}\r\n{more}\r\n"
    ).encode() + body


def test_a_chat_completion_and_its_record(worker: Any, backend: Any) -> None:
    answer = worker.chat(CHAT)
    assert (answer.status, json.loads(answer.body)["choices"][0]["message"]["content"]) == (200, "Hello.")
    asked, answered = worker.last()
    assert (asked.api_id, asked.operation_id, asked.product_id, asked.subscription_id) == (
        "openai",
        "ChatCompletions_Create",
        "models",
        "tester",
    )
    assert json.loads(asked.body) == CHAT and asked.body_size == len(asked.body)
    assert asked.client_ip == "127.0.0.1" and asked.url.endswith(PATH)
    assert (answered.status, answered.backend_status, answered.completed, answered.body) == (200, 200, True, None)
    assert answered.backend_body == answer.body
    assert answered.backend_url == f"{backend.url}{PATH}"
    assert answered.llm is not None and answered.llm.usage.total_tokens == 11 and not answered.llm.usage.estimated
    assert (answered.llm.model, answered.llm.deployment) == ("gpt-35-turbo-0125", "text-turbo")
    assert (answered.llm.api_version, answered.llm.request_id) == ("2024-02-01", "req-1")
    assert 0 < answered.backend_ns <= answered.total_ns
    assert "good-key" not in repr(worker.events())


def test_the_backend_sees_its_own_host_and_no_hop_by_hop_fields(worker: Any, backend: Any) -> None:
    raw(
        worker,
        request(body=b"x", more="Connection: X-Private, keep-alive\r\nX-Private: 1\r\nX-Public: 2\r\nTE: trailers\r\n"),
        until=b"x",
    )
    seen = backend.seen[-1]
    assert seen.headers["host"] == f"127.0.0.1:{backend.port}"
    assert seen.headers["x-public"] == "2"
    assert not {"connection", "x-private", "te", "keep-alive"} & set(seen.headers)


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        (
            {},
            "Access denied due to missing subscription key. "
            "Make sure to include subscription key when making requests to an API.",
        ),
        (
            {"api-key": "wrong"},
            "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription.",
        ),
    ],
)
def test_keys_that_do_not_hold(worker: Any, backend: Any, headers: dict[str, str], message: str) -> None:
    before = len(backend.seen)
    answer = worker.call("POST", PATH, b"{}", headers)
    assert (answer.status, answer.reason) == (401, "Access Denied")
    assert answer.body == f'{{ "statusCode": 401, "message": "{message}" }}'.encode()
    assert answer.headers["www-authenticate"].startswith('AzureApiManagementKey realm="')
    assert answer.headers["www-authenticate"].endswith('/openai",name="api-key",type="header"')
    assert len(backend.seen) == before
    _, answered = worker.last()
    assert answered.failure is not None and answered.failure.source == "authorization" and answered.status == 401


@pytest.mark.parametrize("headers", [{"api-key": "good-key"}, {"api-key": "other-key"}, {"authorization": "Bearer good-key"}])
def test_keys_that_hold(worker: Any, backend: Any, headers: dict[str, str]) -> None:
    assert worker.call("POST", PATH, b"{}", {**headers, "x-mode": "json"}).status == 200
    assert "authorization" not in backend.seen[-1].headers


def test_the_key_in_the_query_is_neither_forwarded_nor_recorded(worker: Any, backend: Any) -> None:
    assert worker.call("POST", f"{PATH}&api-key=good-key", b"{}", {"x-mode": "json"}).status == 200
    assert "good-key" not in backend.seen[-1].raw.decode()
    assert "good-key" not in repr(worker.events())


@pytest.mark.parametrize(
    "path",
    ["/nowhere", "/openai", "/openai/deployments/a/chat/completions", "/openai/deployments/a/b/chat/completions?api-version=1"],
)
def test_no_operation(worker: Any, path: str) -> None:
    answer = worker.call("POST", path, b"{}", {"api-key": "good-key"})
    assert (answer.status, answer.body) == (404, b'{ "statusCode": 404, "message": "Resource not found" }')


def test_an_open_api_needs_no_key(worker: Any) -> None:
    assert worker.call("POST", "/free/a/b", b"xyz", {"x-mode": "echo"}).body == b"xyz"


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_errors_of_the_backend_come_through_untouched(worker: Any, status: int) -> None:
    answer = worker.chat(CHAT, f"status-{status}")
    assert (answer.status, answer.body) == (status, b'{"error":{"code":"oops","message":"no"}}')
    assert answer.headers["retry-after"] == "7"
    assert worker.last()[1].backend_status == status


def test_malformed_json_goes_to_the_backend(worker: Any, backend: Any) -> None:
    assert worker.chat(b'{"stream": tru').status == 200
    assert backend.seen[-1].body == b'{"stream": tru'


# -- streams ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asks", [None, {"include_usage": False}, {"include_usage": True}])
def test_a_stream_and_its_assembled_record(worker: Any, backend: Any, asks: dict[str, bool] | None) -> None:
    answer = worker.chat({**CHAT, "stream": True, **({"stream_options": asks} if asks else {})})
    events = [line for line in answer.body.decode().split("\n\n") if line]
    assert events[-1] == "data: [DONE]"
    wants = bool(asks and asks["include_usage"])
    assert ('"usage"' in answer.body.decode()) == wants
    assert len(events) == (7 if wants else 6)
    assert json.loads(backend.seen[-1].body)["stream_options"] == {"include_usage": True}
    asked, answered = worker.last()
    assert json.loads(asked.body).get("stream_options") == asks
    recorded = json.loads(answered.backend_body)
    assert recorded["choices"][0]["message"]["content"] == "word0 word1 word2 word3 word4 "
    assert answered.stream and answered.completed and answered.llm is not None and answered.llm.stream
    assert answered.llm.usage.total_tokens == 9 and not answered.llm.usage.estimated
    assert 0 < answered.llm.first_token_ns < answered.llm.last_token_ns


def test_the_first_piece_is_not_held_back(worker: Any) -> None:
    body = json.dumps({**CHAT, "stream": True}).encode()
    with socket.create_connection(("127.0.0.1", worker.port), timeout=5) as connection:
        began = time.monotonic()
        connection.sendall(request(PATH, mode="stream-slow", body=body, more="api-key: good-key\r\n"))
        got = b""
        while b"word0" not in got:
            got += connection.recv(65536)
        assert time.monotonic() - began < 0.19, "the backend pauses 0.2 s after each piece"
        while b"[DONE]" not in got:
            got += connection.recv(65536)


def test_a_client_that_hangs_up_is_on_record_with_what_it_got(worker: Any, backend: Any) -> None:
    body = json.dumps({**CHAT, "stream": True}).encode()
    with socket.create_connection(("127.0.0.1", worker.port), timeout=5) as connection:
        connection.sendall(request(PATH, mode="stream-slow", body=body, more="api-key: good-key\r\n"))
        got = b""
        while b"word1" not in got:
            got += connection.recv(65536)
    deadline = time.monotonic() + 5
    while (answered := worker.last()[1]).completed:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert answered.failure is not None and answered.failure.reason == "ClientConnectionFailure"
    assert answered.status == 200 and answered.stream
    assert json.loads(answered.backend_body)["choices"][0]["message"]["content"].startswith("word0 word1 ")
    assert answered.llm is not None and answered.llm.usage.estimated and answered.llm.usage.completion_tokens >= 4


def test_a_backend_that_cuts_its_stream(worker: Any) -> None:
    body = json.dumps({**CHAT, "stream": True}).encode()
    got = raw(worker, request(PATH, mode="stream-cut", body=body, more="api-key: good-key\r\n"))
    assert b"word2" in got and not got.endswith(b"0\r\n\r\n"), "the client can tell that it is not all"
    _, answered = worker.last()
    assert not answered.completed and answered.failure is not None
    assert answered.failure.reason == "BackendConnectionFailure"
    assert "word2" in answered.backend_body.decode()


def test_a_stream_without_usage_is_counted_here(worker: Any) -> None:
    answer = worker.chat({**CHAT, "stream": True}, "stream-no-usage")
    assert answer.body.endswith(b"data: [DONE]\n\n")
    llm = worker.last()[1].llm
    assert llm is not None and llm.usage.estimated and llm.usage.prompt_tokens > 0 and llm.usage.completion_tokens > 0


def test_a_backend_that_does_not_know_stream_options_gets_the_request_as_it_was(worker: Any, backend: Any) -> None:
    path = PATH.replace("2024-02-01", "2023-05-15")
    body = json.dumps({**CHAT, "stream": True}).encode()
    before = len(backend.seen)
    for _ in range(2):
        answer = worker.call("POST", path, body, {"api-key": "good-key", "x-mode": "old-version"})
        assert answer.status == 200 and b"word4" in answer.body
        assert backend.seen[-1].body == body
        llm = worker.last()[1].llm
        assert llm is not None and llm.usage.estimated
    assert len(backend.seen) - before == 3, "it is asked only once"


# -- bad backends ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["garbage", "cut", "close", "smuggle"])
def test_a_backend_that_answers_nonsense(worker: Any, mode: str) -> None:
    answer = worker.chat(CHAT, mode)
    assert answer.status == 500
    document = json.loads(answer.body)
    assert document["message"] == "Internal server error" and document["activityId"]
    asked, answered = worker.last()
    assert asked.message_id == document["activityId"]
    assert answered.failure is not None and answered.failure.reason == "BackendConnectionFailure"
    assert worker.chat(CHAT).status == 200, "the pool heals itself"


def test_leftover_bytes_never_reach_the_next_caller(worker: Any) -> None:
    for _ in range(3):
        assert worker.call("GET", "/plain/a", None, {"Ocp-Apim-Subscription-Key": "good-key", "x-mode": "extra"}).body == b"ok"
        assert worker.chat(CHAT).status == 200


def test_an_idle_connection_that_the_backend_closed_is_replaced(worker: Any, backend: Any) -> None:
    for _ in range(3):
        answer = worker.call("GET", "/plain/a", None, {"Ocp-Apim-Subscription-Key": "good-key", "x-mode": "close-after"})
        assert answer.body == b"until close"
        assert worker.chat(CHAT).status == 200


def test_compressed_answers_pass_and_are_recorded_plain(worker: Any) -> None:
    headers = {"Ocp-Apim-Subscription-Key": "good-key", "x-mode": "gzip", "accept-encoding": "gzip"}
    answer = worker.call("GET", "/plain/a", None, headers)
    assert answer.headers["content-encoding"] == "gzip"
    assert b'"Hello."' in worker.last()[1].backend_body


@pytest.mark.parametrize("mode", ["chunked", "early-hints"])
def test_other_framings(worker: Any, mode: str) -> None:
    headers = {"Ocp-Apim-Subscription-Key": "good-key", "x-mode": mode}
    assert worker.call("GET", "/plain/a", None, headers).status == 200


def test_large_answers_arrive_whole(worker: Any) -> None:
    answer = worker.call("GET", "/plain/a", None, {"Ocp-Apim-Subscription-Key": "good-key", "x-mode": "big"})
    assert len(answer.body) == 5_000_000


# -- framing -----------------------------------------------------------------------------------------------------------------


def test_pipelined_requests_are_answered_in_order(worker: Any) -> None:
    data = b"".join(request(body=b"number-%d" % number) for number in range(20))
    got = raw(worker, data + request(body=b"end-of-all", more="Connection: close\r\n"))
    places = [got.index(b"number-%d" % number) for number in range(20)]
    assert places == sorted(places) and got.endswith(b"end-of-all")


def test_expect_continue(worker: Any) -> None:
    with socket.create_connection(("127.0.0.1", worker.port), timeout=5) as connection:
        whole = request(body=b"later", more="Expect: 100-continue\r\nConnection: close\r\n")
        connection.sendall(whole[:-5])
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"later")
        got = b""
        while piece := connection.recv(65536):
            got += piece
        assert got.endswith(b"later")


def test_expect_with_a_bad_key_is_refused_before_the_body(worker: Any) -> None:
    data = b"POST /plain/x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
    assert raw(worker, data).startswith(b"HTTP/1.1 401 ")


def test_chunked_requests(worker: Any, backend: Any) -> None:
    head = b"POST /plain/x HTTP/1.1\r\nHost: a\r\nOcp-Apim-Subscription-Key: good-key\r\nX-Mode: echo\r\n"
    got = raw(worker, head + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    assert got.endswith(b"abcde")
    assert backend.seen[-1].headers["content-length"] == "5"


def test_a_caller_that_closed_its_sending_side_gets_its_answer(worker: Any) -> None:
    assert raw(worker, request(body=b"half"), shut=True).endswith(b"half")


def test_http_1_0(worker: Any) -> None:
    got = raw(worker, b"GET /plain/a HTTP/1.0\r\nOcp-Apim-Subscription-Key: good-key\r\nX-Mode: chunked\r\n\r\n")
    assert b"chunked" not in got.split(b"\r\n\r\n")[0].lower().replace(b"x-mode", b"")
    assert got.endswith(b"}}")


def test_head_requests(worker: Any) -> None:
    got = raw(worker, request(method="HEAD", mode="json", more="Connection: close\r\n"))
    assert got.startswith(b"HTTP/1.1 200") and got.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    "data",
    [
        request(PATH, body=b"x" * 100_001, more="api-key: good-key\r\n"),
        request(PATH, more="api-key: good-key\r\n").replace(b"Content-Length: 0", b"Content-Length: 100001"),
    ],
)
def test_a_body_over_the_limit(worker: Any, data: bytes) -> None:
    got = raw(worker, data)
    assert got.startswith(b"HTTP/1.1 413 ") and b'"statusCode": 413' in got
    assert worker.last()[1].status == 413


@pytest.mark.parametrize(
    "data",
    [
        b"POST /plain/x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"0\r\n\r\nGET /evil HTTP/1.1\r\n",
        b"GET /plain/x HTTP/1.1\nHost: a\n\n",
        b"GET /plain/x HTTP/1.1\r\nHost: a\r\nX: b\r\n folded\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20 + b"\r\n\r\n",
    ],
)
def test_what_is_no_http_request_gets_400_and_the_connection_is_closed(worker: Any, backend: Any, data: bytes) -> None:
    before = len(backend.seen)
    got = raw(worker, data)
    assert got.startswith(b"HTTP/1.1 400 ") and b"Connection: close" in got
    assert got.count(b"HTTP/1.1 ") == 1 and len(backend.seen) == before


def test_redirects_are_followed_where_the_policy_says_so(worker: Any, backend: Any) -> None:
    answer = worker.call("GET", "/free/a", None, {"x-mode": "redirect-302-/elsewhere?b=1"})
    assert backend.seen[-1].target == "/elsewhere?b=1"
    assert answer.status == 302 and sum(seen.target == "/elsewhere?b=1" for seen in backend.seen) == 10, "a loop is given up"
    headers = {"Ocp-Apim-Subscription-Key": "good-key", "x-mode": "redirect-302-/b"}
    assert worker.call("GET", "/plain/a", None, headers).status == 302
    assert backend.seen[-1].target == "/plain/a"


def test_cors_preflight(worker: Any, backend: Any) -> None:
    before = len(backend.seen)
    asks = {"origin": "https://app.example", "access-control-request-method": "POST"}
    answer = worker.call("OPTIONS", "/free/a", None, asks)
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, "https://app.example")
    assert len(backend.seen) == before


def test_health_probe(worker: Any) -> None:
    before = len(worker.events())
    assert worker.call("GET", "/status-0123456789abcdef").body == b"Service Operational"
    assert len(worker.events()) == before


def test_server_timing(worker: Any) -> None:
    answer = worker.chat(CHAT, server_timing="1")
    assert "backend;dur=" in answer.headers["server-timing"] and "total;dur=" in answer.headers["server-timing"]
    assert "server-timing" not in worker.chat(CHAT).headers


def test_every_request_has_exactly_one_response(worker: Any) -> None:
    worker.chat(CHAT)
    time.sleep(0.3)
    events = worker.events()
    asked = [event.message_id for event in events if isinstance(event, RequestEvent)]
    answered = [event.message_id for event in events if isinstance(event, ResponseEvent)]
    assert sorted(asked) == sorted(answered) and len(set(asked)) == len(asked)
