"""Kusto's error bodies (learn.microsoft.com/kusto/api/rest/response-http), for what can go wrong here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gatelog.kql.errors import KqlError, KqlProblem
from gatelog.storage.errors import QueryFailed, QueryStopped, StorageError

TOO_LARGE = -2133196797
"""0x80DA0003, E_QUERY_RESULT_SET_TOO_LARGE."""
_STOPPED = {
    "time": (504, "GatewayTimeout", "Kusto.DataNode.Exceptions.KustoServiceTimeoutException", -2133196796),
    "memory": (
        400,
        "LimitsExceeded",
        "Kusto.Data.Exceptions.KustoServicePartialQueryFailureLimitsExceededException",
        -2133196798,
    ),
    "bytes": (400, "LimitsExceeded", "Kusto.Data.Exceptions.KustoServicePartialQueryFailureLimitsExceededException", TOO_LARGE),
    "cancelled": (400, "Request_Cancelled", "Kusto.DataNode.Exceptions.QueryCancelledException", -2133196799),
}


@dataclass(frozen=True, slots=True)
class Context:
    """Which request an error belongs to."""

    request_id: str
    activity_id: str
    now: int
    """ns since 1970."""
    database: str = ""
    text: str = ""

    @property
    def timestamp(self) -> str:
        """Now, with seven digits."""
        return (
            datetime.fromtimestamp(self.now // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S.")
            + f"{self.now % 10**9 // 100:07d}Z"
        )


def one_api_error(code: str, message: str, kind: str, details: str, context: Context, **more: Any) -> dict[str, Any]:
    """`{"error": {...}}`."""
    return {
        "error": {
            "code": code,
            "message": message,
            "@type": kind,
            "@message": details,
            "@context": {
                "timestamp": context.timestamp,
                "serviceAlias": "GATELOG",
                "clientRequestId": context.request_id,
                "activityId": context.activity_id,
            },
            "@permanent": more.pop("permanent", True),
            **more,
        }
    }


def bad_request(details: str, context: Context, code: str = "General_BadRequest") -> dict[str, Any]:
    """A request that cannot be carried out."""
    kind = "Kusto.Data.Exceptions.KustoBadRequestException"
    return one_api_error(code, "Request is invalid and cannot be executed.", kind, details, context)


def query_refused(error: KqlError, context: Context) -> dict[str, Any]:
    """A query with findings: the first one leads, all are listed in `details`."""
    first = error.problems[0]
    is_syntax = first.code.startswith("SYN")
    details = "\n".join(f"{_label(problem)}: {problem.code}: {problem_text(problem)}" for problem in error.problems)
    found = one_api_error(
        "General_BadRequest",
        "Request is invalid and cannot be executed.",
        f"Kusto.Data.Exceptions.{'SyntaxException' if is_syntax else 'SemanticException'}",
        f"{_label(first)}: {details.partition(': ')[2]}" if len(error.problems) > 1 else details,
        context,
    )
    found["error"].update({"@text": context.text, "@database": context.database})
    found["error"]["innererror"] = {
        "code": first.code,
        "message": problem_text(first),
        "@type": f"Kusto.DataNode.Exceptions.{'SyntaxErrorException' if is_syntax else 'SemanticErrorException'}",
        "@errorCode": first.code,
        "@errorMessage": problem_text(first),
        "@line": first.line,
        "@pos": first.column,
        "@token": context.text[first.start : first.start + first.length],
    }
    found["error"]["details"] = [problem_object(problem) for problem in error.problems]
    return found


def problem_object(problem: KqlProblem) -> dict[str, Any]:
    """One finding as data."""
    return {
        "code": problem.code,
        "message": problem.message,
        "hint": problem.hint,
        "line": problem.line,
        "column": problem.column,
        "start": problem.start,
        "length": problem.length,
    }


def problem_text(problem: KqlProblem) -> str:
    """A finding in one line, with its place."""
    hint = f" ({problem.hint})" if problem.hint else ""
    return f"{problem.message}{hint} [line {problem.line}, column {problem.column}]"


def _label(problem: KqlProblem) -> str:
    return "Syntax error" if problem.code.startswith("SYN") else "Semantic error"


def run_failed(error: StorageError, context: Context) -> tuple[int, dict[str, Any]]:
    """Status and body of a query that failed while it ran."""
    if isinstance(error, QueryStopped):
        status, code, kind, number = _STOPPED[error.reason]
        details = f"Query execution has been stopped: {error} ({number & 0xFFFFFFFF:X})"
        message = "Request is invalid and cannot be executed."
        return status, one_api_error(code, message, kind, details, context, permanent=error.reason != "time")
    if isinstance(error, QueryFailed):
        kind = "Kusto.DataNode.Exceptions.KustoQueryExecutionException"
        return 400, one_api_error(
            "General_BadRequest", "Request failed while it ran.", kind, f"Query execution failed: {error}", context
        )
    kind = "Kusto.DataNode.Exceptions.KustoServiceException"
    body = one_api_error("Internal service error", "The workspace cannot answer.", kind, str(error), context, permanent=False)
    return 503, body


def too_large(truncated: str, context: Context) -> dict[str, Any]:
    """The answer was cut at a limit."""
    kind = "Kusto.Data.Exceptions.KustoServicePartialQueryFailureLimitsExceededException"
    details = (
        f"Query execution has exceeded the allowed limits (80DA0003): {truncated} "
        "(E_QUERY_RESULT_SET_TOO_LARGE; see https://aka.ms/kustoquerylimits)."
    )
    return one_api_error("LimitsExceeded", "Request is invalid and cannot be executed.", kind, details, context, permanent=False)
