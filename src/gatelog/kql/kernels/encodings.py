"""Text as URL, base64, compressed bytes or punycode, and back. What cannot be decoded is null."""

from __future__ import annotations

import base64
import binascii
import gzip
import string
import uuid
import zlib

from gatelog.kql.kernels.json_text import array, dump

_LARGEST = 64 * 1024 * 1024
"""Most bytes that decompression gives."""
_PLAIN = frozenset(string.ascii_letters + string.digits + "-_.!*()")


def _escaped(text: str, blank: str) -> str:
    parts = []
    for byte in text.encode():
        character = chr(byte)
        if character in _PLAIN:
            parts.append(character)
        else:
            parts.append(blank if character == " " else f"%{byte:02x}")
    return "".join(parts)


def url_encode(text: str) -> str:
    """The text with everything escaped but letters, digits and -_.!*(); a blank is `+`."""
    return _escaped(text, "+")


def url_encode_component(text: str) -> str:
    """The same, with a blank as `%20`."""
    return _escaped(text, "%20")


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def to_base64(text: str) -> str:
    """UTF-8 bytes of the text as base64."""
    return base64.b64encode(text.encode()).decode()


def from_base64(text: str) -> str | None:
    """The UTF-8 text behind base64; null when it is none."""
    data = _bytes(text)
    try:
        return None if data is None else data.decode()
    except UnicodeDecodeError:
        return None


def array_from_base64(text: str) -> str | None:
    """The bytes behind base64 as an array of numbers."""
    data = _bytes(text)
    return None if data is None else dump(list(data))


def base64_from_array(items: str | None) -> str | None:
    """An array of bytes as base64."""
    values = array(items)
    if values is None or not all(isinstance(value, int) and 0 <= value < 256 for value in values):
        return None
    return base64.b64encode(bytes(values)).decode()


def guid_from_base64(text: str) -> str | None:
    """The GUID whose 16 bytes (first three fields little-endian) are behind base64."""
    data = _bytes(text)
    return str(uuid.UUID(bytes_le=data)) if data is not None and len(data) == 16 else None


def base64_from_guid(guid: str | None) -> str | None:
    """The 16 bytes of a GUID as base64."""
    return None if guid is None else base64.b64encode(uuid.UUID(guid).bytes_le).decode()


def zlib_compress(text: str) -> str:
    """The text compressed by zlib, as base64."""
    return base64.b64encode(zlib.compress(text.encode())).decode()


def gzip_compress(text: str) -> str:
    """The text compressed by gzip, as base64."""
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def decompress(text: str) -> str | None:
    """The text behind base64 of zlib or gzip bytes."""
    data = _bytes(text)
    if not data:
        return None
    try:
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 32).decompress(data, _LARGEST).decode()
    except (zlib.error, UnicodeDecodeError):
        return None


def to_punycode(text: str) -> str:
    """The text in punycode (RFC 3492), without a prefix."""
    return text.encode("punycode").decode()


def from_punycode(text: str) -> str | None:
    """The text behind punycode."""
    try:
        return text.encode("ascii").decode("punycode")
    except (UnicodeError, ValueError):
        return None


def domain_to_punycode(text: str) -> str | None:
    """A domain name whose labels are written in ASCII."""
    try:
        return ".".join(label if label.isascii() else "xn--" + label.encode("punycode").decode() for label in text.split("."))
    except UnicodeError:
        return None


def domain_from_punycode(text: str) -> str | None:
    """A domain name from its labels in ASCII."""
    labels = []
    for label in text.split("."):
        plain = from_punycode(label[4:]) if label.lower().startswith("xn--") else label
        if plain is None:
            return None
        labels.append(plain)
    return ".".join(labels)
