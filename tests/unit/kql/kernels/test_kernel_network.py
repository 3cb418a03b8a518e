from __future__ import annotations

import orjson
import pytest

from gatelog.kql.kernels import network


def test_ipv4_numbers() -> None:
    assert network.parse_ipv4("127.0.0.1") == 2130706433
    assert network.parse_ipv4("192.1.168.1/24") == 3221334016
    assert [network.parse_ipv4(text) for text in ("1.2.3", "1.2.3.256", "1.2.3.4/33", "")] == [None] * 4
    assert network.parse_ipv4_mask("127.0.0.1", 24) == 2130706432
    assert network.parse_ipv4_mask("127.0.0.1", 40) is None


def test_comparison_under_the_smallest_prefix() -> None:
    assert network.ipv4_compare("192.168.1.1/24", "192.168.1.255/30", 32) == 0
    assert network.ipv4_compare("192.168.1.1", "192.168.1.255") == -1
    assert network.ipv4_is_match("192.168.1.1", "192.168.1.255", 24) is True
    assert network.ipv4_is_match("x", "1.1.1.1") is None
    assert network.ipv6_compare("192.168.1.1", "::ffff:192.168.1.1") == 0
    assert network.ipv6_is_match("fe80::1", "fe80::2", 64) is True


def test_ranges() -> None:
    assert network.ipv4_is_in_range("192.168.1.6", "192.168.1.1/24") is True
    assert network.ipv4_is_in_any_range("10.1.1.1", '["192.168.0.0/16","10.0.0.0/8"]') is True
    assert network.ipv4_is_in_any_range("10.1.1.1", "192.168.0.0/16", "11.0.0.0/8") is False
    assert network.ipv6_is_in_any_range("a5e::1", '["a5e::/16"]') is True
    assert [network.ipv4_is_private(ip) for ip in ("10.1.1.1", "172.32.0.1", "192.168.0.1/24", "10.0.0.0/7", "x")] == [
        True,
        False,
        True,
        False,
        None,
    ]


def test_writing_addresses() -> None:
    assert network.format_ipv4("192.168.1.255", 24) == "192.168.1.0"
    assert network.format_ipv4_mask(3232236031, 24) == "192.168.1.0/24"
    assert network.format_ipv4(-1) is None
    assert network.parse_ipv6("fe80::1/64") == "fe80:0000:0000:0000:0000:0000:0000:0000"
    assert network.parse_ipv6_mask("127.0.0.1", 128) == "0000:0000:0000:0000:0000:ffff:7f00:0001"
    assert network.cidr_list("1.1.1.0", "1.1.1.255") == '["1.1.1.0/24"]'
    assert network.cidr_list("1.1.1.9", "1.1.1.1") is None
    assert network.ipv4_netmask_suffix("1.1.1.1/8") == 8


@pytest.mark.parametrize(
    ("source", "found"),
    [("a 127.0.0.1 b", True), ("(127.0.0.1)", True), ("127.0.0.11", False), ("05:04:54127.0.0.1", False), ("1127.0.0.1", False)],
)
def test_addresses_inside_text(source: str, found: bool) -> None:
    assert network.has_ipv4(source, "127.0.0.1") is found


def test_no_address_is_never_found() -> None:
    assert network.has_ipv4("127.0.0.256", "127.0.0.256") is False
    assert network.has_ipv4_prefix("10.1.2.3", "10.1.") is True
    assert network.has_ipv4_prefix("10.1.2.3", "10.1") is False
    assert network.has_any_ipv4("1.1.1.1", '["2.2.2.2","1.1.1.1"]') is True
    assert network.has_any_ipv4_prefix("1.1.1.1", "2.", "3.") is False


def test_url_parts() -> None:
    parts = orjson.loads(network.parse_url("scheme://user:pass@host:1234/a/b?k1=v1&k2=v%202#frag") or "")
    assert parts == {
        "Scheme": "scheme",
        "Host": "host",
        "Port": "1234",
        "Path": "/a/b",
        "Username": "user",
        "Password": "pass",
        "Query Parameters": {"k1": "v1", "k2": "v 2"},
        "Fragment": "frag",
    }
    assert orjson.loads(network.parse_url("https://[::1]:8080/") or "")["Host"] == "[::1]"
    assert network.parse_query("?a=1&b") == '{"Query Parameters":{"a":"1","b":""}}'


def test_path_parts() -> None:
    parts = orjson.loads(network.parse_path("/usr/lib/temp/file.tar.gz") or "")
    assert (parts["DirectoryPath"], parts["DirectoryName"], parts["Filename"], parts["Extension"]) == (
        "/usr/lib/temp",
        "temp",
        "file.tar.gz",
        "gz",
    )
    assert orjson.loads(network.parse_path("file://C:/temp/f.txt:some.exe") or "")["AlternateDataStreamName"] == "some.exe"
