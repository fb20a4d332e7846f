"""Whose request it is: the caller's address, behind HAProxy, other proxies, or our own page."""

import hmac
import ipaddress
import os
from dataclasses import dataclass

from starlette.datastructures import Headers

from serve_app.error import TrustedProxiesError
from serve_app.haproxy_wrapper import PEER_HEADER

PAGE_HEADER = "x-rayonnage-page"
"""Carries the secret by which the API knows its own page, and believes it whom it asks for."""

UNKNOWN = "unknown"
IPV6_PREFIX = 64
"""One household or server has at least that many addresses."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Proxies:
    """Whom to believe about where a request comes from.

    Attributes:
        networks: of the reverse proxies before this server.
        page_secret: what our own page sends; empty believes no page.
        behind_haproxy: the direct peer is this instance's HAProxy, which names the real one.
    """

    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = ()
    page_secret: str = ""
    behind_haproxy: bool = False

    @classmethod
    def read(cls, trusted: str, *, page_secret: str = "") -> "Proxies":
        """From a setting, addresses and networks with commas.

        Raises:
            TrustedProxiesError
        """
        networks = []
        for entry in filter(None, (part.strip() for part in trusted.split(","))):
            try:
                networks.append(ipaddress.ip_network(entry, strict=False))
            except ValueError:
                raise TrustedProxiesError(repr(entry), "is neither an address nor a network like 10.0.0.0/8") from None
        return cls(tuple(networks), page_secret, os.environ.get("RAY_SERVE_ENABLE_HA_PROXY") == "1")

    def trusts(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self.networks)

    def peer(self, headers: Headers, client: tuple[str, int] | None) -> Address | None:
        """Who opened the connection to this server."""
        named = headers.get(PEER_HEADER) if self.behind_haproxy else None
        return _parse(named or (client[0] if client else ""))

    def caller(self, headers: Headers, client: tuple[str, int] | None) -> str:
        """Whose request it is, as the text by which requests are counted.

        `X-Forwarded-For` counts only from a trusted proxy or our own page: its last entry that is not such a proxy.
        """
        address = self.peer(headers, client)
        said = headers.get(PAGE_HEADER, "").encode()
        from_page = bool(self.page_secret) and hmac.compare_digest(said, self.page_secret.encode())
        if from_page or self.trusts(address):
            for entry in reversed(",".join(headers.getlist("x-forwarded-for")).split(",")):
                forwarded = _parse(entry)
                if forwarded is None:
                    break
                address = forwarded
                if not self.trusts(forwarded):
                    break
        return _counted_as(address)


def _parse(text: str) -> Address | None:
    """An address with or without brackets, port and zone."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _counted_as(address: Address | None) -> str:
    if address is None:
        return UNKNOWN
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, IPV6_PREFIX), strict=False))
    return str(address)
