"""System.String and System.Char: strings are Python strings, positions count UTF-16 code units as .NET does."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any, Final

from gatelog.policy.dotnet import exceptions as ex
from gatelog.policy.dotnet.metadata import CHAR, STRING
from gatelog.policy.dotnet.numbers import Char
from gatelog.policy.dotnet.runtime import MAX_TEXT, Array, Enum, cat, iterate, joined, to_text, units

WHITE: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)


def length(text: str) -> int:
    return len(text) if text.isascii() else len(units(text))


def char_at(text: str, index: int) -> Char:
    view = units(text)
    if not 0 <= index < len(view):
        raise ex.index_out_of_range()
    return Char(view[index])


def substring(text: str, start: int, count: int | None = None) -> str:
    view = units(text)
    if start < 0:
        raise ex.out_of_range("startIndex", "StartIndex cannot be less than zero.")
    if start > len(view):
        raise ex.out_of_range("startIndex", "startIndex cannot be larger than length of string.")
    if count is None:
        return joined(view[start:])
    if count < 0:
        raise ex.out_of_range("length", "Length cannot be less than zero.")
    if start + count > len(view):
        raise ex.out_of_range("length", "Index and length must refer to a location within the string.")
    return joined(view[start : start + count])


def remove(text: str, start: int, count: int | None = None) -> str:
    view = units(text)
    if start < 0:
        raise ex.out_of_range("startIndex", "StartIndex cannot be less than zero.")
    if count is None:
        if start >= len(view):
            raise ex.out_of_range("startIndex", "startIndex must be less than length of string.")
        return joined(view[:start])
    if count < 0:
        raise ex.out_of_range("count", "Count cannot be less than zero.")
    if start + count > len(view):
        raise ex.out_of_range("count", "Index and count must refer to a location within the string.")
    return joined(view[:start] + view[start + count :])


def insert(text: str, start: int, value: str | None) -> str:
    if value is None:
        raise ex.argument_null("value")
    view = units(text)
    if not 0 <= start <= len(view):
        raise ex.out_of_range("startIndex")
    return joined(view[:start] + units(value) + view[start:])


def split(text: str, separators: Iterable[str] | None, count: int = -1, options: int = 0) -> Array:
    """`Split`: by any of the separators (white space when there are none), at most `count` parts."""
    if count == 0:
        return Array(STRING, [])
    wanted = [s for s in separators or () if s]
    pattern = "|".join(re.escape(s) for s in wanted) if wanted else f"[{WHITE}]"
    pieces = re.split(pattern, text)
    if options & 1:
        if count > 0:
            return Array(STRING, _split_nonempty(text, pattern, count))
        return Array(STRING, [p for p in pieces if p])
    if 0 < count < len(pieces):
        pieces = re.split(pattern, text, maxsplit=count - 1) if count > 1 else [text]
    return Array(STRING, pieces)


def _split_nonempty(text: str, pattern: str, count: int) -> list[str]:
    parts: list[str] = []
    at = 0
    for found in re.finditer(pattern, text):
        if len(parts) == count - 1:
            break
        if found.start() > at:
            parts.append(text[at : found.start()])
        at = found.end()
    rest = text[at:]
    while len(parts) == count - 1 and rest and (again := re.match(pattern, rest)):
        rest = rest[again.end() :]
    return [*parts, rest] if rest else parts


def split_chars(text: str, separators: Array | None, *rest: int) -> Array:
    """`Split(params char[])`, `Split(char[], count)`, `Split(char[], options)`, `Split(char[], count, options)`."""
    count, options = -1, 0
    for value in rest:
        if isinstance(value, Enum):
            options = int(value)
        else:
            count = value
            if count < 0:
                raise ex.out_of_range("count", "Count cannot be less than zero.")
    return split(text, separators, count, options)


def split_string(text: str, separator: str | None, options: int = 0) -> Array:
    if not separator:
        return Array(STRING, [] if options & 1 and not text else [text])
    return split(text, [separator], -1, options)


def trimmer(method: Callable[..., str]) -> Callable[..., str]:
    """Trim, TrimStart, TrimEnd: white space, or the given characters."""

    def trim(text: str, chars: Iterable[str] | None = None) -> str:
        wanted = "".join(chars) if chars is not None else ""
        return method(text, wanted or WHITE)

    return trim


def trim_one(method: Callable[..., str]) -> Callable[[str, str], str]:
    return lambda text, char: method(text, char)


def replace(text: str, old: str | None, new: str | None) -> str:
    if old is None:
        raise ex.argument_null("oldValue")
    if not old:
        raise ex.argument("String cannot be of zero length.", "oldValue")
    return cat(text.replace(old, new or ""))


def contains(text: str, value: str | None) -> bool:
    if value is None:
        raise ex.argument_null("value")
    return value in text


def contains_with(text: str, value: str | None, comparison: int) -> bool:
    return index_of(text, value, 0, None, comparison) >= 0


def folded(text: str, comparison: int) -> str:
    """The text as the comparison sees it: odd StringComparison values ignore case."""
    return text.upper() if comparison in (1, 3, 5) and text.isascii() else _upper(text) if comparison in (1, 3, 5) else text


def _upper(text: str) -> str:
    return "".join(c.upper() if len(c.upper()) == 1 else c for c in text)


def starts_with(text: str, value: str | None, comparison: int = 0) -> bool:
    if value is None:
        raise ex.argument_null("value")
    return folded(text, comparison).startswith(folded(value, comparison))


def ends_with(text: str, value: str | None, comparison: int = 0) -> bool:
    if value is None:
        raise ex.argument_null("value")
    return folded(text, comparison).endswith(folded(value, comparison))


def starts_with_case(text: str, value: str | None, ignore: bool, _culture: Any) -> bool:
    return starts_with(text, value, 5 if ignore else 4)


def ends_with_case(text: str, value: str | None, ignore: bool, _culture: Any) -> bool:
    return ends_with(text, value, 5 if ignore else 4)


def index_of(text: str, value: str | None, start: int = 0, count: int | None = None, comparison: int = 4) -> int:
    if value is None:
        raise ex.argument_null("value")
    view = units(text)
    if not 0 <= start <= len(view):
        raise ex.out_of_range(
            "startIndex", "Index was out of range. Must be non-negative and less than the size of the collection."
        )
    end = len(view) if count is None else start + count
    if end > len(view) or (count is not None and count < 0):
        raise ex.out_of_range(
            "count", "Count must be positive and count must refer to a location within the string/array/collection."
        )
    return folded(view, comparison).find(folded(units(value), comparison), start, end)


def index_of_with(text: str, value: str | None, comparison: int) -> int:
    return index_of(text, value, 0, None, comparison)


def index_of_from_with(text: str, value: str | None, start: int, comparison: int) -> int:
    return index_of(text, value, start, None, comparison)


def last_index_of(text: str, value: str | None, start: int | None = None) -> int:
    if value is None:
        raise ex.argument_null("value")
    view = units(text)
    if start is not None and view and not -1 <= start < len(view) + 1:
        raise ex.out_of_range(
            "startIndex", "Index was out of range. Must be non-negative and less than the size of the collection."
        )
    end = len(view) if start is None else start + 1
    if not value:
        return max(len(view) - 1, 0)
    return view.rfind(units(value), 0, end)


def last_index_with(text: str, value: str | None, comparison: int) -> int:
    if value is None:
        raise ex.argument_null("value")
    return last_index_of(folded(text, comparison), folded(value, comparison))


def index_of_any(text: str, chars: Iterable[str] | None, start: int = 0) -> int:
    if chars is None:
        raise ex.argument_null("anyOf")
    wanted = set(chars)
    view = units(text)
    return next((i for i in range(start, len(view)) if view[i] in wanted), -1)


def last_index_of_any(text: str, chars: Iterable[str] | None) -> int:
    wanted = set(chars or ())
    view = units(text)
    return next((i for i in range(len(view) - 1, -1, -1) if view[i] in wanted), -1)


def pad_left(text: str, width: int, char: str = " ") -> str:
    _check_width(width)
    return char * (width - length(text)) + text


def pad_right(text: str, width: int, char: str = " ") -> str:
    _check_width(width)
    return text + char * (width - length(text))


def _check_width(width: int) -> None:
    if width < 0:
        raise ex.out_of_range("totalWidth", "Non-negative number required.")
    if width > MAX_TEXT:
        raise ex.spent("builds a string that is too long")


def upper(text: str) -> str:
    return text.upper() if text.isascii() else _upper(text)


def lower(text: str) -> str:
    return text.lower() if text.isascii() else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def equals_text(left: str | None, right: Any) -> bool:
    return left == right and type(right) is not Char


def equals_with(left: str | None, right: str | None, comparison: int) -> bool:
    if left is None or right is None:
        return left is right
    return left == right or folded(left, comparison) == folded(right, comparison)


def instance_equals_with(left: str, right: str | None, comparison: int) -> bool:
    return equals_with(left, right, comparison)


def culture_key(text: str) -> tuple[Any, ...]:
    """How en-US sorts: letters without case and accents first, then accents, then lower before upper case."""
    primary: list[Any] = []
    secondary: list[str] = []
    case: list[int] = []
    minor: list[tuple[int, str]] = []
    for char in unicodedata.normalize("NFD", text):
        if unicodedata.combining(char):
            secondary.append(char)
            continue
        if char in "-'":
            minor.append((len(primary), char))
            continue
        rank = 2 if char.isalpha() else 1 if char.isdigit() else 0
        primary.append((rank, char.lower()))
        case.append(int(char.isupper()))
    return primary, secondary, case, minor


def compare(left: str | None, right: str | None) -> int:
    """Culture-sensitive comparison: -1, 0, 1."""
    if left == right:
        return 0
    if left is None or right is None:
        return -1 if left is None else 1
    one, two = culture_key(left), culture_key(right)
    return (one > two) - (one < two)


def compare_ordinal(left: str | None, right: str | None) -> int:
    """The difference of the first differing code units, or of the lengths."""
    if left is None or right is None:
        return (left is not None) - (right is not None)
    one, two = units(left), units(right)
    for a, b in zip(one, two, strict=False):
        if a != b:
            return ord(a) - ord(b)
    return len(one) - len(two)


def compare_with(left: str | None, right: str | None, comparison: int) -> int:
    if left is None or right is None:
        return (left is not None) - (right is not None)
    if comparison in (4, 5):
        return compare_ordinal(folded(left, comparison), folded(right, comparison))
    return compare(folded(left, comparison), folded(right, comparison))


def compare_case(left: str | None, right: str | None, ignore: bool) -> int:
    return compare_with(left, right, 1 if ignore else 0)


def join(separator: str | None, values: Any) -> str:
    """`string.Join`: over an array of strings or objects, or any sequence; null is empty."""
    if values is None:
        raise ex.argument_null("value")
    return cat((separator or "").join([v if type(v) is str else to_text(v) for v in iterate(values)]))


def join_range(separator: str | None, values: Array, start: int, count: int) -> str:
    return join(separator, Array(STRING, values.items[start : start + count]))


def concat_sequence(values: Any) -> str:
    if values is None:
        raise ex.argument_null("values")
    return cat(*(to_text(v) for v in iterate(values)))


def concat(*values: Any) -> str:
    return cat(*(to_text(v) for v in values))


def repeat(char: str, count: int) -> str:
    if count < 0:
        raise ex.out_of_range("count", "'count' must be non-negative.")
    if count > MAX_TEXT:
        raise ex.spent("builds a string that is too long")
    return char * count


def from_chars(chars: Array | None) -> str:
    return joined("".join(chars)) if chars is not None else ""


def from_char_range(chars: Array, start: int, count: int) -> str:
    return joined("".join(chars.items[start : start + count]))


def to_chars(text: str) -> Array:
    return Array(CHAR, [Char(c) for c in units(text)])


def is_white(text: str | None) -> bool:
    return text is None or not text.strip(WHITE)


def identity(value: Any) -> Any:
    return value


def category(*names: str) -> Callable[[str], bool]:
    """A test of a character's Unicode category."""
    return lambda char: unicodedata.category(char).startswith(names)


def letter_or_digit(char: str) -> bool:
    return unicodedata.category(char)[0] == "L" or unicodedata.category(char) == "Nd"


def numeric_value(char: str) -> float:
    return float(unicodedata.numeric(char, -1.0))


def at_index(test: Callable[[str], bool]) -> Callable[[str, int], bool]:
    """`char.IsDigit(string, int)` and its kin."""
    return lambda text, index: test(char_at(text, index))


def parse_char(text: str | None) -> Char:
    if text is None:
        raise ex.argument_null("s")
    if length(text) != 1:
        raise ex.format_error("String must be exactly one character long.")
    return Char(text)


def try_parse_char(text: str | None) -> tuple[bool, Char]:
    good = text is not None and length(text) == 1
    return good, Char(text if good and text is not None else "\0")


def upper_char(char: str) -> Char:
    return Char(_upper(char))


def lower_char(char: str) -> Char:
    return Char(lower(char))


def normalized(text: str) -> str:
    """`Normalize()`: form C."""
    return unicodedata.normalize("NFC", text)
