"""The Starlette routes, and one request from its address to its answer.

`routes(face)` must stand after the more special routes below `/subscriptions` (metrics): it answers everything that is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gatelog.api.management.actions import PostAction, action_of, changes_of
from gatelog.api.management.activity import VERBS, Write, fingerprint, record_write
from gatelog.api.management.addresses import Address, address_of
from gatelog.api.management.configuring import configuration_routes
from gatelog.api.management.console import console_routes
from gatelog.api.management.described import management_document
from gatelog.api.management.errors import ArmError, answer, not_found, refused, to_arm
from gatelog.api.management.exporting import exported
from gatelog.api.management.face import Face, json_body
from gatelog.api.management.reading import derived_json, list_json, members, page, resource_group, subscriptions_json
from gatelog.api.management.rendering import arm_json
from gatelog.api.management.tokens import token_routes
from gatelog.api.management.writing import Asked, delete_plan, patch_plan, put_plan
from gatelog.api.roles import Action
from gatelog.api.security import Principal
from gatelog.catalog.control import Snapshot
from gatelog.catalog.initial import is_claimed
from gatelog.catalog.resource import SERVICE, SERVICE_TYPE, Resource, full_id, parent_of, type_of
from gatelog.errors import GatelogError, InvalidDocument

__all__ = ["Face", "routes"]

METHODS = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "POST"]


@dataclass(slots=True, kw_only=True)
class _Call:
    """One request on its way to its answer."""

    request: Request
    face: Face
    principal: Principal
    address: Address
    snapshot: Snapshot
    correlation_id: str
    noted: dict[str, str] = field(default_factory=dict)

    @property
    def full(self) -> str:
        """Full ARM id of what is asked for."""
        return full_id(self.address.id, self.address.service or self.snapshot.service_id)

    @property
    def query(self) -> Mapping[str, str]:
        return self.request.query_params

    @property
    def sees_secrets(self) -> bool:
        return self.face.security.may(self.principal, Action.SECRETS, self.full)


def routes(face: Face) -> list[Route]:
    """Everything below `/subscriptions`, and the role definitions."""

    async def subscriptions(request: Request) -> Response:
        return await _guarded(face, request, _subscriptions)

    async def everything(request: Request) -> Response:
        return await _guarded(face, request, _dispatch)

    async def described(request: Request) -> Response:
        return JSONResponse(management_document())

    return [
        *configuration_routes(face),
        *token_routes(face),
        *console_routes(face),
        Route("/api/management/openapi.json", described, methods=["GET"]),
        Route("/subscriptions", subscriptions, methods=["GET"]),
        Route("/subscriptions/{path:path}", everything, methods=METHODS),
        Route("/providers/Microsoft.Authorization/{path:path}", everything, methods=METHODS),
    ]


async def _guarded(face: Face, request: Request, work: Any) -> Response:
    """Authenticate, do the work, turn errors into Azure's envelope."""
    correlation_id = request.headers.get("x-ms-correlation-request-id") or str(uuid4())
    try:
        response: Response = await work(face, request, correlation_id)
    except GatelogError as error:
        response = answer(to_arm(error, request.url.path))
    response.headers["x-ms-request-id"] = correlation_id
    response.headers["x-ms-correlation-request-id"] = correlation_id
    response.headers["cache-control"] = "no-store"
    if request.headers.get("x-ms-client-request-id"):
        response.headers["x-ms-client-request-id"] = request.headers["x-ms-client-request-id"]
    return response


async def _subscriptions(face: Face, request: Request, correlation_id: str) -> Response:
    face.security.authenticate(request)
    snapshot = await run_in_threadpool(face.control.snapshot)
    return JSONResponse(subscriptions_json(snapshot))


async def _dispatch(face: Face, request: Request, correlation_id: str) -> Response:
    principal = face.security.authenticate(request)
    snapshot = await run_in_threadpool(face.control.snapshot)
    address = address_of(request.url.path, snapshot.service_id)
    call = _Call(
        request=request, face=face, principal=principal, address=address, snapshot=snapshot, correlation_id=correlation_id
    )
    is_write = request.method in VERBS
    if not (is_write and address.id == SERVICE and address.is_resource):
        _check_service(address, snapshot)
    if request.method in ("GET", "HEAD"):
        return await run_in_threadpool(_read, call)
    body = await json_body(request)
    if request.method == "POST":
        return await run_in_threadpool(_post, call, body)
    return await run_in_threadpool(_write, call, body)


