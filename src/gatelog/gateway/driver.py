"""Drives a pipeline: performs its effects and sends back the replies, without a task for each call.

Effects that can be answered at once run straight through; a performer that must wait returns `WAITING` and later calls
`Run.resume` or `Run.fail`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, Final

from gatelog.policy.effects import Effect, PolicyError

if TYPE_CHECKING:
    from gatelog.gateway.call import Call

Steps = Generator[Effect, Any, None]
Performer = Callable[["Run", Any], Any]

WAITING: Final = object()
"""The reply comes later."""
STOP: Final = object()
"""The pipeline ends here (`Answer`)."""


class Run:
    """One generator of effects on its way."""

    __slots__ = ("_ended", "_on_done", "_performers", "_steps", "_waiting", "call")

    def __init__(
        self,
        call: Call,
        performers: Mapping[type[Effect], Performer],
        steps: Steps,
        on_done: Callable[[PolicyError | None], None],
    ) -> None:
        self.call = call
        self._performers = performers
        self._steps = steps
        self._on_done = on_done
        """Hears once that the generator has ended, with the error that escaped from it."""
        self._ended = False
        self._waiting = False

    @property
    def waiting(self) -> bool:
        """An effect's reply is outstanding."""
        return self._waiting

    @property
    def ended(self) -> bool:
        """The generator has come to its end or was stopped."""
        return self._ended

    def start(self) -> None:
        """Run until the end or the first effect that waits."""
        self._advance(None, None)

    def resume(self, reply: Any) -> None:
        """The reply to the effect that waits."""
        if not self._ended:
            self._advance(reply, None)

    def fail(self, error: PolicyError) -> None:
        """The effect that waits has failed."""
        if not self._ended:
            self._advance(None, error)

    def child(self, steps: Steps, on_done: Callable[[PolicyError | None], None]) -> Run:
        """Another generator of the same call."""
        return Run(self.call, self._performers, steps, on_done)

    def stop(self) -> None:
        """Give the generator up without hearing of it again; its `finally` blocks run, but may not wait."""
        if self._ended:
            return
        self._ended = True
        self._perform_last_wishes()

    def _perform_last_wishes(self) -> None:
        """Effects in `finally` blocks (giving a place back) are performed; the first that waits is the last."""
        try:
            effect = self._steps.throw(GeneratorExit)
            for _ in range(64):
                if self._performers[type(effect)](self, effect) in (WAITING, STOP):
                    return
                effect = next(self._steps)
        except (StopIteration, GeneratorExit, PolicyError):
            return

    def _advance(self, reply: Any, error: PolicyError | None) -> None:
        steps, performers = self._steps, self._performers
        outcome: PolicyError | None = None
        self._waiting = False
        try:
            while True:
                effect = steps.send(reply) if error is None else steps.throw(error)
                error = None
                try:
                    reply = performers[type(effect)](self, effect)
                except PolicyError as raised:
                    error = raised
                    continue
                if reply is WAITING:
                    self._waiting = True
                    return
                if reply is STOP:
                    steps.close()
                    break
                if self._ended:
                    return
        except StopIteration:
            pass
        except PolicyError as raised:
            outcome = raised
        if not self._ended:
            self._ended = True
            self._on_done(outcome)
