"""Claims the listeners' addresses before any process starts, so that a port in use is one clear line."""

from __future__ import annotations

import errno
import socket
from dataclasses import replace

from gatelog.config import Address
from gatelog.errors import GatelogError


class AddressInUse(GatelogError):
    """Somebody else listens there, or the address is not this machine's."""


def claim(address: Address, setting: str) -> Address:
    """The address with its port decided (0 becomes a free one). Raises `AddressInUse` that names the setting to change."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
            probe.listen(1)
        except OSError as error:
            raise AddressInUse(_explain(address, setting, error)) from error
        return replace(address, port=probe.getsockname()[1])


def _explain(address: Address, setting: str, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{address} is in use; stop the program that listens there, or choose another with {setting} HOST:PORT"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"no permission to listen on {address}; choose a port above 1023 with {setting} HOST:PORT"
    return f"cannot listen on {address}: {error.strerror}; choose another with {setting} HOST:PORT"
