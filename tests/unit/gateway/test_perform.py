"""What performers remember between calls."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from gatelog.gateway.driver import WAITING
from gatelog.gateway.perform import KEYS_SECONDS, performers_of
from gatelog.identity.interface import IssuerKeys
from gatelog.policy.effects import FetchKeys

URL = "https://login.example/.well-known/openid-configuration"


class Replies:
    """A run that keeps its replies."""

    def __init__(self) -> None:
        self.replies: list[Any] = []

    def resume(self, reply: Any) -> None:
        self.replies.append(reply)


class Issuer:
    """Gives another key at each question."""

    asked = 0

    async def keys(self, url: str, refresh: bool = False) -> IssuerKeys:
        self.asked += 1
        return IssuerKeys(url, ({"kid": str(self.asked)},))


def run_to_the_end(work: Any) -> None:
    try:
        work.send(None)
    except StopIteration:
        return
    raise AssertionError("it waits")


def test_keys_are_asked_for_once_in_a_while_and_whenever_a_refresh_is_wanted() -> None:
    issuer, now = Issuer(), [100.0]
    gate = SimpleNamespace(identity=issuer, time=lambda: now[0], tasks=SimpleNamespace(start=run_to_the_end))
    fetch = performers_of(cast(Any, gate))[FetchKeys]
    run = Replies()

    def kid(effect: FetchKeys) -> str:
        reply = fetch(cast(Any, run), effect)
        return str((run.replies[-1] if reply is WAITING else reply)["keys"][0]["kid"])

    assert [kid(FetchKeys(URL)) for _ in range(3)] == ["1", "1", "1"]
    assert kid(FetchKeys(URL, refresh=True)) == "2"
    assert kid(FetchKeys(URL)) == "2"
    assert kid(FetchKeys(URL + "?other")) == "3"
    now[0] += KEYS_SECONDS + 0.1
    assert kid(FetchKeys(URL)) == "4"
