"""A pipeline's effects: answered at once, answered later, failed, stopped."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from gatelog.gateway.driver import STOP, WAITING, Run
from gatelog.policy.effects import Acquire, Answer, Effect, FetchToken, PolicyError, Release, Sleep
from gatelog.record.exchange import Response
from gatelog.record.headers import Headers

Log = list[Any]


def drive(steps: Generator[Effect, Any, None], log: Log) -> Run:
    def fetch(run: Run, effect: FetchToken) -> str:
        if effect.resource == "none":
            raise PolicyError("identity", "Unavailable", "no token")
        return f"token {effect.resource}"

    performers: dict[type[Effect], Any] = {
        FetchToken: fetch,
        Sleep: lambda run, effect: WAITING,
        Acquire: lambda run, effect: log.append("acquire") or True,
        Release: lambda run, effect: log.append("release"),
        Answer: lambda run, effect: STOP,
    }
    run = Run(None, performers, steps, lambda error: log.append(("ended", error.reason if error else None)))  # type: ignore[arg-type]
    run.start()
    return run


def test_effects_that_are_answered_at_once_run_straight_through() -> None:
    log: Log = []

    def steps() -> Generator[Effect, Any, None]:
        log.append((yield FetchToken("a")))
        log.append((yield FetchToken("b")))

    assert drive(steps(), log).ended
    assert log == ["token a", "token b", ("ended", None)]


def test_an_effect_that_waits_suspends() -> None:
    log: Log = []

    def steps() -> Generator[Effect, Any, None]:
        log.append((yield Sleep(1.0)))

    run = drive(steps(), log)
    assert run.waiting and log == []
    run.resume("awake")
    assert log == ["awake", ("ended", None)]
    run.resume("again")
    assert len(log) == 2


def test_failures_are_thrown_where_the_effect_stands() -> None:
    log: Log = []

    def steps() -> Generator[Effect, Any, None]:
        for _ in range(2):
            try:
                yield FetchToken("none")
            except PolicyError as error:
                log.append(error.reason)
        yield Sleep(1.0)

    run = drive(steps(), log)
    run.fail(PolicyError("x", "Late", "too late"))
    assert log == ["Unavailable", "Unavailable", ("ended", "Late")]


def test_an_answer_ends_the_pipeline() -> None:
    log: Log = []

    def steps() -> Generator[Effect, Any, None]:
        yield Answer(Response(200, "OK", Headers()))
        log.append("never")

    drive(steps(), log)
    assert log == [("ended", None)]


def test_stopping_runs_what_must_be_undone_and_reports_nothing() -> None:
    log: Log = []

    def steps() -> Generator[Effect, Any, None]:
        yield Acquire("k", 1)
        try:
            yield Sleep(10.0)
        finally:
            yield Release("k")

    run = drive(steps(), log)
    run.stop()
    assert log == ["acquire", "release"]
    run.resume(None)
    assert log == ["acquire", "release"]


def test_stopping_before_the_start_of_waiting_is_harmless() -> None:
    log: Log = []

    def steps() -> Generator[Effect, Any, None]:
        yield Sleep(1.0)

    run = drive(steps(), log)
    run.stop()
    run.stop()
    assert run.ended and log == []
