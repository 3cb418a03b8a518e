"""System.Uri for absolute and relative references (RFC 3986 as .NET reads it)."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, urljoin

from gatelog.policy.dotnet import exceptions as ex
from gatelog.policy.dotnet.encodings import unescape_data
from gatelog.policy.dotnet.metadata import STRING
from gatelog.policy.dotnet.runtime import Array, Instance, string_hash

PORTS: Final = {"http": 80, "https": 443, "ftp": 21, "ws": 80, "wss": 443, "ldap": 389}
_ABSOLUTE: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)", re.DOTALL)
_AUTHORITY: Final = re.compile(r"(?:([^@]*)@)?(\[[^\]]*\]|[^:]*)(?::(\d*))?")


class Uri(Instance):
    """A URI: its text as given and, when absolute, its parts."""

    __slots__ = ("fragment", "host", "original", "path", "port", "query", "scheme", "user")
    NAME = "System.Uri"

    def __init__(self, original: str) -> None:
        self.original = original
        self.scheme = self.host = self.user = self.path = self.query = self.fragment = ""
        self.port = -1

    @property
    def absolute(self) -> bool:
        return bool(self.scheme)

    @property
    def authority(self) -> str:
        return self.host if self.port == PORTS.get(self.scheme, -1) else f"{self.host}:{self.port}"

    def absolute_uri(self) -> str:
        user = f"{self.user}@" if self.user else ""
        slashes = "//" if self.host or self.scheme in (*PORTS, "file") else ""
        return f"{self.scheme}:{slashes}{user}{self.authority}{self.path}{self.query}{self.fragment}"

    def text(self) -> str:
        """The canonical form with harmless escapes undone."""
        if not self.absolute:
            return self.original
        return re.sub(r"(?:%[0-9A-Fa-f]{2})+", _readable, self.absolute_uri())

    def same_value(self, other: Uri) -> bool:
        return self.text() == other.text()

    def hash_code(self) -> int:
        return string_hash(self.text())


def _readable(found: re.Match[str]) -> str:
    text = unescape_data(found[0])
    return "".join(c if c not in '%#?/\\@&=+;:,$ "<>' and c.isprintable() or c in ' "<>' else quote(c, safe="") for c in text)


def read(text: str, *, relative: bool = False) -> Uri:
    """An absolute URI (or, if allowed, a relative one)."""
    uri = Uri(text)
    found = _ABSOLUTE.fullmatch(text.strip())
    if found is None or len(found[1]) < 2:
        if relative:
            return uri
        if not text.strip():
            raise ex.DotNetException("UriFormatException", "Invalid URI: The URI is empty.")
        raise ex.DotNetException("UriFormatException", "Invalid URI: The format of the URI could not be determined.")
    uri.scheme = found[1].lower()
    rest = found[2]
    body, _, fragment = rest.partition("#")
    body, mark, query = body.partition("?")
    uri.fragment = "#" + _escaped(fragment) if "#" in rest else ""
    uri.query = "?" + _escaped(query) if mark else ""
    if body.startswith("//"):
        authority, _, path = body[2:].partition("/")
        _read_authority(uri, authority)
        uri.path = "/" + _escaped(path) if path or uri.scheme in PORTS or "/" in body[2:] else ""
        uri.path = _without_dots(uri.path) if "/." in uri.path else uri.path
    elif uri.scheme in PORTS:
        raise ex.DotNetException("UriFormatException", "Invalid URI: The hostname could not be parsed.")
    else:
        uri.path = _escaped(body)
    return uri


def _read_authority(uri: Uri, authority: str) -> None:
    found = _AUTHORITY.fullmatch(authority)
    if found is None:
        raise ex.DotNetException("UriFormatException", "Invalid URI: Invalid port specified.")
    uri.user, uri.host = found[1] or "", found[2].lower()
    if not uri.host and uri.scheme != "file" or re.search(r"[\s<>\\^`{|}]", uri.host):
        raise ex.DotNetException("UriFormatException", "Invalid URI: The hostname could not be parsed.")
    uri.port = int(found[3]) if found[3] else PORTS.get(uri.scheme, -1)
    if uri.port > 65535:
        raise ex.DotNetException("UriFormatException", "Invalid URI: Invalid port specified.")


def _escaped(text: str) -> str:
    return quote(text, safe="-._~:/?#[]@!$&'()*+,;=%")


def _without_dots(path: str) -> str:
    out: list[str] = []
    parts = path.split("/")
    for part in parts:
        if part == "..":
            if len(out) > 1:
                out.pop()
        elif part != ".":
            out.append(part)
    tail = "" if parts[-1] not in (".", "..") else "/"
    return "/".join(out) + tail if len(out) > 1 else "/"


def make(text: str | None) -> Uri:
    if text is None:
        raise ex.argument_null("uriString")
    return read(text)


def combine(start: Uri | None, relative: str | Uri | None) -> Uri:
    if start is None:
        raise ex.argument_null("baseUri")
    target = relative.original if isinstance(relative, Uri) else relative or ""
    if _ABSOLUTE.fullmatch(target) and len(target.partition(":")[0]) > 1:
        return read(target)
    return read(urljoin(start.absolute_uri(), target))


def try_create(text: str | None, kind: int) -> tuple[bool, Uri | None]:
    """UriKind: 0 either, 1 absolute, 2 relative."""
    if text is None:
        return False, None
    try:
        found = read(text, relative=kind != 1)
    except ex.DotNetException:
        return False, None
    good = not (kind == 2 and found.absolute)
    return good, found if good else None


def part(uri: Uri, value: str | int) -> str | int:
    """A part that only absolute URIs have."""
    if not uri.absolute:
        raise ex.invalid_operation("This operation is not supported for a relative URI.")
    return value


def left_part(uri: Uri, which: int) -> str:
    """UriPartial: scheme, authority, path, query."""
    lead = f"{uri.scheme}://" if uri.host or uri.scheme in PORTS else f"{uri.scheme}:"
    pieces = (lead, f"{uri.user}@{uri.authority}" if uri.user else uri.authority, uri.path, uri.query)
    return "".join(pieces[: which + 1])


def segments(uri: Uri) -> Array:
    """The path's parts, each with its slash."""
    path = str(part(uri, uri.path))
    return Array(STRING, re.findall(r"[^/]*/|[^/]+", path))
