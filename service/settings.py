"""Every setting of the service, by environment (EXTRACTOR_...) or by a TOML file.

The file is the one that EXTRACTOR_CONFIG names, or `extractor.toml` in the data folder. What a
command line says comes first, then the environment, then the file.
"""

from __future__ import annotations

import os
from dataclasses import fields
from ipaddress import ip_network
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import TYPE_CHECKING, Any, Literal

from limits import parse_many
from limits.errors import ConfigurationError
from limits.storage import storage_from_string
from platformdirs import user_data_path
from pydantic import Field, TypeAdapter, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from extractor.batch import share_cores
from extractor.errors import OptionsError
from extractor.options import MIB, Options
from service.intake.limits import IntakeLimits

if TYPE_CHECKING:
    from pydantic_settings import PydanticBaseSettingsSource

PREFIX = "EXTRACTOR_"
FILE = "extractor.toml"
KNOBS = tuple(field.name for field in fields(Options))
RATE_STORAGES = ("memory", "redis", "rediss", "redis+unix")
LONGEST_H = 8760.0  # of a login, a year: moments after the year 9999 cannot be kept
WORK = "work-"  # how folders in the staging folder begin that a process works in


_OPTIONS = TypeAdapter(Options)


class Settings(BaseSettings):
    """What an operator can choose; unknown names in the file are errors."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True
    )

    data: Path = Field(
        default_factory=lambda: user_data_path("extractor"),
        description="Folder of the SQLite database, the files and the secret key.",
    )
    database_url: str | None = Field(
        None,
        description="postgresql://user:password@host/name; SQLite in the data folder if unset.",
    )
    storage_url: str | None = Field(
        None, description="Where files are kept, as file:///path or s3://bucket/prefix."
    )
    storage_options: dict[str, Any] = Field(
        default_factory=dict, description="More for the store, as JSON: endpoint_url, key, secret."
    )
    secret_key: str | None = Field(
        None,
        min_length=32,
        description="Seals passwords of documents and secrets of webhooks; servers of one database "
        "share it. Made in the data folder if unset.",
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    public_url: str | None = Field(None, description="How users reach the service, for links.")
    trusted_proxies: str = Field(
        "127.0.0.1",
        description="Addresses and networks of proxies whose X-Forwarded-* headers are believed.",
    )
    no_auth: bool = Field(False, description="No accounts; only on a loopback address.")
    workers: int | None = Field(
        None, ge=0, le=256, description="Documents read at a time here; half of the cores if unset."
    )
    memory_limit: int = Field(
        4096 * MIB, ge=256 * MIB, description="Most memory of a process that reads, in bytes."
    )
    niceness: int = Field(10, ge=0, le=19, description="How far workers give way to the server.")
    lease_s: float = Field(
        20.0, ge=1.0, le=300.0, description="A worker that is silent for so long is taken for dead."
    )
    attempts: int = Field(
        3, ge=1, le=10, description="Then a document that kills its reader rests."
    )
    reading: dict[str, Any] = Field(
        default_factory=dict,
        description='How documents are read, as JSON: {"drawn_share": 0.05, "timeout_s": 600}.',
    )
    max_file_bytes: int = Field(256 * MIB, gt=0, description="Largest file.")
    max_request_bytes: int = Field(4096 * MIB, gt=0, description="Largest upload of several files.")
    max_request_files: int = Field(2000, gt=0, description="Most files of one upload.")
    min_free_bytes: int = Field(512 * MIB, gt=0, description="Uploads are refused with less left.")
    session_hours: float = Field(
        12.0, gt=0, le=LONGEST_H, description="A login ends after so long without use."
    )
    rate_limit: str = Field("6000/minute", description="Requests of one user or address.")
    login_limit: int = Field(5, ge=1, description="Failed logins, then it takes a pause.")
    rate_storage: str = Field("memory://", description="redis://host:6379 where servers share it.")
    webhooks_to_private: bool = Field(
        False, description="Webhooks may call addresses of the own network."
    )
    log_format: Literal["json", "text"] = Field("json", description="Shape of the log lines.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Lines below this are left out."
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _are_addresses(cls, value: str) -> str:
        """One that is mistyped would be believed nothing, and nobody would notice."""
        for part in value.split(","):
            if part.strip() not in ("", "*"):
                ip_network(part.strip())
        return value

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, value: str | None) -> str | None:
        scheme = (value or "").partition("://")[0]
        if value is not None and scheme not in ("postgres", "postgresql", "postgresql+psycopg"):
            raise ValueError("it begins with postgresql://; without it SQLite is used")
        return value

    @field_validator("rate_limit")
    @classmethod
    def _is_rate(cls, value: str) -> str:
        try:
            limits = parse_many(value)
        except ValueError:
            limits = []
        if len(limits) != 1 or limits[0].amount < 1:
            raise ValueError("it is a number and a time, as 6000/minute")
        return value

    @field_validator("rate_storage")
    @classmethod
    def _is_storage(cls, value: str) -> str:
        """Nothing is connected to: one that does not answer limits nothing."""
        try:
            if value.partition("://")[0] not in RATE_STORAGES:
                raise ValueError("there is none of that kind")
            storage_from_string(value, wrap_exceptions=True)
        except (ConfigurationError, ValueError) as error:
            raise ValueError(f"{error}: it is memory:// or redis://host:6379") from None
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The command line, the environment, the file."""
        file = TomlConfigSettingsSource(settings_cls, _file(init_settings()))
        return init_settings, env_settings, file

    @property
    def database(self) -> str:
        """The URL of the database, for SQLAlchemy."""
        if self.database_url is None:
            return f"sqlite:///{(self.data / 'extractor.sqlite').absolute()}"
        scheme, separator, rest = self.database_url.partition("://")
        driver = "postgresql+psycopg" if scheme in ("postgres", "postgresql") else scheme
        return f"{driver}{separator}{rest}"

    @property
    def storage(self) -> str:
        """The URL of the store."""
        return self.storage_url or (self.data / "files").absolute().as_uri()

    @property
    def staging(self) -> Path:
        """Where uploads lie until they are complete."""
        return self.data / "staging"

    @property
    def readers(self) -> int:
        """How many documents are read at a time on this machine."""
        return share_cores(0, documents=1_000)[0] if self.workers is None else self.workers

    def intake_limits(self) -> IntakeLimits:
        """What an upload may cost."""
        return IntakeLimits(
            file_bytes=self.max_file_bytes,
            zip_bytes=self.max_request_bytes,
            request_bytes=self.max_request_bytes,
            files=self.max_request_files,
            free_bytes=self.min_free_bytes,
        )

    def options(self) -> Options:
        """How documents are read. Raises OptionsError where `reading` cannot be used."""
        for name in self.reading:
            if name not in KNOBS:
                known = ", ".join(KNOBS)
                raise OptionsError(f"setting reading: {name} is no option: choose of {known}")
        try:
            found = _OPTIONS.validate_python({"max_bytes": self.max_file_bytes, **self.reading})
        except ValidationError as error:
            raise _wrong("reading.", error) from None
        for path in (found.certificate, *found.templates):
            if path is not None and not path.is_file():
                raise OptionsError("setting reading: this file is not there", path=path)
        return found


