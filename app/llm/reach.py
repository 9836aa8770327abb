"""Which addresses a model call may go to. Pure: it knows addresses; names are looked up in ``transport``.

Whoever may add an endpoint makes this machine send requests. Without a rule they could ask what only this machine
can: the metadata service that hands out a cloud's credentials, or a database inside the network.
"""

from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network


class Reach(StrEnum):
    """How far an address lies: anybody's, this machine or a network of its own, or nowhere that a model could be."""

    OPEN = "open"
    PRIVATE = "private"
    NEVER = "never"


REFUSALS = {
    Reach.PRIVATE: "This address is on this machine or in a private network. "
    "The owner of this instance can allow that with TAMIS_PRIVATE_ENDPOINTS=yes.",
    Reach.NEVER: "This address is never called from here: it is link-local, reserved, or one that hands out a cloud's "
    "credentials.",
}

Network = IPv4Network | IPv6Network


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ip_network(text) for text in texts)


_PRIVATE = _networks(
    *("127.0.0.0/8", "::1/128"),  # this machine
    *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"),
    "100.64.0.0/10",  # behind a carrier's translation; also overlay networks
    "198.18.0.0/15",  # meant for benchmarks; some VPN programs give every name an address in it
)
_NEVER = _networks(
    *("169.254.0.0/16", "fe80::/10"),  # link-local, metadata of most clouds
    *("100.100.100.200/32", "168.63.129.16/32", "fd00:ec2::/32", "fd20:ce::/32"),  # metadata elsewhere
    *("0.0.0.0/8", "::/128", "240.0.0.0/4"),  # nobody's
    *("224.0.0.0/4", "ff00::/8"),  # multicast
    *("192.0.0.0/24", "192.88.99.0/24", "2001::/23"),  # protocols, Teredo among them
    *("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"),  # documentation
)
_GIVEN_OUT = IPv6Network("2000::/3")  # the only part of IPv6 that public addresses are from
_NAT64 = IPv6Network("64:ff9b::/96")


def reach_of(address: str) -> Reach:
    """Return how far an IP address lies. Raises ValueError for what is none."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address) and (carried := _carried(ip)) is not None:
        ip = carried
    if any(ip in network for network in _NEVER):
        return Reach.NEVER
    if any(ip in network for network in _PRIVATE):
        return Reach.PRIVATE
    return Reach.OPEN if isinstance(ip, IPv4Address) or ip in _GIVEN_OUT else Reach.NEVER


def reach_of_host(host: str) -> Reach | None:
    """Return how far the host of a URL lies, or None where only a name server knows."""
    if host.rstrip(".").lower().split(".")[-1] == "localhost":
        return Reach.PRIVATE
    try:
        return reach_of(host)
    except ValueError:
        return None


def may_reach(reach: Reach, *, private: bool) -> bool:
    """Return whether a call may go so far. ``private``: the owner allows this machine and private networks."""
    return reach is Reach.OPEN or (reach is Reach.PRIVATE and private)


def _carried(ip: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 address only wraps: it is where the packets end up."""
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour
