"""Calls to addresses that users have chosen: bounded in time, and not into the own network."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Address, IPv6Address

DEADLINE_S = 20.0  # of one call once its host is looked up, however slowly the answer comes
LAST_PORT = 65535
HOST = re.compile(rb"[A-Za-z0-9._-]+|[0-9A-Fa-f:]+")  # a name or an IPv6 address
# Ways into an IPv4 network, which may be the own one, that have no use any more or are local; what
# is global by `ipaddress` differs between versions of Python.
REFUSED = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "::/96",  # IPv4-compatible, deprecated
        "::ffff:0:0:0/96",  # IPv4-translated
        "64:ff9b:1::/48",  # NAT64 of a site
        "2001::/32",  # Teredo
        "2002::/16",  # 6to4
        "fec0::/10",  # site-local, deprecated
    )
)
RELAYS = ipaddress.IPv4Network("192.88.99.0/24")  # of 6to4
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # of the network, towards any IPv4 address


class UrlError(ValueError):
    """An address that may not be called."""


class PrivateError(UrlError):
    """An address in the own network, which may not be called."""


class UnknownHostError(UrlError):
    """An address whose name leads nowhere at this moment."""


class CallError(Exception):
    """A call that came to nothing."""


def post(url: str, body: str, headers: Mapping[str, str], *, private: bool) -> int:
    """Sends a body; gives the status of the answer, of which nothing else is read.

    Raises UrlError where the address may not be called, CallError where it does not answer in time.
    """
    target = httpx.URL(url)
    address = reachable(target.host, target.port, private=private)
    # By the address that was looked at: a name may lead elsewhere the next time it is asked.
    request = httpx.Request(
        "POST",
        target.copy_with(host=address),
        content=body,
        headers={"host": target.netloc.decode(), **headers},
        extensions={"sni_hostname": target.host},
    )
    try:
        return asyncio.run(_status(request, DEADLINE_S))
    except (TimeoutError, httpx.TimeoutException):
        raise CallError("it did not answer in time") from None
    except (httpx.HTTPError, OSError) as error:
        raise CallError(str(error) or type(error).__name__) from None


async def _status(request: httpx.Request, deadline_s: float) -> int:
    # Limits of httpx are for each read of a socket: bytes that drip would never end.
    client = httpx.AsyncClient(timeout=deadline_s / 2, trust_env=False)
    async with asyncio.timeout(deadline_s), client:
        answer = await client.send(request, stream=True)
        await answer.aclose()
        return answer.status_code


def reachable(host: str, port: int | None, *, private: bool) -> str:
    """An address of the host that may be called.

    Raises UnknownHostError where it has none, PrivateError where it leads into the own network and
    that is not allowed.
    """
    try:
        found = socket.getaddrinfo(host, port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnknownHostError(f"{host} is not known: {error}") from None
    addresses = [str(item[4][0]) for item in found]
    for address in addresses:
        if not private and not is_public(ipaddress.ip_address(address.partition("%")[0])):
            raise PrivateError(f"{host} is in the own network, which webhooks may not call")
    return addresses[0]


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is out on the internet, and so is that which it may be a way to."""
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not address.is_multicast and address not in RELAYS
    inner = address.ipv4_mapped
    if address in NAT64:
        inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    if inner is not None:
        return is_public(inner)
    is_refused = any(address in network for network in REFUSED)
    return address.is_global and not address.is_multicast and not is_refused


def callable_url(url: str, *, private: bool) -> str:
    """The address; raises UrlError where it is none, or leads into the own network at this moment.

    A name that nobody knows yet may be known when it is called.
    """
    checked = checked_url(url)
    target = httpx.URL(checked)
    with suppress(UnknownHostError):
        reachable(target.host, target.port, private=private)
    return checked


def checked_url(url: str) -> str:
    """The address; raises UrlError where it has not the form of one that can be called."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise UrlError(f"this is no address: {error}") from None
    named = HOST.fullmatch(parsed.raw_host) is not None
    if not named or parsed.scheme not in ("http", "https") or parsed.userinfo:
        raise UrlError("an address begins with https:// and has no user in it")
    if parsed.port is not None and not 1 <= parsed.port <= LAST_PORT:
        raise UrlError("a port is a number from 1 to 65535")
    return str(parsed)
