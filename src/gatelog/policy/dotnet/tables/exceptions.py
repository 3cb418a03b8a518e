"""What expressions may use of exceptions."""

from __future__ import annotations

from typing import Any, Final

from gatelog.policy.dotnet.exceptions import PARENTS, DotNetException
from gatelog.policy.dotnet.metadata import TypeDef
from gatelog.policy.dotnet.runtime import to_text


def maker(full_name: str) -> Any:
    def make(message: str | None = None, inner: DotNetException | None = None) -> DotNetException:
        text = f"Exception of type '{full_name}' was thrown." if message is None else message
        return DotNetException(full_name, text, inner=inner)

    return make


def with_parameter(full_name: str, *, parameter_first: bool) -> Any:
    def make(first: str, second: str) -> DotNetException:
        parameter, message = (first, second) if parameter_first else (second, first)
        return DotNetException(
            full_name, f"{message}\nParameter name: {parameter}" if parameter else message, parameter=parameter
        )

    return make


def only_parameter(full_name: str, message: str) -> Any:
    return lambda name=None: DotNetException(full_name, f"{message}\nParameter name: {name}" if name else message, parameter=name)


def base_exception(error: DotNetException) -> DotNetException:
    while error.inner is not None:
        error = error.inner
    return error


_SPECIAL: Final[dict[str, tuple[tuple[str, Any], ...]]] = {
    "System.ArgumentException": (
        ("new(string message, string paramName)", with_parameter("System.ArgumentException", parameter_first=False)),
    ),
    "System.ArgumentNullException": (
        ("new(string paramName)", only_parameter("System.ArgumentNullException", "Value cannot be null.")),
        ("new(string paramName, string message)", with_parameter("System.ArgumentNullException", parameter_first=True)),
    ),
    "System.ArgumentOutOfRangeException": (
        (
            "new(string paramName)",
            only_parameter("System.ArgumentOutOfRangeException", "Specified argument was out of the range of valid values."),
        ),
        ("new(string paramName, string message)", with_parameter("System.ArgumentOutOfRangeException", parameter_first=True)),
    ),
}


def _definition(name: str, parent: str) -> TypeDef:
    own = _SPECIAL.get(name, ())
    general = () if any(row[0] == "new(string paramName)" for row in own) else (("new(string message)", maker(name)),)
    members = (("new()", maker(name)), *general, ("new(string message, Exception innerException)", maker(name)), *own)
    more: tuple[tuple[str, Any], ...] = ()
    if name == "System.Exception":
        more = (
            ("string Message", "{0}.message"),
            ("Exception InnerException", "{0}.inner"),
            ("string StackTrace", "''"),
            ("string Source", "'expression'"),
            ("Exception GetBaseException()", base_exception),
            ("string ToString()", to_text),
            ("int HResult", "-2146233088"),
        )
    if name == "System.ArgumentException":
        more = (("string ParamName", lambda e: e.data.get("parameter") or None),)
    return TypeDef(name, (*members, *more), extends=(parent,))


TYPES: Final = tuple(_definition(name, parent) for name, parent in PARENTS.items())
