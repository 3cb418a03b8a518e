"""Who is asking, and what they may do."""

from __future__ import annotations

import doctest

import pytest
from starlette.requests import Request

from gatelog.api import roles
from gatelog.api.roles import ROLES, Action, Grant, allows, is_within, role_of
from gatelog.api.security import ApiToken, NotAuthenticated, Principal, Security, Throttle, digest_of
from gatelog.catalog.entities import RoleAssignment
from gatelog.clock import FixedClock
from gatelog.errors import GatelogError

KEY = "administration-key"
SECRET = "glt_" + "s" * 40


def request(headers: dict[str, str] | None = None, address: str = "10.0.0.1") -> Request:
    lines = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    return Request({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": lines, "client": (address, 1)})


def security(clock: FixedClock, **more: object) -> Security:
    token = ApiToken(
        id="t", name="ci", digest=digest_of(SECRET), role="Reader", scope="/subscriptions/a", expires=clock.now() // 10**9 + 60
    )
    return Security(KEY, clock, tokens=lambda: {token.digest: token}, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "headers", [{"Authorization": f"Bearer {KEY}"}, {"authorization": f"bearer {KEY}"}, {"Gatelog-Key": KEY}]
)
def test_the_administration_key(headers: dict[str, str]) -> None:
    guard = security(FixedClock())
    admin = guard.authenticate(request(headers))
    assert admin.kind == "admin" and all(guard.may(admin, action, "/any") for action in Action)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic eA=="}, {"Authorization": "Bearer "}])
def test_no_credential(headers: dict[str, str]) -> None:
    with pytest.raises(NotAuthenticated, match="no credential"):
        security(FixedClock()).authenticate(request(headers))


@pytest.mark.parametrize("key", [KEY + "x", KEY[:-1], "glt_unknown", "a.b.c"])
def test_a_wrong_credential(key: str) -> None:
    with pytest.raises(NotAuthenticated, match="not good"):
        security(FixedClock()).authenticate(request({"Authorization": f"Bearer {key}"}))


def test_a_short_key_is_refused() -> None:
    with pytest.raises(GatelogError, match="at least 16"):
        Security("short", FixedClock())


def test_tokens_expire() -> None:
    clock = FixedClock()
    guard = security(clock)
    holder = guard.authenticate(request({"Authorization": f"Bearer {SECRET}"}))
    assert guard.may(holder, Action.LOGS, "/subscriptions/a/x") and not guard.may(holder, Action.LOGS, "/subscriptions/ab")
    assert not guard.may(holder, Action.WRITE, "/subscriptions/a")
    clock.advance(61)
    with pytest.raises(NotAuthenticated):
        guard.authenticate(request({"Authorization": f"Bearer {SECRET}"}))


def test_assignments_reach_users_and_their_groups() -> None:
    assigned = [
        RoleAssignment(
            id="1", scope="/s/a", role_definition_id="/providers/x/roleDefinitions/" + ROLES[1].id, principal_id="ADA"
        ),
        RoleAssignment(id="2", scope="/s/b", role_definition_id="reader", principal_id="writers"),
        RoleAssignment(id="3", scope="/", role_definition_id="unknown role", principal_id="ada"),
    ]
    guard = security(FixedClock(), assignments=lambda: assigned)
    ada = Principal(id="ada", name="ada", kind="bearer", groups=("Writers",))
    assert guard.may(ada, Action.WRITE, "/s/a/x") and not guard.may(ada, Action.GRANT, "/s/a/x")
    assert (
        guard.may(ada, Action.READ, "/s/b")
        and not guard.may(ada, Action.WRITE, "/s/b")
        and not guard.may(ada, Action.READ, "/s/c")
    )
    assert guard.may_anywhere(ada, Action.WRITE) and not guard.may_anywhere(ada, Action.GRANT)


def test_a_role_that_sees_usage_never_sees_a_body() -> None:
    usage = role_of("Usage Reader")
    assert usage is not None and usage.actions == {Action.USAGE}
    assert not allows([Grant(usage, "/")], Action.LOGS, "/")


def test_roles_by_name_id_and_arm_id() -> None:
    for role in ROLES:
        assert role_of(role.name) is role and role_of(f"/x/roleDefinitions/{role.id.upper()}") is role
    assert role_of("nothing") is None
    assert is_within("/a/b", "/") and not is_within("/", "/a")
    assert doctest.testmod(roles).failed == 0


def test_throttling_slows_one_address_down() -> None:
    clock = FixedClock()
    throttle = Throttle(clock)
    for _ in range(10):
        assert throttle.wait("a") == 0
        throttle.failed("a")
    assert throttle.wait("a") >= 1 and throttle.wait("b") == 0
    clock.advance(2)
    assert throttle.wait("a") == 0
    for _ in range(40):
        throttle.failed("a")
    assert throttle.wait("a") == 300
    throttle.succeeded("a")
    assert throttle.wait("a") == 0


def test_credentials_are_not_shown() -> None:
    admin = security(FixedClock()).authenticate(request({"Gatelog-Key": KEY}))
    assert KEY not in repr(admin)