def _check_service(address: Address, snapshot: Snapshot) -> None:
    """Another service than ours is not here; while ours has no given name, any name is its name."""
    if not address.service or address.service.lower() == snapshot.service_id.lower():
        return
    if is_claimed(snapshot.get(SERVICE)):
        raise not_found(address.service)


def _require(call: _Call, action: Action) -> None:
    call.face.security.require(call.principal, action, call.full)


def _read(call: _Call) -> Response:
    _require(call, Action.READ)
    address, snapshot = call.address, call.snapshot
    if address.is_resource:
        return _read_one(call)
    made = derived_json(address, snapshot)
    if made is None:
        _check_owner(call)
        found = members(address, snapshot)
        made = page(
            list_json(found, snapshot, secrets=call.sees_secrets, policy_format=call.query.get("format", "xml")),
            call.query,
            f"{str(call.request.base_url).rstrip('/')}{call.request.url.path}",
        )
    return JSONResponse(made)


def _check_owner(call: _Call) -> None:
    """A list of something that is not there is a 404, not an empty list."""
    owner = call.address.id
    is_ours = owner.startswith(f"{SERVICE}/") and "/providers/" not in owner.lower()
    if is_ours and call.snapshot.get(owner) is None:
        raise not_found(call.full)


def _read_one(call: _Call) -> Response:
    address, snapshot = call.address, call.snapshot
    resource = snapshot.get(address.id)
    if resource is None:
        return _read_implied(call)
    headers = {"ETag": f'"{resource.etag}"'}
    if call.request.method == "HEAD":
        is_link = address.kind is not None and address.kind.link
        return Response(status_code=204 if is_link else 200, headers=headers)
    if call.query.get("export", "").lower() == "true" and address.kind and address.kind.type == f"{SERVICE_TYPE}/apis":
        return exported(resource, snapshot, call.query.get("format", ""), str(call.request.base_url))
    body = arm_json(resource, snapshot, secrets=call.sees_secrets, policy_format=call.query.get("format", "xml"))
    return JSONResponse(body, headers=headers)


def _read_implied(call: _Call) -> Response:
    """Resource groups and subscriptions exist as soon as something stands in them."""
    address, snapshot = call.address, call.snapshot
    prefix = f"{address.id.lower()}/"
    is_filled = any(full_id(r.id, snapshot.service_id).lower().startswith(prefix) for r in snapshot.resources.values())
    kind = address.kind.type if address.kind else ""
    if is_filled and kind == "Microsoft.Resources/subscriptions/resourceGroups":
        return JSONResponse(resource_group(address.id, snapshot))
    if is_filled and address.id.count("/") == 2:
        name = address.id.rsplit("/", 1)[-1]
        return JSONResponse(
            next(item for item in subscriptions_json(snapshot)["value"] if item["subscriptionId"].lower() == name.lower())
        )
    if address.id.lower().endswith(
        "/providers/microsoft.insights/diagnosticsettingscategories/" + address.id.rsplit("/", 1)[-1].lower()
    ):
        owner = Address(path=address.path, id=parent_of(address.id), kind=None, tail="diagnosticSettingsCategories")
        found = [
            c
            for c in (derived_json(owner, snapshot) or {})["value"]
            if c["name"].lower() == address.id.rsplit("/", 1)[-1].lower()
        ]
        if found:
            return JSONResponse(found[0])
    raise not_found(call.full)


def _write(call: _Call, body: Any) -> Response:
    address = call.address
    if address.kind is None or not address.is_resource:
        raise ArmError(405, "MethodNotAllowed", f"{call.request.method} is not possible at '{address.path}'.")
    write = _described(call, VERBS[call.request.method])
    try:
        _require(call, Action.GRANT if address.kind.type == "Microsoft.Authorization/roleAssignments" else Action.WRITE)
        response = _carried_out(call, body)
    except GatelogError as error:
        problem = to_arm(error, address.path)
        record_write(call.face.record, call.face.clock, write, problem.status, {**call.noted, "message": problem.message})
        raise problem from error
    record_write(call.face.record, call.face.clock, write, response.status_code, call.noted)
    return response


