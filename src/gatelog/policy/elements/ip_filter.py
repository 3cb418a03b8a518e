"""`ip-filter`: calls from some addresses only, or from all others."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from gatelog.policy.parts import attribute, nodes, texts
from gatelog.policy.slots import LINE, Slot, one_of
from gatelog.policy.statement import Part, Statement, Steps
from gatelog.record.exchange import Exchange

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRange(Part):
    """Addresses from one to another, both included."""

    from_: Slot[str] = attribute(LINE, required=True, doc="first address")
    to: Slot[str] = attribute(LINE, required=True, doc="last address")


@dataclass(frozen=True, slots=True, kw_only=True)
class IpFilter(Statement):
    """Allow or forbid callers by their IP address."""

    action: Slot[str] = attribute(one_of("allow", "forbid"), required=True, doc="what happens to the addresses")
    addresses: tuple[Slot[str], ...] = texts("address", doc="one address, or a network such as `10.0.0.0/8`")
    ranges: tuple[AddressRange, ...] = nodes("address-range", AddressRange, doc="a range of addresses")

    def run(self, exchange: Exchange) -> Steps:
        try:
            caller = _plain(ip_address(exchange.client_ip))
        except ValueError:
            self._refuse("FailedToParseCallerIP", "Failed to establish IP address for the caller. Access denied.")
        listed = self._lists(caller, exchange)
        allow = self.action(exchange) == "allow"
        if allow and not listed:
            self._refuse("CallerIpNotAllowed", f"Caller IP address {exchange.client_ip} is not allowed. Access denied.")
        if not allow and listed:
            self._refuse("CallerIpBlocked", "Caller IP address is blocked. Access denied.")
        return None

    def _refuse(self, reason: str, message: str) -> None:
        raise self.error(reason, message, status=403, body_message="Forbidden")

    def _lists(self, caller: Address, exchange: Exchange) -> bool:
        try:
            for slot in self.addresses:
                network = ip_network(slot(exchange), strict=False)
                if caller.version == network.version and caller in network:
                    return True
            for entry in self.ranges:
                first, last = ip_address(entry.from_(exchange)), ip_address(entry.to(exchange))
                if caller.version == first.version == last.version and int(first) <= int(caller) <= int(last):
                    return True
        except ValueError as error:
            raise self.error("InvalidAddress", f"an address of ip-filter is not valid: {error}") from error
        return False


def _plain(address: Address) -> Address:
    """IPv4 callers of a dual-stack socket arrive as mapped IPv6 addresses."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
