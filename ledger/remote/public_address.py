"""Tell public addresses from those of private networks (IANA special-purpose registries, RFC 6890).

Rules: an IPv6 address that carries an IPv4 address is as public as that one. Only unicast is public.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

_CARRIERS: Final = (
    (IPv6Network("::ffff:0:0/96"), 0),
    (IPv6Network("::/96"), 0),
    (IPv6Network("64:ff9b::/96"), 0),
    (IPv6Network("64:ff9b:1::/48"), None),
    (IPv6Network("2001::/32"), None),
    (IPv6Network("2002::/16"), 80),
)
"""IPv4-mapped, IPv4-compatible, NAT64, local NAT64, Teredo and 6to4, with the bits behind the IPv4 address.

None: whom it reaches can't be told from the address.
"""


def is_public(text: str) -> bool:
    """Return whether an address, as the resolver writes it, is one of the public internet and of one machine."""
    address = ip_address(text.partition("%")[0])
    if "%" in text or address.is_multicast or address.is_unspecified:
        return False
    if isinstance(address, IPv6Address):
        for network, behind in _CARRIERS:
            if address in network:
                carried = None if behind is None else IPv4Address((int(address) >> behind) & 0xFFFFFFFF)
                return carried is not None and _is_public_v4(carried)
        return address.is_global and not address.is_site_local
    return _is_public_v4(address)


def _is_public_v4(address: IPv4Address) -> bool:
    return address.is_global and not (address.is_multicast or address.is_reserved)
