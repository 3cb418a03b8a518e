"""Functions over addresses, URLs and paths, encodings and hashes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gatelog.kql.catalog.rows import Emit, Fragment, Function, signature
from gatelog.kql.catalog.shorthand import BOOL, DYNAMIC, GUID, LONG, STRING, scalar, shows
from gatelog.kql.kernels import encodings, hashing, network
from gatelog.schema.types import KqlType

_HASHED: dict[KqlType, tuple[str, Callable[..., Any]]] = {
    KqlType.STRING: ("VARCHAR", hashing.hash_text),
    KqlType.LONG: ("BIGINT", hashing.hash_long),
    KqlType.TIMESPAN: ("BIGINT", hashing.hash_long),
    KqlType.DATETIME: ("BIGINT", hashing.hash_long),
    KqlType.INT: ("INTEGER", hashing.hash_int),
    KqlType.REAL: ("DOUBLE", hashing.hash_real),
}
_EPOCH_US = 62_135_596_800_000_000


def _hash(emit: Emit, source: Fragment, modulus: Fragment | None = None) -> str:
    if source.type not in _HASHED:
        raise emit.refuse(f"hash() of a {source.type.value} is not supported")
    type, run = _HASHED[source.type]
    text = source.text
    if emit.dialect != "duckdb":
        return _click_hash(emit, source, modulus)
    if source.type is KqlType.DATETIME:
        text = f"((epoch_us({text}) + {_EPOCH_US}) * 10 + {source.tick})"
    return emit.python(
        f"kql_hash_{source.type.value}", run, [type, "BIGINT"], "BIGINT", text, "NULL" if modulus is None else modulus.text
    )


def _click_hash(emit: Emit, source: Fragment, modulus: Fragment | None) -> str:
    if source.type is KqlType.DATETIME:
        raise emit.refuse("hash() of a datetime is not supported on this engine")
    value = f"reinterpretAsInt64(xxHash64({source.text}))"
    if modulus is not None:
        value = f"positiveModulo({value}, {modulus.text})"
    return value if not source.nullable or source.type is KqlType.STRING else f"if({source.text} IS NULL, NULL, {value})"


def _any_text(emit: Emit, ip: Fragment, prefix: Fragment | None = None) -> str:
    return _ipv4_text(emit, "kql_format_ipv4", network.format_ipv4, ip, prefix)


def _any_text_mask(emit: Emit, ip: Fragment, prefix: Fragment | None = None) -> str:
    return _ipv4_text(emit, "kql_format_ipv4_mask", network.format_ipv4_mask, ip, prefix)


def _ipv4_text(emit: Emit, name: str, run: Callable[..., Any], ip: Fragment, prefix: Fragment | None) -> str:
    mask = "32" if prefix is None else prefix.text
    if ip.type in (KqlType.INT, KqlType.LONG):
        return emit.python(f"{name}_number", run, ["BIGINT", "BIGINT"], "VARCHAR", ip.text, mask)
    text = emit.convert(ip, KqlType.STRING).text
    return emit.python(name, run, ["VARCHAR", "BIGINT"], "VARCHAR", text, mask)


def _text(name: str, doc: str, run: Callable[..., Any], expression: str, *values: Any, **more: Any) -> Function:
    """A function from text to text."""
    return scalar(name, "text:string", STRING, doc, python=run, nulls="maybe", examples=(shows(expression, *values),), **more)


FUNCTIONS: tuple[Function, ...] = (
    scalar(
        "parse_ipv4",
        "ip:string",
        LONG,
        "The address as a number, masked by its prefix.",
        python=network.parse_ipv4,
        nulls="maybe",
        examples=(
            shows("parse_ipv4('127.0.0.1'), parse_ipv4('192.1.168.1/24'), parse_ipv4('1.2.3')", 2130706433, 3221334016, None),
        ),
    ),
    scalar(
        "parse_ipv4_mask",
        "ip:string prefix:long",
        LONG,
        "The address as a number, masked.",
        python=network.parse_ipv4_mask,
        nulls="maybe",
        examples=(shows("parse_ipv4_mask('127.0.0.1', 24)", 2130706432),),
    ),
    scalar(
        "parse_ipv6",
        "ip:string",
        STRING,
        "The address in its long form, masked by its prefix.",
        python=network.parse_ipv6,
        nulls="maybe",
        examples=(
            shows(
                "parse_ipv6('127.0.0.1'), parse_ipv6('fe80::85d:e82c:9446:7994/120')",
                "0000:0000:0000:0000:0000:ffff:7f00:0001",
                "fe80:0000:0000:0000:085d:e82c:9446:7900",
            ),
        ),
    ),
    scalar(
        "parse_ipv6_mask",
        "ip:string prefix:long",
        STRING,
        "The address in its long form, masked.",
        python=network.parse_ipv6_mask,
        nulls="maybe",
        examples=(shows("parse_ipv6_mask('fe80::85d:e82c:9446:7994', 120)", "fe80:0000:0000:0000:085d:e82c:9446:7900"),),
    ),
    scalar(
        "ipv4_compare",
        "one:string other:string prefix:long?",
        LONG,
        "-1, 0 or 1: the order of two addresses under a prefix.",
        python=network.ipv4_compare,
        nulls="maybe",
        examples=(
            shows(
                "ipv4_compare('192.168.1.1/24', '192.168.1.255/24'), ipv4_compare('192.168.1.1', '192.168.1.255'), "
                "ipv4_compare('x', '1.1.1.1')",
                0,
                -1,
                None,
            ),
        ),
    ),
    scalar(
        "ipv6_compare",
        "one:string other:string prefix:long?",
        LONG,
        "-1, 0 or 1: the order of two addresses under a prefix.",
        python=network.ipv6_compare,
        nulls="maybe",
        examples=(
            shows(
                "ipv6_compare('fe80::85d:e82c:9446:7994/120', 'fe80::85d:e82c:9446:7998/120'), "
                "ipv6_compare('192.168.1.1', '192.168.1.1')",
                0,
                0,
            ),
        ),
    ),
    scalar(
        "ipv4_is_match",
        "one:string other:string prefix:long?",
        BOOL,
        "Whether two addresses are equal under a prefix.",
        python=network.ipv4_is_match,
        nulls="maybe",
        examples=(
            shows("ipv4_is_match('192.168.1.1/24', '192.168.1.255'), ipv4_is_match('127.0.0.1', '127.0.0.2')", True, False),
        ),
    ),
    scalar(
        "ipv6_is_match",
        "one:string other:string prefix:long?",
        BOOL,
        "Whether two addresses are equal under a prefix.",
        python=network.ipv6_is_match,
        nulls="maybe",
        examples=(shows("ipv6_is_match('fe80::85d:e82c:9446:7994', 'fe80::85d:e82c:9446:7995', 120)", True),),
    ),
    scalar(
        "ipv4_is_in_range",
        "ip:string block:string",
        BOOL,
        "Whether an address lies in a block.",
        python=network.ipv4_is_in_range,
        nulls="maybe",
        examples=(
            shows("ipv4_is_in_range('192.168.1.6', '192.168.1.1/24'), ipv4_is_in_range('127.0.0.1', '127.0.0.2')", True, False),
        ),
    ),
    scalar(
        "ipv6_is_in_range",
        "ip:string block:string",
        BOOL,
        "Whether an address lies in a block.",
        python=network.ipv6_is_in_range,
        nulls="maybe",
        examples=(
            shows(
                "ipv6_is_in_range('a5e:f127:8a9d:146d:e102:b5d3:c755:abcd', 'a5e:f127:8a9d:146d:e102:b5d3:c755:abcd/112')", True
            ),
        ),
    ),
    scalar(
        "ipv4_is_in_any_range",
        (
            signature("ip:string blocks:string+", BOOL, python=network.ipv4_is_in_any_range),
            signature("ip:string blocks:dynamic", BOOL, python=network.ipv4_is_in_any_range),
        ),
        BOOL,
        "Whether an address lies in one of several blocks.",
        nulls="maybe",
        examples=(
            shows(
                "ipv4_is_in_any_range('192.168.1.6', '192.168.1.1/24', '10.0.0.1/8'), "
                "ipv4_is_in_any_range('1.1.1.1', dynamic(['10.0.0.1/8']))",
                True,
                False,
            ),
        ),
    ),
    scalar(
        "ipv6_is_in_any_range",
        (
            signature("ip:string blocks:string+", BOOL, python=network.ipv6_is_in_any_range),
            signature("ip:string blocks:dynamic", BOOL, python=network.ipv6_is_in_any_range),
        ),
        BOOL,
        "Whether an address lies in one of several blocks.",
        nulls="maybe",
        examples=(shows("ipv6_is_in_any_range('a5e:f127::1', dynamic(['a5e:f127::/112', '0:0::/64']))", True),),
    ),
    scalar(
        "ipv4_is_private",
        "ip:string",
        BOOL,
        "Whether an address lies in a private network.",
        python=network.ipv4_is_private,
        nulls="maybe",
        examples=(
            shows(
                "ipv4_is_private('192.168.1.1/24'), ipv4_is_private('10.1.2.3'), ipv4_is_private('202.1.2.3')", True, True, False
            ),
        ),
    ),
    scalar(
        "ipv4_netmask_suffix",
        "ip:string",
        LONG,
        "The prefix length of an address.",
        python=network.ipv4_netmask_suffix,
        nulls="maybe",
        examples=(shows("ipv4_netmask_suffix('192.168.1.1/24'), ipv4_netmask_suffix('1.1.1.1')", 24, 32),),
    ),
    scalar(
        "ipv4_range_to_cidr_list",
        "first:string last:string",
        DYNAMIC,
        "The blocks that cover a range of addresses.",
        python=network.cidr_list,
        nulls="maybe",
        examples=(
            shows("ipv4_range_to_cidr_list('1.1.128.0', '1.1.140.255')", '["1.1.128.0/21","1.1.136.0/22","1.1.140.0/24"]'),
        ),
    ),
    scalar(
        "format_ipv4",
        "ip:any prefix:long?",
        STRING,
        "An address, given as text or number, under a prefix.",
        _any_text,
        nulls="maybe",
        examples=(shows("format_ipv4('192.168.1.255', 24), format_ipv4(3232236031)", "192.168.1.0", "192.168.1.255"),),
    ),
    scalar(
        "format_ipv4_mask",
        "ip:any prefix:long?",
        STRING,
        "The same, with the prefix behind it.",
        _any_text_mask,
        nulls="maybe",
        examples=(
            shows("format_ipv4_mask('192.168.1.255', 24), format_ipv4_mask(3232236031, 24)", "192.168.1.0/24", "192.168.1.0/24"),
        ),
    ),
    scalar(
        "has_ipv4",
        "source:string ip:string",
        BOOL,
        "Whether the text holds an address.",
        python=network.has_ipv4,
        nulls="never",
        examples=(
            shows(
                "has_ipv4('05:04:54 127.0.0.1 GET /favicon.ico 404', '127.0.0.1'), has_ipv4('127.0.0.256 GET', '127.0.0.256')",
                True,
                False,
            ),
        ),
    ),
    scalar(
        "has_ipv4_prefix",
        "source:string prefix:string",
        BOOL,
        "Whether the text holds an address with a prefix.",
        python=network.has_ipv4_prefix,
        nulls="never",
        examples=(
            shows("has_ipv4_prefix('05:04:54 127.0.0.1 GET', '127.0.'), has_ipv4_prefix('10.1.1.1', '127.0.')", True, False),
        ),
    ),
    scalar(
        "has_any_ipv4",
        (
            signature("source:string ips:string+", BOOL, python=network.has_any_ipv4),
            signature("source:string ips:dynamic", BOOL, python=network.has_any_ipv4),
        ),
        BOOL,
        "Whether the text holds one of several addresses.",
        nulls="never",
        examples=(shows("has_any_ipv4('05:04:54 127.0.0.1 GET', '127.0.0.2', '127.0.0.1')", True),),
    ),
    scalar(
        "has_any_ipv4_prefix",
        (
            signature("source:string prefixes:string+", BOOL, python=network.has_any_ipv4_prefix),
            signature("source:string prefixes:dynamic", BOOL, python=network.has_any_ipv4_prefix),
        ),
        BOOL,
        "Whether the text holds an address with one of several prefixes.",
        nulls="never",
        examples=(shows("has_any_ipv4_prefix('05:04:54 127.0.0.1 GET', dynamic(['127.0.', '192.168.']))", True),),
    ),
    scalar(
        "parse_url",
        "url:string",
        DYNAMIC,
        "The parts of a URL.",
        python=network.parse_url,
        aliases=("parseurl",),
        nulls="maybe",
        examples=(
            shows(
                "parse_url('scheme://username:password@host:1234/this/is/a/path?k1=v1&k2=v2#fragment')",
                '{"Scheme":"scheme","Host":"host","Port":"1234","Path":"/this/is/a/path","Username":"username","Password":"password",'
                '"Query Parameters":{"k1":"v1","k2":"v2"},"Fragment":"fragment"}',
            ),
        ),
    ),
    scalar(
        "parse_urlquery",
        "query:string",
        DYNAMIC,
        "The parameters of the query of a URL.",
        python=network.parse_query,
        aliases=("parseurlquery",),
        nulls="maybe",
        examples=(shows("parse_urlquery('k1=v1&k2=v2')", '{"Query Parameters":{"k1":"v1","k2":"v2"}}'),),
    ),
    scalar(
        "parse_path",
        "path:string",
        DYNAMIC,
        "The parts of a file path.",
        python=network.parse_path,
        nulls="maybe",
        examples=(
            shows(
                r"parse_path(@'C:\temp\file.txt')",
                r'{"Scheme":"","RootPath":"C:","DirectoryPath":"C:\\temp","DirectoryName":"temp","Filename":"file.txt","Extension":"txt",'
                '"AlternateDataStreamName":""}',
            ),
            shows(
                "parse_path('file://C:/temp/file.txt:some.exe')",
                '{"Scheme":"file","RootPath":"C:","DirectoryPath":"C:/temp","DirectoryName":"temp","Filename":"file.txt","Extension":"txt",'
                '"AlternateDataStreamName":"some.exe"}',
            ),
        ),
    ),
    _text(
        "url_encode",
        "The text escaped for the query of a URL.",
        encodings.url_encode,
        "url_encode('https://www.bing.com/hello world')",
        "https%3a%2f%2fwww.bing.com%2fhello+world",
    ),
    _text(
        "url_encode_component",
        "The text escaped for a part of a URL.",
        encodings.url_encode_component,
        "url_encode_component('https://www.bing.com/hello world')",
        "https%3a%2f%2fwww.bing.com%2fhello%20world",
    ),
    _text(
        "url_decode",
        "The text behind escapes.",
        network.url_decode,
        "url_decode('https%3a%2f%2fwww.bing.com%2f')",
        "https://www.bing.com/",
    ),
    scalar(
        "base64_encode_tostring",
        "text:string",
        STRING,
        "The text as base64.",
        "base64(encode({0}))",
        "base64Encode({0})",
        aliases=("base64_encodestring",),
        examples=(shows("base64_encode_tostring('Kusto')", "S3VzdG8="),),
    ),
    _text(
        "base64_decode_tostring",
        "The text behind base64.",
        encodings.from_base64,
        "base64_decode_tostring('S3VzdG8=')",
        "Kusto",
        aliases=("base64_decodestring",),
    ),
    scalar(
        "base64_decode_toarray",
        "text:string",
        DYNAMIC,
        "The bytes behind base64.",
        python=encodings.array_from_base64,
        nulls="maybe",
        examples=(shows("base64_decode_toarray('S3VzdG8=')", "[75,117,115,116,111]"),),
    ),
    scalar(
        "base64_encode_fromarray",
        "bytes:dynamic",
        STRING,
        "An array of bytes as base64.",
        python=encodings.base64_from_array,
        nulls="maybe",
        examples=(shows("base64_encode_fromarray(dynamic([75, 117, 115, 116, 111]))", "S3VzdG8="),),
    ),
    scalar(
        "base64_decode_toguid",
        "text:string",
        GUID,
        "The GUID behind base64.",
        python=encodings.guid_from_base64,
        nulls="maybe",
        examples=(shows("base64_decode_toguid('JpbpECu8dUy7Pv5gbeJXAA==')", "10e99626-bc2b-4c75-bb3e-fe606de25700"),),
    ),
    scalar(
        "base64_encode_fromguid",
        "guid:guid",
        STRING,
        "A GUID as base64.",
        python=encodings.base64_from_guid,
        nulls="maybe",
        examples=(shows("base64_encode_fromguid(toguid('ae3133f2-6e22-49ae-b06a-16e6a9b212eb'))", "8jMxriJurkmwahbmqbIS6w=="),),
    ),
    _text(
        "zlib_compress_to_base64_string",
        "The text compressed by zlib, as base64.",
        encodings.zlib_compress,
        "zlib_decompress_from_base64_string(zlib_compress_to_base64_string('hello'))",
        "hello",
    ),
    _text(
        "zlib_decompress_from_base64_string",
        "The text behind zlib and base64.",
        encodings.decompress,
        "zlib_decompress_from_base64_string('eJwLSS0uUSguKcrMS1cwNDIGACxqBQ4=')",
        "Test string 123",
    ),
    _text(
        "gzip_compress_to_base64_string",
        "The text compressed by gzip, as base64.",
        encodings.gzip_compress,
        "gzip_decompress_from_base64_string(gzip_compress_to_base64_string('hello'))",
        "hello",
    ),
    _text(
        "gzip_decompress_from_base64_string",
        "The text behind gzip and base64.",
        encodings.decompress,
        "gzip_decompress_from_base64_string('H4sIAAAAAAAA/wEUAOv/MTIzNDU2Nzg5MHF3ZXJ0eXVpb3A6m7f2FAAAAA==')",
        "1234567890qwertyuiop",
    ),
    _text(
        "punycode_from_string",
        "The text in punycode.",
        encodings.to_punycode,
        "punycode_from_string('académie-française')",
        "acadmie-franaise-npb1a",
    ),
    _text(
        "punycode_to_string",
        "The text behind punycode.",
        encodings.from_punycode,
        "punycode_to_string('acadmie-franaise-npb1a')",
        "académie-française",
    ),
    _text(
        "punycode_domain_from_string",
        "A domain name in ASCII.",
        encodings.domain_to_punycode,
        "punycode_domain_from_string('www.bücher.example')",
        "www.xn--bcher-kva.example",
    ),
    _text(
        "punycode_domain_to_string",
        "A domain name from ASCII.",
        encodings.domain_from_punycode,
        "punycode_domain_to_string('www.xn--bcher-kva.example')",
        "www.bücher.example",
    ),
    scalar(
        "hash",
        "source:any mod:long?",
        LONG,
        "xxHash64 of the value, or its remainder.",
        _hash,
        _hash,
        aliases=("hash_xxhash64",),
        nulls="maybe",
        examples=(
            shows("hash('World'), hash('World', 100), hash(datetime(2015-01-01))", 1846988464401551951, 51, 1380966698541616202),
        ),
    ),
    scalar(
        "hash_md5",
        "source:text",
        STRING,
        "MD5 of the text of the value.",
        "md5({0})",
        "lower(hex(MD5({0})))",
        examples=(
            shows(
                "hash_md5('World'), hash_md5(datetime(2020-01-01))",
                "f5a7924e621e84c9280a9a27e1bcb7f6",
                "786c530672d1f8db31fee25ea8a9390b",
            ),
        ),
    ),
    scalar(
        "hash_sha1",
        "source:text",
        STRING,
        "SHA-1 of the text of the value.",
        "sha1({0})",
        "lower(hex(SHA1({0})))",
        examples=(shows("hash_sha1('World')", "70c07ec18ef89c5309bbb0937f3a6342411e1fdd"),),
    ),
    scalar(
        "hash_sha256",
        "source:text",
        STRING,
        "SHA-256 of the text of the value.",
        "sha256({0})",
        "lower(hex(SHA256({0})))",
        examples=(shows("hash_sha256('World')", "78ae647dc5544d227130a0682a51e30bc7777fbb6d8a8f17007463a3ecd1d524"),),
    ),
)
