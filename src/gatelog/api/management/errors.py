"""Problems -> Azure's error envelope: `{"error": {"code", "message", "details"}}`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import JSONResponse

from gatelog.api.security import AccessDenied, NotAuthenticated
from gatelog.catalog.store.interface import Conflict
from gatelog.errors import GatelogError, InvalidDocument, Problem


class ArmError(GatelogError):
    """An answer that is an error."""

    def __init__(self, status: int, code: str, message: str, details: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = tuple(details)
        self.headers: dict[str, str] = {}


def not_found(resource_id: str) -> ArmError:
    """404 for a resource that is not there."""
    return ArmError(404, "ResourceNotFound", f"The resource '{resource_id}' was not found.")


def precondition_failed(resource_id: str) -> ArmError:
    """412 for an etag that is not the current one."""
    message = f"Resource '{resource_id}' was modified since last retrieval: the If-Match condition does not hold."
    return ArmError(412, "PreconditionFailed", message)


def detail(problem: Problem) -> dict[str, Any]:
    """One entry of `details`."""
    message = str(Problem(problem.message, line=problem.line, column=problem.column, hint=problem.hint))
    entry: dict[str, Any] = {"code": problem.code, "target": problem.place or "$", "message": message}
    if problem.line:
        entry["additionalInfo"] = [{"type": "Position", "info": {"line": problem.line, "column": problem.column}}]
    return entry


def refused(error: InvalidDocument, *, in_use: bool = False) -> ArmError:
    """400 for a document that was refused; 409 when a deletion would leave references to nothing."""
    details = [detail(problem) for problem in error.problems]
    if in_use:
        return ArmError(409, "ResourceInUse", "The resource is in use: other resources refer to it.", details)
    codes = {problem.code for problem in error.problems}
    if codes == {"DocumentTooLarge"}:
        return ArmError(413, "RequestContentTooLarge", error.problems[0].message, details)
    code = error.problems[0].code if len(codes) == 1 else "ValidationError"
    first = error.problems[0]
    where = f"{first.place}: " if first.place else ""
    message = f"One or more fields contain incorrect values: {where}{details[0]['message']}"
    if code == "ParentResourceNotFound":
        return ArmError(404, code, message, details)
    return ArmError(400, "ValidationError" if code == "InvalidDocument" else code, message, details)


def to_arm(error: GatelogError, resource_id: str = "") -> ArmError:
    """Any error of ours as an answer."""
    match error:
        case ArmError():
            return error
        case InvalidDocument():
            return refused(error)
        case Conflict(resource_id=""):
            return ArmError(409, "Conflict", "Too many writers at once; try again.")
        case Conflict():
            return precondition_failed(resource_id)
        case NotAuthenticated():
            answer = ArmError(
                429 if error.retry_after else 401, "TooManyRequests" if error.retry_after else "AuthenticationFailed", str(error)
            )
            answer.headers = (
                {"Retry-After": str(error.retry_after)} if error.retry_after else {"WWW-Authenticate": 'Bearer realm="gatelog"'}
            )
            return answer
        case AccessDenied():
            return ArmError(403, "AuthorizationFailed", str(error))
    return ArmError(500, "InternalServerError", str(error))


def answer(error: ArmError) -> JSONResponse:
    """The HTTP answer."""
    body: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.details:
        body["details"] = list(error.details)
    return JSONResponse({"error": body}, status_code=error.status, headers=error.headers)
