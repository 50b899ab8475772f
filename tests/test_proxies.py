"""Whose address a request comes from, and what counts for it: behind proxies and without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from extractor.errors import OptionsError
from service.accounts import logins
from service.http.known import KnownSecrets
from service.settings import load_settings
from tests.opened import beside, new_user
from tests.serving import ROOT, server

if TYPE_CHECKING:
    from pathlib import Path

    import httpx


def fails_from(client: httpx.Client, forwarded: str, name: str) -> int:
    """The status of a wrong login."""
    data = {"name": name, "password": "wrong"}
    return client.post("/login", data=data, headers={"X-Forwarded-For": forwarded}).status_code


@pytest.mark.parametrize(
    ("trusted", "statuses"), [("127.0.0.0/8", [429, 401, 429]), ("10.9.9.9", [429, 429, 429])]
)
def test_failed_logins_count_for_the_address_that_a_trusted_proxy_names(
    trusted: str, statuses: list[int], tmp_path: Path
) -> None:
    """What a proxy adds stands last; from anywhere else the header is not believed."""
    with (
        server(tmp_path, "sqlite", trusted_proxies=trusted, login_limit="2") as running,
        running.client() as client,
    ):
        for number in range(8):
            assert fails_from(client, "198.51.100.1", f"name{number}") == 401
        found = [
            fails_from(client, forwarded, "another")
            for forwarded in ("198.51.100.1", "198.51.100.2", "198.51.100.2, 198.51.100.1")
        ]
        assert found == statuses


def test_made_up_secrets_have_no_limit_of_their_own(tmp_path: Path) -> None:
    """They count for the address; who was let in with one has a limit apart from that."""
    with server(tmp_path, "sqlite", rate_limit="30/hour") as running:
        with beside(running.environment) as service:
            anna = new_user(service, "anna")
            with service.database.write() as session:
                token = logins.issue_token(session, anna, "t", ["read"], None, None)
        with running.client() as client:

            def ask(secret: str) -> int:
                headers = {"Authorization": f"Bearer {secret}"}
                return client.get("/api/v1/me", headers=headers).status_code

            assert ask(token.secret) == 200
            assert [ask(f"ext_{number}") for number in range(29)] == [401] * 29
            assert [ask(f"ext_other{number}") for number in range(5)] == [429] * 5
            made_up = {"Cookie": "extractor_session=made-up"}
            assert client.get("/archive", headers=made_up).status_code == 429
            assert [ask(token.secret) for _ in range(30)] == [200] * 30
            assert ask(token.secret) == 429


def test_known_secrets_are_forgotten() -> None:
    """Those that let nobody in any more, and those that were not seen for long."""
    known = KnownSecrets(most=2)
    for secret in ("a", "b", "a", "c"):
        known.add(secret)
    assert [secret in known for secret in "abc"] == [True, False, True]
    known.drop("a")
    assert "a" not in known


@pytest.mark.parametrize("value", ["10.0.0.0/33", "proxy", "10.0.0.1 10.0.0.2", "10.0.0.1/8"])
def test_a_proxy_that_is_no_address_is_refused(value: str, tmp_path: Path) -> None:
    """It would be passed over without a word."""
    with pytest.raises(OptionsError, match="trusted_proxies"):
        load_settings(data=tmp_path, trusted_proxies=value)
    assert load_settings(data=tmp_path, trusted_proxies="127.0.0.1, 10.0.0.0/8").trusted_proxies


def test_the_containers_believe_their_own_network_only() -> None:
    """Which nobody else reaches: the port is that of the machine itself."""
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    (network,) = compose["networks"]["default"]["ipam"]["config"]
    for name in ("server", "worker"):
        trusted = compose["services"][name]["environment"]["EXTRACTOR_TRUSTED_PROXIES"]
        assert trusted == f"127.0.0.1,{network['subnet']}"
    assert compose["services"]["server"]["ports"] == ["127.0.0.1:8000:8000"]
