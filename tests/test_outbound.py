"""Calls to addresses of others: not into the own network, and not without end."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from contextlib import contextmanager, suppress
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import outbound
from service.outbound import CallError, UrlError, checked_url, is_public, post, reachable

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
            "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",
        ),
    )
)  # fmt: skip
OWN_6 = tuple(
    map(
        ipaddress.IPv6Network,
        ("::/128", "::1/128", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "2001:db8::/32"),
    )
)
own_addresses = st.sampled_from(OWN).flatmap(lambda network: st.ip_addresses(network=network))
own_addresses_6 = st.sampled_from(OWN_6).flatmap(lambda network: st.ip_addresses(network=network))


def ways_to(inner: IPv4Address) -> list[IPv6Address]:
    """The IPv6 addresses that lead, or once led, to an IPv4 address."""
    low, teredo = int(inner), int(inner) ^ 0xFFFF_FFFF
    prefixes = ("::ffff:0:0", "::", "::ffff:0:0:0", "64:ff9b::", "64:ff9b:1::", "64:ff9b:1:fffe::")
    found = [IPv6Address(int(IPv6Address(prefix)) | low) for prefix in prefixes]
    found.append(IPv6Address(int(IPv6Address("2002::")) | low << 80))
    found.append(IPv6Address(int(IPv6Address("2001::")) | teredo))
    return found


@given(own_addresses)
def test_no_way_into_the_own_network_is_public(address: IPv4Address) -> None:
    """In whatever form of IPv6 an address is written."""
    assert not is_public(address)
    assert [way for way in ways_to(address) if is_public(way)] == []


@given(own_addresses_6)
def test_the_own_network_of_ipv6_is_not_public(address: IPv6Address) -> None:
    """Loopback, unique local, link-local, site-local, multicast."""
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]
)
def test_the_internet_is_public(address: str) -> None:
    """Also by NAT64, by which machines that have no IPv4 of their own see it."""
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "10.1.2.3", "169.254.169.254", "::1", "::ffff:10.0.0.1",
        "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "fec0::1", "ff02::1", "224.0.0.1",
    ],
)  # fmt: skip
def test_the_own_network_is_not_called(host: str) -> None:
    """Unless an operator allows it."""
    with pytest.raises(UrlError, match="own network"):
        reachable(host, 80, private=False)
    assert reachable(host, 80, private=True)


BAD_URLS = (
    "ftp://x/y", "https://", "https://u:p@host/", "hook", "http://[", "https://x:99999/",
    "https://x:-1/", "https://x:0/",
)  # fmt: skip


@pytest.mark.parametrize("url", BAD_URLS)
def test_an_address_that_cannot_be_called_is_refused(url: str) -> None:
    """When the webhook is made."""
    with pytest.raises(UrlError):
        checked_url(url)


@contextmanager
def receiver(first: bytes, drip: bytes) -> Iterator[int]:
    """The port of one that sends some bytes, then others one by one without end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_drip, args=(listener, first, drip), daemon=True).start()
        yield listener.getsockname()[1]


def _drip(listener: socket.socket, first: bytes, drip: bytes) -> None:
    with suppress(OSError):
        caller, _ = listener.accept()
        with caller:
            caller.sendall(first)
            while True:
                caller.sendall(drip)
                time.sleep(0.1)


@pytest.mark.parametrize(
    ("scheme", "first", "drip"),
    [
        ("http", b"", b""),
        ("http", b"HTTP/1.1 200 OK\r\nx-slow: ", b"a"),
        ("http", b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        ("https", b"", b""),
    ],
    ids=["silent", "headers", "provisional", "tls"],
)
def test_an_answer_that_never_ends_is_given_up(
    scheme: str, first: bytes, drip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All parts of a call share one deadline."""
    monkeypatch.setattr(outbound, "DEADLINE_S", 2.0)
    with receiver(first, drip) as port:
        began = time.monotonic()
        with pytest.raises(CallError, match="in time"):
            post(f"{scheme}://127.0.0.1:{port}/", "{}", {}, private=True)
        assert time.monotonic() - began < 4.0


def test_a_body_without_end_is_not_read() -> None:
    """The status is enough."""
    with receiver(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\na\r\n") as port:
        assert post(f"http://127.0.0.1:{port}/", "{}", {}, private=True) == 200
