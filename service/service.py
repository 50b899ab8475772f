"""What a process of the service works with: settings, database, files, queue, seal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor.errors import OptionsError
from service.database import Database
from service.identity import reader_of
from service.queue import Queue
from service.repository import constants
from service.sealing import Seal, load_seal
from service.store import Store

if TYPE_CHECKING:
    from extractor.options import Options
    from service.settings import Settings


@dataclass(frozen=True, slots=True)
class Service:
    """Everything that outlives a request. `reader` is what new documents are read by."""

    settings: Settings
    database: Database
    store: Store
    queue: Queue
    seal: Seal
    options: Options
    reader: str

    def close(self) -> None:
        """Closes connections."""
        self.queue.close()
        self.database.close()


def guard_key(service: Service) -> None:
    """Raises OptionsError where what others have sealed cannot be opened."""
    with service.database.write() as session:
        if constants.agrees(session, "secret key", service.seal.tag("own", "secret key")):
            return
    raise OptionsError(
        "the secret key is another than the one that this database was made with: give the same "
        "EXTRACTOR_SECRET_KEY, or the same secret.key in the data folder"
    )


def open_service(settings: Settings) -> Service:
    """Opens what the settings name; tables have to be there (service.migrations).

    Raises OptionsError where something cannot be used.
    """
    settings.staging.mkdir(parents=True, exist_ok=True)
    options = settings.options()
    return Service(
        settings,
        Database(settings.database),
        Store(settings.storage, **settings.storage_options),
        Queue(settings.database),
        load_seal(settings),
        options,
        reader_of(options),
    )
