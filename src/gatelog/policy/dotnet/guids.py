"""System.Guid."""

from __future__ import annotations

import re
from typing import Final

from gatelog.policy.dotnet import exceptions as ex
from gatelog.policy.dotnet.numbers import wrap
from gatelog.policy.dotnet.runtime import Instance


class Guid(Instance):
    """A GUID as its 32 lower-case hexadecimal digits."""

    __slots__ = ("digits",)
    NAME = "System.Guid"

    def __init__(self, digits: str) -> None:
        self.digits = digits

    def text(self) -> str:
        d = self.digits
        return f"{d[:8]}-{d[8:12]}-{d[12:16]}-{d[16:20]}-{d[20:]}"

    def same_value(self, other: Guid) -> bool:
        return self.digits == other.digits

    def hash_code(self) -> int:
        """.NET Framework: a ^ ((b << 16) | c) ^ ((f << 24) | k)."""
        data = bytes.fromhex(self.digits)
        a, b, c = int.from_bytes(data[:4]), int.from_bytes(data[4:6]), int.from_bytes(data[6:8])
        return wrap(a ^ (b << 16 | c) ^ (data[10] << 24 | data[15]), 32)


EMPTY: Final = Guid("0" * 32)
_FORMS: Final = {
    "N": re.compile(r"[0-9a-fA-F]{32}"),
    "D": re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "B": re.compile(r"\{[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}"),
    "P": re.compile(r"\([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\)"),
    "X": re.compile(r"\{0x[0-9a-fA-F]{1,8}(,0x[0-9a-fA-F]{1,4}){2},\{0x[0-9a-fA-F]{1,2}(,0x[0-9a-fA-F]{1,2}){7}\}\}"),
}


def read(text: str | None) -> Guid | None:
    """The GUID that `text` writes in one of the forms N, D, B, P, X."""
    stripped = (text or "").strip()
    if _FORMS["X"].fullmatch(stripped):
        parts = re.findall(r"0x([0-9a-fA-F]+)", stripped)
        widths = (8, 4, 4, *[2] * 8)
        return Guid("".join(p.lower().zfill(w) for p, w in zip(parts, widths, strict=True)))
    if any(_FORMS[form].fullmatch(stripped) for form in "NDBP"):
        return Guid(re.sub(r"[{}()-]", "", stripped).lower())
    return None


def parse(text: str | None) -> Guid:
    if text is None:
        raise ex.argument_null("input")
    found = read(text)
    if found is None:
        if not re.fullmatch(r"\s*", text):
            message = "Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx)."
            raise ex.format_error(
                message if "-" in text or len(text.strip()) != 32 else "Guid string should only contain hexadecimal characters."
            )
        raise ex.format_error("Unrecognized Guid format.")
    return found


def make(text: str | None) -> Guid:
    if text is None:
        raise ex.argument_null("g")
    return parse(text)


def try_parse(text: str | None) -> tuple[bool, Guid]:
    found = read(text)
    return found is not None, found or EMPTY


def parse_exact(text: str | None, form: str | None) -> Guid:
    if text is None or form is None:
        raise ex.argument_null("input" if text is None else "format")
    pattern = _FORMS.get(form.upper() or "D")
    if pattern is None:
        raise ex.format_error('Format String can be only "D", "d", "N", "n", "P", "p", "B", "b", "X" or "x".')
    if not pattern.fullmatch(text.strip()):
        raise ex.format_error("Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx).")
    return parse(text)


def format_guid(value: Guid, form: str | None) -> str:
    letter = (form or "D").upper()
    dashed = value.text()
    if letter == "X":
        d = value.digits
        tail = ",".join(f"0x{d[i : i + 2]}" for i in range(16, 32, 2))
        return f"{{0x{d[:8]},0x{d[8:12]},0x{d[12:16]},{{{tail}}}}}"
    forms = {"D": dashed, "N": value.digits, "B": f"{{{dashed}}}", "P": f"({dashed})"}
    if letter not in forms:
        raise ex.format_error('Format String can be only "D", "d", "N", "n", "P", "p", "B", "b", "X" or "x".')
    return forms[letter]


def to_bytes(value: Guid) -> bytearray:
    """The first three parts little-endian."""
    data = bytes.fromhex(value.digits)
    return bytearray(data[3::-1] + data[5:3:-1] + data[7:5:-1] + data[8:])


def from_bytes(data: bytearray | None) -> Guid:
    if data is None:
        raise ex.argument_null("b")
    if len(data) != 16:
        raise ex.argument("Byte array for GUID must be exactly 16 bytes long.", "b")
    raw = bytes(data)
    return Guid((raw[3::-1] + raw[5:3:-1] + raw[7:5:-1] + raw[8:]).hex())


def compare(left: Guid, right: Guid) -> int:
    return (left.digits > right.digits) - (left.digits < right.digits)
