"""One call, from its head to its last byte: runs the pipeline, forwards, answers, and is put on record exactly once.

    begin -> pipeline (effects) -> forward -> head -> [collect whole | stream] -> pipeline -> answer -> record -> release
Callbacks of the client connection, of the upstream ticket and of the ledger drive it; there is no task.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from gatelog.gateway import capture
from gatelog.gateway.answers import error_answer, refusal_error, unrecorded_answer
from gatelog.gateway.attempt import Attempt, Client, credential_names, seconds_of
from gatelog.gateway.backends import Destination
from gatelog.gateway.client import Ticket, UpstreamFailure
from gatelog.gateway.collecting import BUFFER_BYTES, collect_limit
from gatelog.gateway.driver import WAITING, Run, Steps
from gatelog.gateway.heads import BadMessage, RequestHead, ResponseHead
from gatelog.gateway.http1 import LAST_CHUNK, chunk
from gatelog.gateway.ledger import Action
from gatelog.gateway.opening import open_exchange
from gatelog.gateway.outgoing import answer_head, backend_request, backend_target
from gatelog.gateway.recording import request_event, response_event
from gatelog.gateway.redirects import MOST_HOPS, follow
from gatelog.gateway.routing import Route
from gatelog.gateway.stream import Tee
from gatelog.llm.request import refuses_include_usage, with_include_usage
from gatelog.policy.answers import response_to
from gatelog.policy.effects import Forward, PolicyError
from gatelog.record.events import Failure
from gatelog.record.exchange import Request, Response
from gatelog.record.headers import Headers

if TYPE_CHECKING:
    from gatelog.gateway.gate import Gate

HOLD_SECONDS = 0.25
"""The last event of a stream waits so long for the end of the body, so that the record is written before it."""


class Call:
    """One call."""

    __slots__ = (
        "_after",
        "_breaker",
        "_client",
        "_collect_limit",
        "_collected",
        "_concluded",
        "_effect",
        "_ended_upstream",
        "_gone",
        "_held",
        "_hops",
        "_hold_timer",
        "_injected",
        "_pending",
        "_pieces",
        "_run",
        "_sent_to",
        "_started_answer",
        "_ticket",
        "attempt",
        "backend_ns",
        "body",
        "close_after",
        "completed",
        "exchange",
        "failure",
        "gate",
        "head",
        "places",
        "received",
        "recorded_body",
        "request_fields",
        "route",
        "tee",
    )

    def __init__(self, gate: Gate, client: Client, head: RequestHead, body: bytes, route: Route, first_byte: int) -> None:
        self.gate = gate
        self._client = client
        self.head = head
        self.body = body
        self.route = route
        self.received = gate.clock.monotonic()
        """When the whole request was here."""
        self.close_after = not head.keep_alive
        self.attempt: Attempt | None = None
        self.backend_ns = 0
        self.completed = True
        self.failure: Failure | None = None
        self.places: list[str] = []
        """Places of `limit-concurrency` that the call holds."""
        self.tee: Tee | None = None
        self.recorded_body = b""
        self._after: list[Steps] = []
        self._breaker: Any = None
        self._collect_limit = 0
        self._collected = 0
        self._concluded = False
        self._effect: Forward | None = None
        self._ended_upstream = False
        self._gone = False
        self._held = b""
        self._hold_timer: Any = None
        self._injected = False
        self._sent_to: tuple[Destination, str, Request] | None = None
        self._hops = 0
        """Redirects that were followed."""
        self._pending: list[bytes] = []
        self._pieces: list[bytes] | None = None
        self._run: Run | None = None
        self._started_answer = False
        self._ticket: Ticket | None = None
        self.exchange = open_exchange(gate, client, head, body, route, (first_byte, self.received))

    # -- the way in ------------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Put the request on record and run the pipeline."""
        gate, route, exchange = self.gate, self.route, self.exchange
        gate.ledger.append(request_event(self))
        if self.head.method == "OPTIONS" and (preflight := route.pipeline.preflight(exchange)) is not None:
            exchange.response = preflight
            self._answer()
            return
        if route.refusal is not None:
            steps = route.pipeline.fail(exchange, refusal_error(route, gate.catalog.service.gateway_url))
        else:
            steps = route.pipeline.run(exchange)
        run = self._run = Run(self, gate.performers, steps, self._pipeline_ended)
        run.start()

    # -- forwarding ------------------------------------------------------------------------------------------------------

    def forward(self, effect: Forward) -> object:
        """Send the request to the chosen backend; the reply comes by `on_head` and its kin. Raises `PolicyError`."""
        exchange = self.exchange
        if exchange.proxy:
            message = "a proxy towards the backend is not supported"
            raise PolicyError("forward-request", "ProxyNotSupported", message)
        destination = self.gate.backends.choose(exchange)
        self._effect = effect
        backend = destination.backend
        if backend is not None and backend.identity_resource:
            token = self.gate.known_token(backend.identity_resource)
            if token is None:
                self.gate.fetch_token(backend.identity_resource, lambda text: self._dispatch(destination, text), self._fail_run)
                return WAITING
            self._dispatch(destination, token)
        else:
            self._dispatch(destination, "")
        return WAITING

    def _dispatch(self, destination: Destination, token: str, request: Request | None = None) -> None:
        """Serialise the request and send it as soon as the call is on record."""
        if self._concluded:
            return
        request = request or self.exchange.request
        self._sent_to = (destination, token, request)
        backend = destination.backend
        self._breaker = self.gate.backends.breaker(backend)
        body = self._body_for_backend(request.body or b"", destination)
        target = backend_target(destination, request.url)
        try:
            lines, head = backend_request(self, self._sent_to, target, body)
        except BadMessage as error:
            self._fail_run(PolicyError("forward-request", "BackendConnectionFailure", str(error)))
            return
        now = self.gate.clock.monotonic()
        self._drop_answer()
        self.attempt = Attempt(
            backend_id=backend.id if backend is not None else "",
            method=request.method,
            url=destination.base.origin.scheme + "://" + destination.base.authority + target,
            headers=lines,
            body=body,
            started=now,
            secret=credential_names(backend),
        )
        data = (head + body,) if len(body) < 65536 else (head, body)
        origin = destination.base.origin
        self.gate.ledger.then(lambda recorded: self._send(recorded, origin, data))

    def _follow(self, response: Response) -> bool:
        """Go where the backend's redirect leads."""
        sent_to, attempt = self._sent_to, self.attempt
        if sent_to is None or attempt is None or self._hops >= MOST_HOPS:
            return False
        destination, token, request = sent_to
        location = response.headers.get("location") or ""
        found = follow(request, destination, attempt.url, response.status, location, self.gate.catalog)
        if found is None:
            return False
        self._hops += 1
        self._dispatch(found[0], token if found[0].backend is not None else "", found[1])
        return True

    def _send(self, recorded: bool, origin: Any, data: tuple[bytes, ...]) -> None:
        if self._concluded:
            return
        if not recorded:
            self._refuse_unrecorded()
            return
        effect = self._effect
        assert effect is not None and self._sent_to is not None
        request = self._sent_to[2]
        self._ticket = self.gate.pool.send(
            origin,
            request.method,
            data,
            self,
            timeout=effect.timeout,
            repeatable="idempotency-key" in request.headers,
        )

    def _body_for_backend(self, body: bytes, destination: Destination) -> bytes:
        """The body with `include_usage` asked for, where only we want it."""
        llm = self.route.match.llm
        self._injected = False
        if llm is None or b'"stream"' not in body or self._usage_key(destination) in self.gate.without_usage:
            return body
        injected = with_include_usage(llm.kind, body)
        self._injected = injected is not body
        return injected

    def _usage_key(self, destination: Destination) -> tuple[str, str]:
        return destination.base.authority, self.route.match.api_version

    def _drop_answer(self) -> None:
        """Forget an earlier attempt's answer (retry)."""
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None
        self._pieces = None
        self._collected = 0
        self.tee = None
        self._pending = []
        self._ended_upstream = False

    # -- the backend answers (gateway.client.Receiver) --------------------------------------------------------------------

    def on_head(self, head: ResponseHead) -> None:
        """The backend's head is there: decide whether its body is collected or passed on while it arrives."""
        attempt = self.attempt
        assert attempt is not None
        attempt.first_byte = self.gate.clock.monotonic()
        attempt.head = head
        if self._ticket is not None:
            attempt.connect_ns = self._ticket.connect_ns
        if self._breaker is not None:
            self._breaker.answered(self.gate.time(), head.status, seconds_of(head.headers.get("retry-after")))
        self.exchange.response = Response(head.status, head.reason, self.gate.fields.to_caller(head.headers).copy())
        effect = self._effect
        assert effect is not None
        limit = collect_limit(head, effect, self.route.pipeline.buffers_response, self.route.match.llm is not None)
        if limit:
            self._pieces = []
            self._collect_limit = limit
        else:
            self._start_stream(head)

    def on_data(self, data: bytes) -> None:
        """A piece of the backend's body."""
        attempt = self.attempt
        assert attempt is not None
        attempt.response_size += len(data)
        tee = self.tee
        if tee is None:
            pieces = self._pieces
            assert pieces is not None
            pieces.append(data)
            self._collected += len(data)
            if self._collected > self._collect_limit:
                self._overflow(pieces)
            return
        out = tee.feed(data, self.gate.clock.monotonic())
        if not out:
            return
        if not self._started_answer:
            self._pending.append(out)
            if len(self._pending) > 64 and self._ticket is not None:
                self._ticket.pause()
        elif tee.ends_with_done(out):
            self._hold(out)
        else:
            self._client.write(b"%x\r\n%b\r\n" % (len(out), out) if self.head.minor else out)

    def on_end(self) -> None:
        """The backend's body is complete."""
        attempt = self.attempt
        assert attempt is not None
        attempt.last_byte = self.gate.clock.monotonic()
        self.backend_ns += attempt.last_byte - attempt.started
        self._ticket = None
        self._ended_upstream = True
        if self.tee is None:
            pieces = self._pieces or []
            body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
            self._pieces = None
            self._answer_arrived(body)
        elif self._started_answer:
            self._end_stream()

    def on_failure(self, error: UpstreamFailure) -> None:
        """The backend gave no answer, or broke it off."""
        attempt = self.attempt
        assert attempt is not None
        attempt.last_byte = self.gate.clock.monotonic()
        self.backend_ns += attempt.last_byte - attempt.started
        if self._breaker is not None:
            self._breaker.broke(self.gate.time(), error.reason)
        self._ticket = None
        if self._started_answer or self.tee is not None:
            self._break_off(Failure(source="forward-request", reason=error.reason, message=str(error), section="backend"))
            return
        if self._pieces:
            attempt.response_body = b"".join(self._pieces)
        self._pieces = None
        self.exchange.response = None
        self._fail_run(PolicyError("forward-request", error.reason, str(error)))

    def _answer_arrived(self, body: bytes) -> None:
        attempt, response = self.attempt, self.exchange.response
        assert attempt is not None and response is not None
        encoding = response.headers.get("content-encoding")
        attempt.response_body = body
        if encoding is not None and body:
            plain = capture.decoded(body, encoding)
            attempt.response_body = plain
            if plain is not body and self.route.pipeline.buffers_response:
                response.headers.remove("content-encoding")
                body = plain
        if self._injected and refuses_include_usage(response.status, body) and self._sent_to is not None:
            self.gate.note_without_usage(self._usage_key(self._sent_to[0]))
            self._dispatch(*self._sent_to)
            return
        effect = self._effect
        assert effect is not None
        try:
            if effect.follow_redirects and self._follow(response):
                return
        except PolicyError as error:
            self._fail_run(error)
            return
        response.body = body
        if effect.fail_on_error_status_code and response.status >= 400:
            message = f"the backend answered {response.status}"
            self._fail_run(PolicyError("forward-request", "BackendResponseError", message, status=response.status))
            return
        assert self._run is not None
        self._run.resume(None)

    def _overflow(self, pieces: list[bytes]) -> None:
        """The answer is larger than what is collected: pass it on while it arrives, or give up when that cannot be."""
        if self._collect_limit == BUFFER_BYTES:
            if self._ticket is not None:
                self._ticket.cancel()
                self._ticket = None
            self._pieces = None
            message = f"the answer is larger than {BUFFER_BYTES} bytes, and a policy needs all of it"
            self._fail_run(PolicyError("forward-request", "ResponseTooLarge", message))
            return
        self._pieces = None
        self._start_stream(None)
        joined = b"".join(pieces)
        cast(Attempt, self.attempt).response_size -= len(joined)
        self.on_data(joined)

    # -- streaming -------------------------------------------------------------------------------------------------------

    def _start_stream(self, head: ResponseHead | None) -> None:
        response = self.exchange.response
        assert response is not None
        content_type = response.headers.get("content-type") or ""
        llm = self.route.match.llm
        is_llm_stream = llm is not None and content_type.startswith("text/event-stream") and response.status < 300
        self.tee = Tee(
            llm.kind if is_llm_stream and llm is not None else None,
            strip_usage=is_llm_stream and self._injected,
            limit=self.gate.max_body_bytes,
        )
        assert self._run is not None
        self._run.resume(None)

    def _open_stream(self, response: Response) -> None:
        """Send the head, then what has arrived meanwhile."""
        self._started_answer = True
        chunked = self.head.minor == 1
        if not chunked:
            self.close_after = True
        self._client.write(answer_head(self, response, None))
        if self._ticket is not None:
            self._ticket.resume()
        pending, self._pending = self._pending, []
        for piece in pending:
            self._write_piece(piece)
        if self._ended_upstream:
            self._end_stream()

    def _write_piece(self, piece: bytes) -> None:
        self._client.write(chunk(piece) if self.head.minor else piece)

    def _hold(self, piece: bytes) -> None:
        """Clients stop reading at the marker, so what carries it waits until the call is on record."""
        self._held += piece
        if self._hold_timer is None:
            self._hold_timer = self.gate.call_later(HOLD_SECONDS, self._let_go)

    def _let_go(self) -> None:
        """The body does not end by itself: do not keep the marker from the caller."""
        self._hold_timer = None
        held, self._held = self._held, b""
        if held and not self._concluded:
            self._write_piece(held)

    def _end_stream(self) -> None:
        tee = cast(Tee, self.tee)
        self._held += tee.close()
        if self._hold_timer is not None:
            self._hold_timer.cancel()
        self._conclude_stream(self._release_end)

    def _conclude_stream(self, release: Action | None) -> None:
        """The body as the record has it, and what was to happen after it."""
        tee, exchange = cast(Tee, self.tee), self.exchange
        body = tee.body()
        attempt = self.attempt
        assert attempt is not None
        encoding = attempt.head.headers.get("content-encoding") if attempt.head is not None else None
        attempt.response_body = capture.decoded(body, encoding)
        if exchange.response is not None:
            exchange.response.body = attempt.response_body
        self._conclude(release)

    def _release_end(self, recorded: bool) -> None:
        if self._gone:
            return
        if not recorded:
            self._client.abort()
            return
        end = self._held and (chunk(self._held) if self.head.minor else self._held)
        self._client.write(end + LAST_CHUNK if self.head.minor else end)
        self._client.answered(not self.close_after)

    def _break_off(self, failure: Failure) -> None:
        """The backend stopped in the middle of a stream: so does the answer."""
        self.completed = False
        self.failure = failure
        if self.tee is not None:
            if self._held:
                self._let_go()
            self._conclude_stream(self._release_broken)
        else:
            self._conclude(self._release_broken)

    def _release_broken(self, _: bool) -> None:
        if not self._gone:
            self._client.abort()

    # -- the answer ------------------------------------------------------------------------------------------------------

    def _pipeline_ended(self, error: PolicyError | None) -> None:
        self._run = None  # no reference cycle is to wait for the garbage collector
        exchange = self.exchange
        if error is not None:
            exchange.response = response_to(error, exchange)
            self.failure = capture.failure_from(error, self.gate.clock.monotonic() - exchange.started_monotonic)
        response = exchange.response
        if self.tee is not None and response is not None and response.body is None:
            self._open_stream(response)
        else:
            if self.tee is not None:
                self._drop_answer()
            self._answer()

    def _answer(self) -> None:
        """Put the whole answer on record, then send it."""
        exchange = self.exchange
        if exchange.response is None:
            exchange.response = Response(200, "OK", Headers())
        if exchange.response.body is None:
            exchange.response.body = b""
        self._started_answer = True
        self._conclude(self._release)

    def _release(self, recorded: bool) -> None:
        if self._gone:
            return
        if not recorded:
            self._refuse_unrecorded()
            return
        response = self.exchange.response
        assert response is not None
        body = response.body or b""
        try:
            head = answer_head(self, response, body)
        except BadMessage:
            self.exchange.response = response = error_answer(500, "Internal server error")
            body = response.body or b""
            head = answer_head(self, response, body)
        if self.head.method == "HEAD" or response.status in (204, 304):
            body = b""
        self._client.write(head + body if len(body) < 65536 else head)
        if len(body) >= 65536:
            self._client.write(body)
        self._client.answered(not self.close_after)

    def _refuse_unrecorded(self) -> None:
        """`on_journal_failure: refuse`: nothing passes that is not on record."""
        self._concluded = True
        run, self._run = self._run, None
        if run is not None:
            run.stop()
        self._free_places()
        response = unrecorded_answer()
        self.close_after = True
        body = response.body or b""
        self._client.write(answer_head(self, response, body) + body)
        self._client.answered(False)

    # -- the end ---------------------------------------------------------------------------------------------------------

    def client_gone(self) -> None:
        """The client hung up."""
        self._gone = True
        if self._concluded:
            return
        if self._hold_timer is not None:
            self._hold_timer.cancel()
        self.completed = False
        self.failure = Failure(
            source="client",
            reason="ClientConnectionFailure",
            message="the client closed the connection before the answer was complete",
            elapsed_ns=self.gate.clock.monotonic() - self.exchange.started_monotonic,
        )
        ticket, self._ticket = self._ticket, None
        if ticket is not None:
            ticket.cancel()
            attempt = self.attempt
            assert attempt is not None
            attempt.last_byte = self.gate.clock.monotonic()
            self.backend_ns += attempt.last_byte - attempt.started
        if self.tee is not None:
            self._conclude_stream(None)
        else:
            self._conclude(None)

    def slow_client(self, slow: bool) -> None:
        """The client reads slower than the backend writes, or has caught up."""
        if self._ticket is not None:
            if slow:
                self._ticket.pause()
            else:
                self._ticket.resume()

    def after(self, steps: Steps) -> None:
        """Keep `steps` for when the answer is complete."""
        self._after.append(steps)

    @property
    def status_sent(self) -> int:
        """The status that the caller got; 0: none."""
        response = self.exchange.response
        return response.status if self._started_answer and response is not None else 0

    def _run_after(self) -> None:
        after, self._after = self._after, []
        for steps in after:
            Run(self, self.gate.performers, steps, self.gate.note_after).start()

    def _conclude(self, release: Action | None) -> None:
        """The one place where the response event is made."""
        if self._concluded:
            return
        self._concluded = True
        run, self._run = self._run, None
        if run is not None:
            run.stop()
        self._run_after()
        self._free_places()
        self.gate.conclude(self, response_event, release)
        self.exchange.view = None  # no reference cycle is to wait for the garbage collector

    def _free_places(self) -> None:
        while self.places:
            self.gate.places.release(self.places.pop())

    def _fail_run(self, error: PolicyError) -> None:
        if not self._concluded and self._run is not None:
            self._run.fail(error)
