"""Settings that cannot be used are refused at the start, by name."""

from __future__ import annotations

import json
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from extractor.cli import main
from extractor.errors import OptionsError
from service.database import Database
from service.migrations import migrate
from service.settings import load_settings
from service.store import Store
from tests.serving import KEY, database, postgresql, started

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("READING", "nonsense", "reading.*JSON"),
        ("READING", '{"certificat": "x"}', "certificat is no option: choose of engine"),
        ("READING", '{"dpi": "many"}', "reading.dpi: Input should be a valid integer"),
        ("READING", '{"certificate": "/nowhere.json"}', "nowhere.json: .*this file is not there"),
        ("DATABASE_URL", "mysql://x/y", "database_url: it begins with postgresql://"),
        ("RATE_LIMIT", "lots", "rate_limit: it is a number and a time"),
        ("RATE_LIMIT", "0/minute", "rate_limit: it is a number and a time"),
        ("RATE_LIMIT", "5/minute;9/hour", "rate_limit: it is a number and a time"),
        ("RATE_STORAGE", "foo", "rate_storage: there is none of that kind"),
        ("RATE_STORAGE", "redis://host:port", "rate_storage: Port"),
        ("SESSION_HOURS", "1e300", "session_hours: Input should be less"),
        ("CONFIG", "/nowhere.toml", "nowhere.toml: .*EXTRACTOR_CONFIG"),
        ("PROT", "3", "EXTRACTOR_PROT is no setting"),
    ],
)
def test_what_cannot_be_used_is_named(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Before anything is made."""
    monkeypatch.setenv(f"EXTRACTOR_{name}", value)
    with pytest.raises(OptionsError, match=said):
        load_settings(data=tmp_path / "data")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [("port = = 9\n", "extractor.toml: this is no TOML"), ("prot = 9\n", "prot: there is none")],
)
def test_a_file_that_cannot_be_read_is_named(text: str, said: str, tmp_path: Path) -> None:
    """Or what is wrong in it."""
    (tmp_path / "extractor.toml").write_text(text)
    with pytest.raises(OptionsError, match=said):
        load_settings(data=tmp_path)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1:1/x", "github://a", "foo://x"])
def test_a_store_that_cannot_be_used_is_named(url: str) -> None:
    """Also of a kind that connects at once, or wants more than a URL."""
    with pytest.raises(OptionsError, match=f"storage_url {url} cannot be used"):
        Store(url)


def test_a_database_that_does_not_exist_is_not_waited_for() -> None:
    """The server answers: there is nothing to wait for."""
    with (
        postgresql() as url,
        closing(Database(load_settings(database_url=url + "x").database)) as d,
    ):
        began = time.monotonic()
        with pytest.raises(OptionsError, match="does not exist"):
            migrate(d)
        assert time.monotonic() - began < 10


def test_waiting_for_a_database_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Half a minute of silence looks like a fault."""
    monkeypatch.setattr("service.migrations.WAIT_S", 0.5)
    url = load_settings(database_url="postgresql://nobody@127.0.0.1:1/x").database
    with closing(Database(url)) as away, pytest.raises(OptionsError, match="cannot be opened"):
        migrate(away)
    assert "the database does not answer, waiting" in caplog.text


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_another_secret_key_is_refused(command: str, tmp_path: Path) -> None:
    """What others have sealed could not be opened; documents would wait for ever."""
    with database("postgresql", tmp_path) as environment:
        first = started("serve", "--no-auth", environment=environment)
        first.wait_for("in a browser")
        for key, said in (("another key " * 4, "secret key is another"), ("", "need the same")):
            other = environment | {"EXTRACTOR_SECRET_KEY": key, "EXTRACTOR_NO_AUTH": "true"}
            second = started(command, environment=other)
            assert second.wait_for(said)
            assert second.popen.wait(timeout=60) == 2
        first.stop()


def test_lines_of_the_log_are_json(tmp_path: Path) -> None:
    """Those of the processes that read too."""
    with database("sqlite", tmp_path) as environment:
        running = started("serve", "--no-auth", environment=environment | {
            "EXTRACTOR_READING": '{"drawn_share": 0.05}'
        })  # fmt: skip
        running.wait_for("worker started")
        running.stop()
        lines = [line for line in running.lines if not line.startswith("extractor: ")]
        assert [json.loads(line)["level"] for line in lines]


def test_a_part_of_a_hash_is_enough(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Pages show ten digits of it; what is no hash is not taken for a log that was cut off."""
    with database("sqlite", tmp_path) as environment:
        running = started("serve", environment=environment | {"EXTRACTOR_SECRET_KEY": KEY})
        running.wait_for("in a browser")
        running.stop()
    data = ["--data", str(tmp_path)]
    assert main(["audit", *data]) == 0
    last = json.loads(capsys.readouterr().out)["last"]
    assert main(["audit", "--expect", last[:10], *data]) == 0
    assert main(["audit", "--expect", "0" * 10, *data]) == 1
    assert main(["audit", "--expect", f"{last[:10]}...", *data]) == 2
