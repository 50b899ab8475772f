"""Whose address a request comes from, and what counts for it: behind proxies and without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from extractor.errors import OptionsError
from service.settings import load_settings
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
