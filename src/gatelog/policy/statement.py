"""What a policy element is at run time: a frozen value with `run(exchange) -> Steps`.

`Steps` is None when the statement is done, or a generator of effects that still has to be driven. A section of statements
that ask for nothing therefore runs as plain function calls.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

from gatelog.policy.dotnet.exceptions import DotNetException
from gatelog.policy.effects import Effect, PolicyError
from gatelog.record.exchange import Exchange

if TYPE_CHECKING:
    from gatelog.policy.binding import Binder
    from gatelog.policy.reader import Node

Steps = Generator[Effect, Any, None] | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a statement stands: becomes `context.LastError` and names it in traces."""

    element: str
    scope: str = ""
    section: str = ""
    path: str = ""
    policy_id: str = ""
    document: str = ""
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A child element that is not a statement by itself (`when`, `claim`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Root of all policy elements."""

    place: Place
    reads_request_body: ClassVar[bool] = False
    """The whole request body must be there before it runs."""
    reads_response_body: ClassVar[bool] = False
    """The whole answer must be there before it runs, so it cannot be passed on while it arrives."""
    defers: ClassVar[bool] = False
    """Its expressions over the response's body may run once the answer has been sent."""

    @classmethod
    def bind(cls, binder: Binder, node: Node, place: Place) -> Self | None:
        """The statement of a node; None when something in it is wrong (the binder has the problems)."""
        values = binder.values(cls, node)
        if values is None:
            return None
        statement = cls(place=place, **values)
        statement.check(binder, node)
        return statement

    def check(self, binder: Binder, node: Node) -> None:
        """Report what the declared parts cannot say by themselves: attributes that exclude each other, references."""

    def run(self, exchange: Exchange) -> Steps:
        raise NotImplementedError(self.place.element)

    def error(self, reason: str, message: str, **answer: Any) -> PolicyError:
        """The failure of this statement; keywords as in `PolicyError`."""
        return PolicyError(self.place.element, reason, message, **answer)


class EndOfPipeline(Exception):
    """`exchange.response` is the answer: nothing else runs."""


class ServedFromCache(Exception):
    """`exchange.response` came from a cache: the backend is skipped, outbound goes on after the element that stores."""


def run_statements(statements: Sequence[Statement], exchange: Exchange) -> Generator[Effect, Any, None]:
    """Run statements in order. What goes wrong leaves as a PolicyError that knows its place."""
    if exchange.tracer is not None:
        yield from exchange.tracer.run(statements, exchange)
        return
    for statement in statements:
        try:
            steps = statement.run(exchange)
            if steps is not None:
                yield from steps
        except (PolicyError, DotNetException) as error:
            raise located(error, statement.place) from error


def located(error: PolicyError | DotNetException, place: Place) -> PolicyError:
    """The error with the innermost statement's place; an expression's exception becomes Azure's
    `ExpressionValueEvaluationFailure`."""
    if isinstance(error, DotNetException):
        message = f"Expression evaluation failed. {error.message}"
        error = PolicyError(place.element, "ExpressionValueEvaluationFailure", message)
    if error.place is None:
        error.place = place
        error.source = error.source or place.element
    return error


def walk(statements: Sequence[Statement]) -> Iterator[Statement]:
    """All statements, those inside of others included."""
    for statement in statements:
        yield statement
        yield from walk(tuple(_inner(statement)))


def _inner(value: Any) -> Iterator[Statement]:
    for entry in fields(value):
        held = getattr(value, entry.name)
        for item in held if isinstance(held, tuple) else (held,):
            if isinstance(item, Statement):
                yield item
            elif isinstance(item, Part):
                yield from _inner(item)


def substitute(value: Any, kind: type[Statement], replacement: tuple[Statement, ...]) -> Any:
    """A statement (or part of one) with every inner statement of `kind` replaced by others; itself when there is none."""
    changes: dict[str, Any] = {}
    for entry in fields(value):
        held = getattr(value, entry.name)
        if isinstance(held, tuple) and held and isinstance(held[0], Statement | Part):
            new = substitute_all(held, kind, replacement)
        elif isinstance(held, Statement | Part):
            new = substitute(held, kind, replacement)
        else:
            continue
        if new is not held:
            changes[entry.name] = new
    return replace(value, **changes) if changes else value


def substitute_all(items: tuple[Any, ...], kind: type[Statement], replacement: tuple[Statement, ...]) -> tuple[Any, ...]:
    """`substitute` over a sequence; the same object when nothing changed."""
    result: list[Any] = []
    for item in items:
        if isinstance(item, kind):
            result.extend(replacement)
        else:
            result.append(substitute(item, kind, replacement))
    return items if len(result) == len(items) and all(a is b for a, b in zip(result, items, strict=True)) else tuple(result)
