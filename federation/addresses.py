"""Which network addresses may be talked to: the globally routable ones, told by a list of what is allowed.

Python's own `is_global` is one half of the rule; the other half are forms that carry an IPv4 address
inside, or that a newer registry has taken back, which versions of Python know differently (FET-01, FET-02).
"""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NEVER: tuple[Network, ...] = (
    IPv4Network("192.0.0.0/24"),  # protocol assignments
    IPv4Network("192.88.99.0/24"),  # 6to4 relays
    IPv6Network("2001::/23"),  # Teredo, ORCHID, benchmarks and other protocol assignments
    IPv6Network("2002::/16"),  # 6to4: an IPv4 address is inside
    IPv6Network("3fff::/20"),  # documentation
)


@lru_cache(maxsize=2_048)
def read_address(text: str) -> Address | None:
    """The address that this host is, without an IPv6 cover over IPv4; None when it is a name."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_public(address: Address) -> bool:
    if address.version == 6 and address not in _GLOBAL_UNICAST:
        return False
    return address.is_global and not address.is_multicast and not is_inside(address, _NEVER)


def is_inside(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)
