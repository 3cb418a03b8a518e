"""A request trace: what each element did, how long it took, and which variables it changed.

A driver that was asked for one sets `exchange.tracer = Tracer(clock.monotonic)` before it runs the pipeline and reads
`tracer.records` after. Without a tracer, nothing here runs. Values are shown as text, cut, with credentials masked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from gatelog.policy.dotnet.exceptions import DotNetException
from gatelog.policy.dotnet.proxy import Message
from gatelog.policy.effects import Effect, PolicyError
from gatelog.policy.slots import text_of
from gatelog.policy.statement import EndOfPipeline, Place, ServedFromCache, Statement, located
from gatelog.record.exchange import Exchange

MAX_TEXT: Final = 1_000
"""Characters of a value that a record shows."""
MAX_RECORDS: Final = 2_000
_SECRET: Final = re.compile(r"authorization|api-?key|secret|password|token|cookie|subscription-key", re.IGNORECASE)
_BEARER: Final = re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One element that ran."""

    element: str
    scope: str
    section: str
    path: str
    """Place inside of other elements: `choose/when[2]/set-header`."""
    line: int
    document: str
    started_ns: int
    """Since the trace began."""
    elapsed_ns: int
    depth: int
    effects: tuple[str, ...]
    """What it asked of the gateway, inner elements left out."""
    before: tuple[tuple[str, str], ...]
    """Variables that it changed, as they were; a new one is missing here."""
    after: tuple[tuple[str, str], ...]
    """The same as they are now."""
    changes: tuple[str, ...]
    """What else it changed, in words."""
    outcome: str
    """`done`, `ended` (return-response, a cache hit) or `failed`."""
    message: str = ""
    """Why it failed."""

    def document_form(self) -> dict[str, Any]:
        """As JSON for the test console."""
        return {**asdict(self), "before": dict(self.before), "after": dict(self.after)}


class Tracer:
    """Collects the steps of one call, inner elements before the one that holds them, in order of their start."""

    def __init__(self, monotonic: Callable[[], int]) -> None:
        self._monotonic = monotonic
        self._begin = monotonic()
        self._depth = 0
        self._open: list[list[str]] = []
        self._records: list[Step] = []

    @property
    def records(self) -> list[Step]:
        """The steps so far."""
        return sorted(self._records, key=lambda step: (step.started_ns, step.depth))

    def run(self, statements: Sequence[Statement], exchange: Exchange) -> Generator[Effect, Any, None]:
        """What `run_statements` does, with a record for each statement."""
        for statement in statements:
            yield from self._traced(statement, exchange)

    def _traced(self, statement: Statement, exchange: Exchange) -> Generator[Effect, Any, None]:
        started, before = self._monotonic() - self._begin, _View(exchange)
        effects: list[str] = []
        outcome, message = "done", ""
        self._depth += 1
        self._open.append(effects)
        try:
            steps = statement.run(exchange)
            if steps is not None:
                yield from self._observed(steps, effects)
        except (EndOfPipeline, ServedFromCache):
            outcome = "ended"
            raise
        except (PolicyError, DotNetException) as error:
            failure = located(error, statement.place)
            outcome, message = "failed", failure.message
            raise failure from error
        finally:
            self._depth -= 1
            self._open = [entry for entry in self._open if entry is not effects]
            elapsed = self._monotonic() - self._begin - started
            if len(self._records) < MAX_RECORDS:
                view = _View(exchange)
                self._records.append(
                    _step(statement.place, (started, elapsed, self._depth), tuple(effects), (before, view), (outcome, message))
                )

    def _observed(self, steps: Generator[Effect, Any, None], effects: list[str]) -> Generator[Effect, Any, None]:
        """Pass effects on, noting those of the innermost statement."""
        reply: Any = None
        failure: BaseException | None = None
        while True:
            try:
                effect = steps.send(reply) if failure is None else steps.throw(failure)
            except StopIteration:
                return
            if self._open and self._open[-1] is effects:
                effects.append(describe(effect))
            reply, failure = None, None
            try:
                reply = yield effect
            except PolicyError as error:
                failure = error


def _step(
    place: Place,
    times: tuple[int, int, int],
    effects: tuple[str, ...],
    views: tuple[_View, _View],
    ended: tuple[str, str],
) -> Step:
    before, after = views
    changed = [name for name, value in after.variables.items() if before.variables.get(name) != value]
    return Step(
        element=place.element,
        scope=place.scope,
        section=place.section,
        path=place.path,
        line=place.line,
        document=place.document,
        started_ns=times[0],
        elapsed_ns=times[1],
        depth=times[2],
        effects=effects,
        before=tuple((name, before.variables[name]) for name in changed if name in before.variables),
        after=tuple((name, after.variables[name]) for name in changed),
        changes=tuple(_differences(before, after)),
        outcome=ended[0],
        message=ended[1],
    )


class _View:
    """What a record compares."""

    __slots__ = ("parts", "variables")

    def __init__(self, exchange: Exchange) -> None:
        self.variables = {name: shown(name, value) for name, value in exchange.variables.items()}
        request, response = exchange.request, exchange.response
        self.parts: dict[str, str] = {
            "request method": request.method,
            "request url": str(request.url),
            "backend": exchange.backend_id or exchange.backend_url,
            "request body": f"{len(request.body or b'')} bytes",
            "response status": "" if response is None else f"{response.status} {response.reason}",
        }
        self.parts |= _header_parts("request", request.headers)
        if response is not None:
            self.parts["response body"] = f"{len(response.body or b'')} bytes"
            self.parts |= _header_parts("response", response.headers)


def _header_parts(kind: str, headers: Any) -> dict[str, str]:
    return {f"{kind} header {name}": shown(name, ",".join(headers.all(name))) for name, _ in headers}


def _differences(before: _View, after: _View) -> list[str]:
    old: Mapping[str, str] = before.parts
    lines = [f"{name}: {value}" for name, value in after.parts.items() if old.get(name) != value]
    return lines + [f"{name}: removed" for name in old if name not in after.parts]


def shown(name: str, value: Any) -> str:
    """A value as a trace shows it."""
    if _SECRET.search(name):
        return "***"
    if isinstance(value, Message):
        return f"response {value.message.status}"
    text = _BEARER.sub(r"\1 ***", text_of(value))
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}... ({len(text)} characters)"


def describe(effect: Effect) -> str:
    """An effect in a few words: its name, and what it is about."""
    for name in ("url", "resource", "key", "logger_id", "name", "provider_id", "seconds", "timeout"):
        value = getattr(effect, name, None)
        if value not in (None, ""):
            return f"{type(effect).__name__} {name}={value}"
    request = getattr(effect, "request", None)
    return f"{type(effect).__name__} {request.method} {request.url}" if request is not None else type(effect).__name__
