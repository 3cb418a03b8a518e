"""JSON text to tokens. Strict JSON goes through orjson; anything else through a reader with Newtonsoft's leniency and messages.

Lenient: single quotes, comments, unquoted names, trailing commas in arrays, NaN, Infinity, undefined, hexadecimal and
octal numbers.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

import orjson

from gatelog.policy.dotnet import exceptions as ex
from gatelog.policy.dotnet.json_tokens import JArray, JObject, JToken, JValue, wrap
from gatelog.policy.dotnet.runtime import joined

MAX_TEXT: Final = 64 * 1024 * 1024
MAX_DEPTH: Final = 400
"""Nesting that the tolerant reader follows."""
_BIG: Final = re.compile(rb"\d{19}")
_EXPECTED: Final = {
    "JObject": "Current JsonReader item is not an object: {}",
    "JArray": "Current JsonReader item is not an array: {}",
}


def reader_error(message: str) -> ex.DotNetException:
    return ex.DotNetException("JsonReaderException", message)


def parse_raw(data: bytes) -> Any:
    """Parsed data of JSON bytes, or `...` when only the tolerant reader can say."""
    if _BIG.search(data) is not None:
        return ...
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return ...


def parse(text: str | None, expected: str = "JToken") -> JToken:
    """`JToken.Parse`, `JObject.Parse`, `JArray.Parse`."""
    if text is None:
        raise ex.argument_null("s")
    if len(text) > MAX_TEXT:
        raise ex.spent("reads a JSON text that is too long")
    raw = parse_raw(text.encode("utf-8", "surrogatepass"))
    if raw is not ... and (expected == "JToken" or isinstance(raw, dict if expected == "JObject" else list)):
        return wrap(raw)
    return TolerantReader(text).document(expected)


def parse_bytes(data: bytes, expected: str = "JToken") -> JToken:
    """The same for a message body."""
    raw = parse_raw(data)
    if raw is not ... and (expected == "JToken" or isinstance(raw, dict if expected == "JObject" else list)):
        return wrap(raw)
    return TolerantReader(data.decode("utf-8-sig", "replace")).document(expected)


class TolerantReader:
    """Newtonsoft's JsonTextReader and JToken.Load in one: token by token, with the path for messages."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line = 1
        self.line_start = 0
        self.path: list[str | int] = []
        self.depth = 0

    def where(self, shift: int = 0) -> str:
        path = ""
        for step in self.path:
            if isinstance(step, int):
                path += f"[{step}]" if step >= 0 else ""
            elif re.search(r"[ .'/\"\[\]()\t\n\r\f\b\\]", step):
                path += f"['{step}']"
            else:
                path += f".{step}" if path else step
        position = max(self.at - self.line_start + shift, 0)
        line = 0 if self.at + shift <= 0 else self.line
        return f"Path '{path}', line {line}, position {position}."

    def fail(self, message: str, shift: int = 0) -> ex.DotNetException:
        return reader_error(f"{message} {self.where(shift)}")

    def peek(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else ""

    def skip(self) -> None:
        """White space and comments."""
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == "\n":
                self.at += 1
                self.line += 1
                self.line_start = self.at
            elif char == "\r":
                self.at += 1
                if self.peek() != "\n":
                    self.line += 1
                    self.line_start = self.at
            elif char.isspace() or char == "\ufeff":
                self.at += 1
            elif char == "/":
                self.comment()
            else:
                return

    def comment(self) -> None:
        following = self.text[self.at + 1 : self.at + 2]
        if following == "*":
            end = self.text.find("*/", self.at + 2)
            if end < 0:
                self.at = len(self.text)
                raise self.fail("Unexpected end while parsing comment.")
            self.line += self.text.count("\n", self.at, end)
            self.at = end + 2
        elif following == "/":
            end = self.text.find("\n", self.at)
            self.at = end if end >= 0 else len(self.text)
        else:
            self.at += 1
            raise self.fail(f"Error parsing comment. Expected: *, got {following}.")

    def document(self, expected: str) -> JToken:
        self.skip()
        if self.at >= len(self.text):
            self.line = 0 if not self.text else self.line
            raise self.fail(f"Error reading {expected} from JsonReader.")
        kind = {"JObject": "{", "JArray": "["}.get(expected)
        if kind is not None and self.peek() != kind:
            self.refuse(expected)
        token = self.value()
        self.skip()
        if self.at < len(self.text):
            self.at += 1
            raise self.fail(f"Additional text encountered after finished reading JSON content: {self.text[self.at - 1]}.", -1)
        return token

    def refuse(self, expected: str) -> None:
        start = self.peek()
        if start in "{[":
            self.at += 1
            name = "StartObject" if start == "{" else "StartArray"
        else:
            token = self.value()
            name = {"Float": "Float", "Integer": "Integer", "Boolean": "Boolean", "Null": "Null", "Date": "Date"}.get(
                token.kind, "String"
            )
        raise self.fail(f"Error reading {expected} from JsonReader. {_EXPECTED[expected].format(name)}.")

    def value(self) -> JToken:
        char = self.peek()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.fail(f"The reader's MaxDepth of {MAX_DEPTH} has been exceeded.")
        try:
            if char == "{":
                return self.object()
            if char == "[":
                return self.array()
            if char in "\"'":
                return wrap(self.string(char))
            return self.primitive()
        finally:
            self.depth -= 1

    def object(self) -> JObject:
        found = JObject()
        self.at += 1
        while True:
            self.skip()
            char = self.peek()
            if char == "}":
                self.at += 1
                return found
            if not char:
                raise self.fail("Unexpected end of content while loading JObject.", 0)
            name = self.name()
            self.path.append(name)
            self.skip()
            if not self.peek():
                raise self.fail("Unexpected end of content while loading JObject.")
            found.put(name, self.value())
            if self.separator("}", "JObject"):
                return found
            self.path.pop()

    def separator(self, closing: str, container: str) -> bool:
        """After a value: True when the container is closed here."""
        self.skip()
        char = self.peek()
        if not char:
            raise self.fail(f"Unexpected end of content while loading {container}.")
        self.at += 1
        if char == closing:
            self.path.pop()
            return True
        if char != ",":
            raise self.fail(f"After parsing a value an unexpected character was encountered: {char}.", -1)
        return False

    def name(self) -> str:
        char = self.peek()
        if char in "\"'":
            name = self.string(char)
        elif char.isalnum() or char in "_$":
            start = self.at
            while self.peek() and (self.peek().isalnum() or self.peek() in "_$"):
                self.at += 1
            name = self.text[start : self.at]
            if not self.peek():
                raise self.fail("Unexpected end while parsing unquoted property name.")
            if not self.peek().isspace() and self.peek() != ":":
                raise self.fail(f"Invalid JavaScript property identifier character: {self.peek()}.")
        else:
            raise self.fail(f"Invalid property identifier character: {char}.")
        self.skip()
        if self.peek() != ":":
            raise self.fail(f"Invalid character after parsing property name. Expected ':' but got: {self.peek()}.")
        self.at += 1
        return name

    def array(self) -> JArray:
        found = JArray()
        self.at += 1
        self.path.append(-1)
        while True:
            self.skip()
            char = self.peek()
            if char == "]":
                self.at += 1
                self.path.pop()
                return found
            if not char:
                raise self.fail("Unexpected end of content while loading JArray.")
            self.path[-1] = len(found)
            if char == ",":
                self.at += 1
                found.append(JValue(None, "Undefined"))
                continue
            found.append(self.value())
            if self.separator("]", "JArray"):
                return found

    def string(self, quote: str) -> str:
        self.at += 1
        out: list[str] = []
        while True:
            char = self.peek()
            if not char:
                raise self.fail(f"Unterminated string. Expected delimiter: {quote}.")
            self.at += 1
            if char == quote:
                return joined("".join(out))
            if char == "\\":
                out.append(self.escape())
                continue
            if char == "\n":
                self.line += 1
                self.line_start = self.at
            out.append(char)

    def escape(self) -> str:
        char = self.peek()
        self.at += 1
        simple = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "\\": "\\", '"': '"', "'": "'", "/": "/"}
        if char in simple:
            return simple[char]
        if char == "u":
            digits = self.text[self.at : self.at + 4]
            if not re.fullmatch(r"[0-9A-Fa-f]{4}", digits):
                if len(digits) < 4:
                    raise self.fail("Unexpected end while parsing unicode character.")
                raise ex.format_error()
            self.at += 4
            return chr(int(digits, 16))
        raise self.fail(f"Bad JSON escape sequence: \\{char}.")

    def primitive(self) -> JToken:
        words = {
            "true": wrap(True), "false": wrap(False), "null": wrap(None), "NaN": wrap(float("nan")),
            "Infinity": wrap(float("inf")), "-Infinity": wrap(float("-inf")), "undefined": JValue(None, "Undefined"),
        }  # fmt: skip
        for word, token in words.items():
            if self.text.startswith(word, self.at):
                self.at += len(word)
                following = self.peek()
                if following and following not in " \t\r\n,]}/":
                    raise self.fail(f"Error parsing {self.kind_of(word)} value.", 0)
                return token
        char = self.peek()
        if char.isdigit() or char in "-.":
            return self.number()
        if char in "tfNIu" or self.text.startswith("nu", self.at):
            raise self.fail(f"Error parsing {self.kind_of(char)} value.")
        raise self.fail(f"Unexpected character encountered while parsing value: {char}.")

    @staticmethod
    def kind_of(word: str) -> str:
        return {"t": "boolean", "f": "boolean", "n": "null", "N": "NaN", "u": "undefined"}.get(word[0], "infinity")

    def number(self) -> JToken:
        found = re.compile(r"[-+0-9.eExXa-fA-F]+").match(self.text, self.at)
        assert found is not None
        text = found[0]
        self.at = found.end()
        following = self.peek()
        if following and following not in " \t\r\n,]}/":
            raise self.fail(f"Unexpected character encountered while parsing number: {following}.")
        try:
            if re.fullmatch(r"0[xX][0-9a-fA-F]+", text):
                return wrap(int(text, 16))
            if re.fullmatch(r"0[0-7]+", text):
                return wrap(int(text, 8))
            if re.fullmatch(r"[-+]?\d+", text):
                return wrap(int(text))
            return wrap(float(Decimal(text)))
        except (ValueError, ArithmeticError):
            raise self.fail(f"Input string '{text}' is not a valid number.") from None
