"""Exceptions of .NET as Python exceptions: one class, its .NET type as data.

Messages are those of .NET Framework and Newtonsoft.Json in en-US.
"""

from __future__ import annotations

from typing import Any, Final

_TREE: Final = """
System.Exception
 System.SystemException
  System.NullReferenceException
  System.InvalidCastException
  System.FormatException
   System.UriFormatException
  System.IndexOutOfRangeException
  System.ArithmeticException
   System.DivideByZeroException
   System.OverflowException
  System.ArgumentException
   System.ArgumentNullException
   System.ArgumentOutOfRangeException
   System.DuplicateWaitObjectException
   System.Text.DecoderFallbackException
  System.InvalidOperationException
   System.ObjectDisposedException
  System.NotSupportedException
  System.NotImplementedException
  System.RankException
  System.TimeoutException
  System.OutOfMemoryException
   System.InsufficientMemoryException
  System.InsufficientExecutionStackException
  System.OperationCanceledException
  System.Collections.Generic.KeyNotFoundException
  System.Text.RegularExpressions.RegexMatchTimeoutException
  System.Security.Cryptography.CryptographicException
  System.Xml.XmlException
  System.IO.IOException
   System.IO.EndOfStreamException
 System.ApplicationException
 System.AggregateException
 Newtonsoft.Json.JsonException
  Newtonsoft.Json.JsonReaderException
  Newtonsoft.Json.JsonSerializationException
  Newtonsoft.Json.JsonWriterException
"""


def _parents() -> dict[str, str]:
    parents: dict[str, str] = {}
    stack: list[str] = []
    for line in _TREE.strip("\n").split("\n"):
        name = line.strip()
        depth = len(line) - len(name)
        del stack[depth:]
        parents[name] = stack[-1] if stack else "System.Object"
        stack.append(name)
    return parents


PARENTS: Final = _parents()
"""Exception type -> its base type, both with namespace."""
_BY_SHORT_NAME: Final = {name.rpartition(".")[2]: name for name in PARENTS}


class DotNetException(Exception):
    """What an expression raised: `.type_name` (`NullReferenceException`), `.full_name` (with namespace), `.message`."""

    def __init__(
        self, name: str, message: str, *, inner: DotNetException | None = None, fatal: bool = False, **data: Any
    ) -> None:
        super().__init__(message)
        self.full_name = _BY_SHORT_NAME.get(name, name)
        self.message = message
        self.inner = inner
        self.fatal = fatal
        """No `catch` of the expression may take it: a budget is spent."""
        self.data: dict[str, Any] = data

    @property
    def type_name(self) -> str:
        return self.full_name.rpartition(".")[2]

    def __str__(self) -> str:
        return f"{self.full_name}: {self.message}"

    def is_a(self, full_name: str) -> bool:
        """Whether this is `full_name` or derived from it."""
        name = self.full_name
        while name != full_name:
            if name not in PARENTS:
                return False
            name = PARENTS[name]
        return True


def null_reference() -> DotNetException:
    return DotNetException("NullReferenceException", "Object reference not set to an instance of an object.")


def argument_null(parameter: str) -> DotNetException:
    return DotNetException("ArgumentNullException", f"Value cannot be null.\nParameter name: {parameter}", parameter=parameter)


def argument(message: str, parameter: str = "") -> DotNetException:
    text = f"{message}\nParameter name: {parameter}" if parameter else message
    return DotNetException("ArgumentException", text, parameter=parameter)


def out_of_range(parameter: str, message: str = "Specified argument was out of the range of valid values.") -> DotNetException:
    return DotNetException("ArgumentOutOfRangeException", f"{message}\nParameter name: {parameter}", parameter=parameter)


def index_out_of_range() -> DotNetException:
    return DotNetException("IndexOutOfRangeException", "Index was outside the bounds of the array.")


def format_error(message: str = "Input string was not in a correct format.") -> DotNetException:
    return DotNetException("FormatException", message)


def overflow(message: str = "Arithmetic operation resulted in an overflow.") -> DotNetException:
    return DotNetException("OverflowException", message)


def invalid_operation(message: str) -> DotNetException:
    return DotNetException("InvalidOperationException", message)


def invalid_cast(message: str = "Specified cast is not valid.") -> DotNetException:
    return DotNetException("InvalidCastException", message)


def not_supported(message: str) -> DotNetException:
    return DotNetException("NotSupportedException", message)


def spent(what: str) -> DotNetException:
    """A budget of the gateway itself is used up; the expression cannot catch it."""
    return DotNetException("TimeoutException" if "time" in what else "OutOfMemoryException", f"the expression {what}", fatal=True)
