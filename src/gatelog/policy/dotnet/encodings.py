"""Text and bytes: System.Text.Encoding, base64, URL and HTML escaping (Uri, WebUtility)."""

from __future__ import annotations

import base64
import binascii
import html
import re
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from gatelog.policy.dotnet import exceptions as ex
from gatelog.policy.dotnet.runtime import Instance, joined, units

_CODECS: Final = {
    "utf-8": "utf-8", "us-ascii": "ascii", "utf-16": "utf-16-le", "utf-16be": "utf-16-be", "utf-32": "utf-32-le",
    "iso-8859-1": "latin-1", "windows-1252": "cp1252", "utf-7": "utf-7",
}  # fmt: skip


class Encoding(Instance):
    """A text encoding by its web name."""

    __slots__ = ("web_name",)
    NAME = "System.Text.Encoding"

    def __init__(self, web_name: str) -> None:
        self.web_name = web_name

    def text(self) -> str:
        return {"utf-8": "System.Text.UTF8Encoding", "us-ascii": "System.Text.ASCIIEncoding"}.get(
            self.web_name, "System.Text.UnicodeEncoding" if self.web_name.startswith("utf-16") else "System.Text.Encoding"
        )


UTF8: Final = Encoding("utf-8")
ASCII: Final = Encoding("us-ascii")
UNICODE: Final = Encoding("utf-16")
BIG_ENDIAN: Final = Encoding("utf-16BE")
UTF32: Final = Encoding("utf-32")
LATIN1: Final = Encoding("iso-8859-1")
UTF7: Final = Encoding("utf-7")


def by_name(name: str | None) -> Encoding:
    if name is None:
        raise ex.argument_null("name")
    alias = {"utf8": "utf-8", "ascii": "us-ascii", "latin1": "iso-8859-1", "unicode": "utf-16", "utf-16le": "utf-16"}
    known = alias.get(name.lower(), name.lower())
    if known not in _CODECS:
        raise ex.argument(
            f"'{name}' is not a supported encoding name. For information on defining a custom encoding, see the documentation "
            "for the Encoding.RegisterProvider method.",
            "name",
        )
    return Encoding(known)


def by_code_page(page: int) -> Encoding:
    names = {
        65001: "utf-8",
        20127: "us-ascii",
        1200: "utf-16",
        1201: "utf-16BE",
        28591: "iso-8859-1",
        1252: "windows-1252",
        12000: "utf-32",
    }
    if page not in names:
        raise ex.not_supported(f"No data is available for encoding {page}.")
    return Encoding(names[page])


def get_bytes(encoding: Encoding, text: str | None) -> bytearray:
    if text is None:
        raise ex.argument_null("s")
    codec = _CODECS[encoding.web_name.lower()]
    if codec in ("ascii", "latin-1", "cp1252"):
        return bytearray(units(text).encode(codec, "replace"))
    if codec == "utf-8":
        try:
            return bytearray(text.encode())
        except UnicodeEncodeError:
            return bytearray(re.sub("[\ud800-\udfff]", "\ufffd", text).encode())
    return bytearray(text.encode(codec, "surrogatepass"))


def get_string(encoding: Encoding, data: bytearray | None) -> str:
    if data is None:
        raise ex.argument_null("bytes")
    codec = _CODECS[encoding.web_name.lower()]
    if codec == "ascii":
        return "".join(chr(b) if b < 128 else "?" for b in data)
    return joined(bytes(data).decode(codec, "replace"))


def get_string_range(encoding: Encoding, data: bytearray | None, start: int, count: int) -> str:
    if data is None:
        raise ex.argument_null("bytes")
    if start < 0 or count < 0:
        raise ex.out_of_range("index" if start < 0 else "count", "Non-negative number required.")
    if start + count > len(data):
        raise ex.out_of_range("bytes", "Index and count must refer to a location within the buffer.")
    return get_string(encoding, data[start : start + count])


_BASE64_ERROR: Final = (
    "The input is not a valid Base-64 string as it contains a non-base 64 character, more than two padding characters, "
    "or an illegal character among the padding characters. "
)
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]*={0,2}")


def base64_text(data: bytearray | bytes | None) -> str:
    if data is None:
        raise ex.argument_null("inArray")
    return binascii.b2a_base64(bytes(data), newline=False).decode()


def base64_bytes(text: str | None) -> bytearray:
    if text is None:
        raise ex.argument_null("s")
    packed = re.sub(r"[ \t\r\n]", "", text)
    if not _BASE64.fullmatch(packed):
        raise ex.format_error(_BASE64_ERROR)
    if len(packed) % 4:
        raise ex.format_error("Invalid length for a Base-64 char array or string.")
    return bytearray(base64.b64decode(packed))


_UNRESERVED: Final = "-._~"


def escape_data(text: str | None) -> str:
    """`Uri.EscapeDataString`: RFC 3986, everything but letters, digits and `-._~`."""
    if text is None:
        raise ex.argument_null("stringToEscape")
    return quote(re.sub("[\ud800-\udfff]", "\ufffd", text), safe=_UNRESERVED)


def escape_uri(text: str | None) -> str:
    """`Uri.EscapeUriString`: reserved characters stay."""
    if text is None:
        raise ex.argument_null("stringToEscape")
    return quote(text, safe="-._~:/?#[]@!$&'()*+,;=%" if re.search(r"%[0-9A-Fa-f]{2}", text) else "-._~:/?#[]@!$&'()*+,;=")


def unescape_data(text: str | None) -> str:
    """`Uri.UnescapeDataString`: bad sequences stay as they are."""
    if text is None:
        raise ex.argument_null("stringToUnescape")
    return re.sub(r"(?:%[0-9A-Fa-f]{2})+", _decode_run, text)


def _decode_run(found: re.Match[str]) -> str:
    data = unquote_to_bytes(found[0])
    try:
        return data.decode()
    except UnicodeDecodeError:
        return "".join(
            c if not "\udc80" <= c <= "\udcff" else f"%{ord(c) - 0xDC00:02X}" for c in data.decode(errors="surrogateescape")
        )


def url_encode(text: str | None) -> str | None:
    """`WebUtility.UrlEncode`: form encoding; `!*()-._` stay, space is `+`."""
    if text is None:
        return None
    return re.sub("~", "%7E", quote(re.sub("[\ud800-\udfff]", "\ufffd", text), safe=" -._!*()")).replace(" ", "+")


def url_decode(text: str | None) -> str | None:
    if text is None:
        return None
    return re.sub(r"(?:%[0-9A-Fa-f]{2})+", lambda m: unquote_to_bytes(m[0]).decode(errors="replace"), text.replace("+", " "))


def html_encode(text: str | None) -> str | None:
    """`WebUtility.HtmlEncode`: `& < > " '`, Latin-1 from U+00A0 and astral characters as numbers."""
    if text is None:
        return None
    named = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
    return "".join(named.get(c) or (f"&#{ord(c)};" if "\xa0" <= c <= "\xff" or c > "\uffff" else c) for c in text)


def html_decode(text: str | None) -> str | None:
    if text is None:
        return None
    return re.sub(r"&(#[xX][0-9A-Fa-f]+|#\d+|\w+);", lambda m: html.unescape(m[0]), text)