def _file(given: dict[str, Any]) -> Path | None:
    named = os.environ.get(f"{PREFIX}CONFIG")
    if named:
        if not Path(named).is_file():
            raise OptionsError(f"there is no file that {PREFIX}CONFIG names", path=Path(named))
        return Path(named)
    data = given.get("data") or os.environ.get(f"{PREFIX}DATA") or user_data_path("extractor")
    return Path(data) / FILE


def load_settings(**given: object) -> Settings:
    """The settings; `given` (None is not given) comes first.

    Raises OptionsError that names the setting and says what is wrong with it.
    """
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    try:
        settings = Settings(**chosen)
    except ValidationError as error:
        raise _wrong("", error) from None
    except SettingsError as error:
        raise OptionsError(f"{error}: it is to be JSON, as in docs/operation.md") from None
    except TOMLDecodeError as error:
        raise OptionsError(f"this is no TOML: {error}", path=_file(chosen)) from None
    _guard_names()
    settings.options()
    return settings


def _wrong(place: str, error: ValidationError) -> OptionsError:
    first = error.errors()[0]
    name = place + ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return OptionsError(f"setting {name}: there is none of that name: see docs/operation.md")
    return OptionsError(f"setting {name}: {first['msg'].removeprefix('Value error, ')}")


def _guard_names() -> None:
    """A variable that is misspelt would do nothing, and nobody would notice."""
    known = {f"{PREFIX}{name}".upper() for name in (*Settings.model_fields, "config")}
    for name in sorted(os.environ):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            raise OptionsError(f"{name} is no setting: see docs/operation.md")