def _described(call: _Call, verb: str) -> Write:
    address = call.address
    client = call.request.client
    return Write(
        type=address.kind.type if address.kind else type_of(address.id),
        resource_id=call.full,
        verb=verb,
        caller=call.principal.name,
        client_ip=client.host if client else "",
        correlation_id=call.correlation_id,
    )


def _carried_out(call: _Call, body: Any) -> Response:
    request, control = call.request, call.face.control
    asked = Asked(
        address=call.address,
        body=body,
        if_match=request.headers.get("if-match", ""),
        if_none_match=request.headers.get("if-none-match", ""),
        query=call.query,
    )
    plan = {"PUT": put_plan, "PATCH": patch_plan, "DELETE": delete_plan}[request.method]
    previous: list[Resource | None] = [None]
    makings = control.makings()

    def planned(before: Snapshot) -> Any:
        previous[0] = before.get(call.address.id)
        return plan(asked, before, makings)

    try:
        after = control.edit(planned)
    except InvalidDocument as error:
        raise refused(error, in_use=request.method == "DELETE") from None
    current = after.get(call.address.id)
    call.noted |= {"before": fingerprint(previous[0]), "after": fingerprint(current)}
    if request.method == "DELETE":
        is_api = call.address.kind is not None and call.address.kind.type == f"{SERVICE_TYPE}/apis"
        return Response(status_code=204 if previous[0] is None or is_api else 200)
    if current is None:
        raise not_found(call.full)
    status = 201 if request.method == "PUT" and previous[0] is None and not _always_200(call) else 200
    shown = arm_json(current, after, secrets=call.sees_secrets, policy_format=_written_format(body))
    if call.address.kind and call.address.kind.type == f"{SERVICE_TYPE}/subscriptions" and status == 201:
        keys = {name: current.properties[name] for name in ("primaryKey", "secondaryKey")}
        shown["properties"] |= keys if call.sees_secrets else {}
    return JSONResponse(shown, status_code=status, headers={"ETag": f'"{current.etag}"'})


def _always_200(call: _Call) -> bool:
    """Azure Monitor does not tell created from updated, and its client takes nothing but 200."""
    return call.address.kind is not None and call.address.kind.type.startswith("Microsoft.Insights/")


def _written_format(body: Any) -> str:
    """The answer to a policy's PUT is in the format in which it was written."""
    properties = body.get("properties") if isinstance(body, dict) else None
    return str(properties.get("format") or "xml") if isinstance(properties, dict) else "xml"


def _post(call: _Call, body: Any) -> Response:
    resource = call.snapshot.get(call.address.id)
    action = action_of(resource.type, call.address.tail) if resource else None
    if resource is None and _names_an_action(call.address.tail):
        raise not_found(call.full)
    if resource is None or action is None:
        raise ArmError(405, "MethodNotAllowed", f"POST is not possible at '{call.address.path}'.")
    write = _described(call, f"{action.name}/ACTION")
    try:
        _require(call, action.needs)
        response = _done(call, action, resource, body)
    except GatelogError as error:
        problem = to_arm(error, call.address.path)
        record_write(call.face.record, call.face.clock, write, problem.status, {"message": problem.message})
        raise problem from error
    record_write(call.face.record, call.face.clock, write, response.status_code, call.noted)
    return response


def _names_an_action(tail: str) -> bool:
    return any(
        action_of(kind, tail)
        for kind in (f"{SERVICE_TYPE}/subscriptions", f"{SERVICE_TYPE}/namedValues", "Microsoft.CognitiveServices/accounts")
    )


def _done(call: _Call, action: PostAction, resource: Resource, body: Any) -> Response:
    given = body if isinstance(body, dict) else {}
    after = call.snapshot
    if action.alter:
        after = call.face.control.edit(lambda before: changes_of(action, before.resources[resource.key], given))
        call.noted |= {"before": fingerprint(resource), "after": fingerprint(after.get(resource.id))}
    if action.show is None:
        return Response(status_code=204)
    return JSONResponse(action.show(after.resources[resource.key], after), headers={"ETag": f'"{resource.etag}"'})
