"""Functions over addresses, URLs, paths and versions."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import unquote_plus

from gatelog.kql.kernels.json_text import array, dump, text_of, write

_FOUR = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:/(\d{1,2}))?")
_FOUR_IN_SIX = re.compile(r"::(?:ffff:)?(\d+\.\d+\.\d+\.\d+(?:/\d+)?)", re.IGNORECASE)
_PRIVATE = tuple(ipaddress.IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
_URL = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.\-]*):)?(//([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_IP_IN_TEXT = re.compile(r"(?<![0-9A-Za-z.])(?:\d{1,3}\.){3}\d{1,3}(?![0-9A-Za-z])")


def _ipv4(text: str) -> tuple[int, int] | None:
    """Address and prefix length of an IPv4 text; None when it is none."""
    found = _FOUR.fullmatch(text.strip())
    if found is None:
        return None
    octets = [int(part) for part in found.groups()[:4]]
    prefix = 32 if found[5] is None else int(found[5])
    if max(octets) > 255 or prefix > 32:
        return None
    return int.from_bytes(bytes(octets), "big"), prefix


def _ipv6(text: str) -> tuple[int, int] | None:
    """Address and prefix length of an IPv6 or IPv4 text (IPv4 as mapped address); None when it is none."""
    address, _, suffix = text.strip().partition("/")
    mapped = _FOUR_IN_SIX.fullmatch(text.strip())
    four = _ipv4(mapped[1] if mapped else text)
    if four is not None:
        return (0xFFFF << 32) | four[0], 96 + four[1]
    try:
        value = int(ipaddress.IPv6Address(address))
    except ValueError:
        return None
    if suffix and not (suffix.isdigit() and int(suffix) <= 128):
        return None
    return value, int(suffix) if suffix else 128


def _masked(value: int, prefix: int, bits: int) -> int:
    return value >> (bits - prefix) << (bits - prefix)


def parse_ipv4(text: str) -> int | None:
    """The address as a number, masked by its prefix."""
    found = _ipv4(text)
    return None if found is None else _masked(*found, 32)


def parse_ipv4_mask(text: str, prefix: int | None) -> int | None:
    """The address as a number, masked by the smaller of its own and the given prefix."""
    found = _ipv4(text)
    if found is None or prefix is None or not 0 <= prefix <= 32:
        return None
    return _masked(found[0], min(found[1], prefix), 32)


def parse_ipv6(text: str) -> str | None:
    """The address in its long form, masked by its prefix."""
    found = _ipv6(text)
    return None if found is None else ipaddress.IPv6Address(_masked(*found, 128)).exploded


def parse_ipv6_mask(text: str, prefix: int | None) -> str | None:
    """The address in its long form, masked by the smaller of its own and the given prefix."""
    found = _ipv6(text)
    if found is None or prefix is None or not 0 <= prefix <= 128:
        return None
    return ipaddress.IPv6Address(_masked(found[0], min(found[1], prefix), 128)).exploded


def _compare(one: tuple[int, int] | None, other: tuple[int, int] | None, prefix: int | None, bits: int) -> int | None:
    if one is None or other is None or prefix is None or not 0 <= prefix <= bits:
        return None
    shared = min(one[1], other[1], prefix)
    left, right = _masked(one[0], shared, bits), _masked(other[0], shared, bits)
    return (left > right) - (left < right)


def ipv4_compare(one: str, other: str, prefix: int | None = 32) -> int | None:
    """-1, 0 or 1: the order of two addresses under the smallest prefix."""
    return _compare(_ipv4(one), _ipv4(other), prefix, 32)


def ipv6_compare(one: str, other: str, prefix: int | None = 128) -> int | None:
    """-1, 0 or 1: the order of two addresses under the smallest prefix."""
    return _compare(_ipv6(one), _ipv6(other), prefix, 128)


def ipv4_is_match(one: str, other: str, prefix: int | None = 32) -> bool | None:
    """Whether two addresses are equal under the smallest prefix."""
    order = ipv4_compare(one, other, prefix)
    return None if order is None else order == 0


def ipv6_is_match(one: str, other: str, prefix: int | None = 128) -> bool | None:
    """Whether two addresses are equal under the smallest prefix."""
    order = ipv6_compare(one, other, prefix)
    return None if order is None else order == 0


def ipv4_is_in_range(address: str, block: str) -> bool | None:
    """Whether an address lies in a block."""
    one, other = _ipv4(address), _ipv4(block)
    return None if one is None or other is None else _masked(one[0], other[1], 32) == _masked(*other, 32)


def ipv6_is_in_range(address: str, block: str) -> bool | None:
    """Whether an address lies in a block."""
    one, other = _ipv6(address), _ipv6(block)
    return None if one is None or other is None else _masked(one[0], other[1], 128) == _masked(*other, 128)


def _blocks(blocks: tuple[str | None, ...]) -> list[str]:
    texts: list[str] = []
    for block in blocks:
        items = array(block)
        texts.extend([block or ""] if items is None else [text_of(item) for item in items])
    return texts


def ipv4_is_in_any_range(address: str, *blocks: str | None) -> bool | None:
    """Whether an address lies in one of several blocks, given one by one or as arrays."""
    if _ipv4(address) is None:
        return None
    return any(ipv4_is_in_range(address, block) for block in _blocks(blocks))


def ipv6_is_in_any_range(address: str, *blocks: str | None) -> bool | None:
    """Whether an address lies in one of several blocks, given one by one or as arrays."""
    if _ipv6(address) is None:
        return None
    return any(ipv6_is_in_range(address, block) for block in _blocks(blocks))


def ipv4_is_private(address: str) -> bool | None:
    """Whether an address lies in a private network (RFC 1918); a block when all of it does."""
    found = _ipv4(address)
    if found is None:
        return None
    return any(
        found[1] >= block.prefixlen and _masked(found[0], block.prefixlen, 32) == int(block.network_address) for block in _PRIVATE
    )


def ipv4_netmask_suffix(address: str) -> int | None:
    """The prefix length of an address, 32 when it has none."""
    found = _ipv4(address)
    return None if found is None else found[1]


def format_ipv4(address: str | int | None, prefix: int | None = 32) -> str | None:
    """An address, given as text or number, under a prefix."""
    found = _number_or_text(address)
    if found is None or prefix is None or not 0 <= prefix <= 32:
        return None
    return str(ipaddress.IPv4Address(_masked(found[0], min(found[1], prefix), 32)))


def format_ipv4_mask(address: str | int | None, prefix: int | None = 32) -> str | None:
    """An address, given as text or number, under a prefix, with the prefix behind it."""
    found = _number_or_text(address)
    if found is None or prefix is None or not 0 <= prefix <= 32:
        return None
    shared = min(found[1], prefix)
    return f"{ipaddress.IPv4Address(_masked(found[0], shared, 32))}/{shared}"


def _number_or_text(address: str | int | None) -> tuple[int, int] | None:
    if isinstance(address, int):
        return (address, 32) if 0 <= address < 1 << 32 else None
    return None if address is None else _ipv4(address)


def cidr_list(first: str, last: str) -> str | None:
    """The blocks that cover a range of addresses."""
    one, other = _ipv4(first), _ipv4(last)
    if one is None or other is None or one[0] > other[0]:
        return None
    blocks = ipaddress.summarize_address_range(ipaddress.IPv4Address(one[0]), ipaddress.IPv4Address(other[0]))
    return dump([str(block) for block in blocks])


def has_ipv4(source: str, address: str) -> bool:
    """Whether the text holds the address between delimiters."""
    if _ipv4(address) is None or "/" in address:
        return False
    wanted = _ipv4(address)
    return any(_ipv4(found) == wanted for found in _IP_IN_TEXT.findall(source))


def has_any_ipv4(source: str, *addresses: str | None) -> bool:
    """Whether the text holds one of the addresses."""
    return any(has_ipv4(source, address) for address in _blocks(addresses))


def has_ipv4_prefix(source: str, prefix: str) -> bool:
    """Whether the text holds an address that starts with the prefix (`192.168.` or a whole address)."""
    if _ipv4(prefix) is None and re.fullmatch(r"(\d{1,3}\.){1,3}", prefix) is None:
        return False
    whole = not prefix.endswith(".")
    return any(
        _ipv4(found) is not None and (found == prefix if whole else found.startswith(prefix))
        for found in _IP_IN_TEXT.findall(source)
    )


def has_any_ipv4_prefix(source: str, *prefixes: str | None) -> bool:
    """Whether the text holds an address that starts with one of the prefixes."""
    return any(has_ipv4_prefix(source, prefix) for prefix in _blocks(prefixes))


def parse_url(text: str) -> str | None:
    """The parts of an absolute URL, or of the query of one."""
    found = _URL.fullmatch(text)
    if found is None:
        return None
    scheme, _, authority, path, query, fragment = found.groups()
    user, _, place = (authority or "").rpartition("@")
    name, _, password = user.partition(":")
    host, port = _host_and_port(place)
    return dump(
        {
            "Scheme": scheme or "",
            "Host": host,
            "Port": port,
            "Path": path or "",
            "Username": name,
            "Password": password,
            "Query Parameters": _parameters(query or ""),
            "Fragment": fragment or "",
        }
    )


def _host_and_port(place: str) -> tuple[str, str]:
    found = re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::(\d*))?", place)
    return (found[1], found[2] or "") if found else (place, "")


def _parameters(query: str) -> dict[str, str]:
    slots: dict[str, str] = {}
    for pair in query.split("&"):
        if pair:
            key, _, value = pair.partition("=")
            slots[unquote_plus(key)] = unquote_plus(value)
    return slots


def parse_query(text: str) -> str | None:
    """The parameters of the query of a URL."""
    return write({"Query Parameters": _parameters(text.removeprefix("?"))})


def parse_path(text: str) -> str | None:
    """The parts of a file path."""
    scheme, marked, rest = text.partition("://")
    if not marked:
        scheme, rest = "", text
    drive = re.match(r"[A-Za-z]:", rest)
    root = drive[0] if drive else ""
    cut = max(rest.rfind("/"), rest.rfind("\\"))
    directory, name = (rest[:cut], rest[cut + 1 :]) if cut >= 0 else ("", rest)
    file, _, stream = name.partition(":") if not (drive and cut < 0) else (name, "", "")
    return write(
        {
            "Scheme": scheme,
            "RootPath": root,
            "DirectoryPath": directory,
            "DirectoryName": re.split(r"[/\\]", directory)[-1] if directory else "",
            "Filename": file,
            "Extension": file.rpartition(".")[2] if "." in file else "",
            "AlternateDataStreamName": stream,
        }
    )


def url_decode(text: str) -> str:
    """The text behind percent escapes; `+` is a blank."""
    return unquote_plus(text)
