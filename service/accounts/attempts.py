"""How often somebody may try to log in.

Attempts are counted before the password is looked at, so that many at once count like one after the
other, and are given back where it was right. They count for the name and for the address. A browser
in which a user has logged in before is told by a cookie and counts for itself alone: who only knows
a name, and fails with it on purpose, keeps nobody out of the browser that they always use.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from service.repository import accounts

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.service import Service

PAUSE = timedelta(minutes=15)  # after too many failed logins
PER_ADDRESS = 4  # an address may fail so many times as often as a name: offices share one
OWN_NETWORK = 64  # bits of an IPv6 address that its owner does not choose


class ThrottledError(Exception):
    """Too many failed logins."""


def limits_of(service: Service, name: str, address: str, known: str | None) -> dict[str, int]:
    """How many failures there may be, for each of what an attempt to log in counts for."""
    limit = service.settings.login_limit
    if known is not None and _is_known(service, name, known):
        return {f"known:{known[:200]}": limit}
    network = network_of(address)
    return {f"name:{accounts.folded(name)[:200]}": limit, f"address:{network}": limit * PER_ADDRESS}


def begin(service: Service, limits: dict[str, int]) -> None:
    """Counts an attempt. Raises ThrottledError, and then counts nothing, where there were more."""
    with service.database.write() as session:
        if not accounts.attempt(session, limits, PAUSE):
            raise ThrottledError


def succeed(session: Session, limits: dict[str, int]) -> None:
    """The password was right: a name is forgiven all failures, an address only this attempt."""
    shared = [key for key in limits if key.startswith("address:")]
    accounts.give_back(session, shared)
    accounts.forgive(session, [key for key in limits if key not in shared])


def known_browser(service: Service, name: str) -> str:
    """What a browser keeps in which a user has logged in."""
    nonce = secrets.token_urlsafe(16)
    return f"{nonce}.{_tag(service, name, nonce)}"


def _is_known(service: Service, name: str, known: str) -> bool:
    nonce, _, tag = known.partition(".")
    return hmac.compare_digest(_tag(service, name, nonce).encode(), tag.encode())


def _tag(service: Service, name: str, nonce: str) -> str:
    return service.seal.tag("known browser", f"{accounts.folded(name)}\0{nonce}")


def network_of(address: str) -> str:
    """An address of IPv4; of IPv6 the network, as its owner has 2^64 addresses to choose from."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, OWN_NETWORK), strict=False))
