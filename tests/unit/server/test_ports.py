"""A port in use is one clear line before anything starts."""

from __future__ import annotations

import socket

import pytest

from gatelog.config import Address
from gatelog.server.ports import AddressInUse, claim


def test_zero_becomes_a_free_port() -> None:
    assert claim(Address("127.0.0.1", 0), "--gateway").port > 0


def test_a_port_in_use_names_the_setting_to_change() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        port = other.getsockname()[1]
        with pytest.raises(AddressInUse, match=rf"127.0.0.1:{port} is in use; .* with --api HOST:PORT"):
            claim(Address("127.0.0.1", port), "--api")


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(AddressInUse, match="cannot listen on 192.0.2.1:0"):
        claim(Address("192.0.2.1", 0), "--gateway")
