"""The first start of a service, those that fail, and the first password."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from extractor.cli import main
from extractor.errors import OptionsError
from service.accounts import logins
from service.accounts.logins import LoginError
from service.commands.listening import listening
from service.settings import Settings
from tests.opened import beside
from tests.serving import BACKENDS, database, start, started

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_start_that_fails_costs_no_password(backend: str, tmp_path: Path) -> None:
    """The port is in use: that is said, and nothing is made. The next start says the password."""
    with database(backend, tmp_path / "data") as environment, socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = environment | {"EXTRACTOR_PORT": str(other.getsockname()[1])}
        failed = started("serve", environment=taken)
        failed.wait_for(r"cannot be listened on: .* choose another --port")
        assert failed.popen.wait(timeout=60) == 2
        assert not (tmp_path / "data").exists()
        running = start(environment)
        try:
            assert running.password is not None
            with beside(environment) as service:
                assert logins.log_in(service, "admin", running.password, "here")
        finally:
            running.process.stop()


def test_a_password_that_was_lost_is_made_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second start says how, as long as nobody has chosen one; the old one is worth nothing."""
    with database("sqlite", tmp_path) as environment:
        first = start(environment)
        first.process.stop()
        second = start(environment)
        command = second.process.wait_for(r"lost, extractor (password admin --data \S+) says")[1]
        assert second.password is None
        assert main(command.split()) == 0
        password = capsys.readouterr().out.strip()
        with beside(environment) as service:
            with pytest.raises(LoginError):
                logins.log_in(service, "admin", first.password or "", "here")
            secret = logins.log_in(service, "admin", password, "here")
            principal = logins.by_cookie(service, secret)
            assert principal is not None
            logins.change_password(service, principal, password, "several other words")
        second.process.stop()
        third = start(environment)
        third.process.stop()
        assert not any("lost" in line for line in third.process.lines)


def test_localhost_is_all_of_its_addresses() -> None:
    """With the same port, also where any will do."""
    sockets = listening(Settings(host="localhost", port=0))
    found = [one.getsockname()[:2] for one in sockets]
    for one in sockets:
        one.close()
    assert found[0][0] == "127.0.0.1"
    assert len({port for _, port in found}) == 1


@pytest.mark.parametrize(
    ("host", "says"),
    [("no.such.host.invalid", "no address"), ("192.0.2.1", "choose another --host")],
)
def test_an_address_of_another_machine_is_refused(host: str, says: str) -> None:
    """In one sentence."""
    with pytest.raises(OptionsError, match=says):
        listening(Settings(host=host, port=0))
