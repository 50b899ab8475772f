"""`extractor backup` and `extractor restore`: a service on SQLite, its files wherever they are.

A backup is a folder: the database, `files/` as a store in a folder has them, and the secret key
where the service made one.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from extractor.errors import OptionsError, UnreadableError
from service.commands.keeping import opened
from service.database import Database
from service.migrations import migrate
from service.sealing import FILE as KEY_FILE
from service.settings import FILE as SETTINGS
from service.store import Store

if TYPE_CHECKING:
    from service.settings import Settings

DATABASE = "extractor.sqlite"
FILES = "files"


def back_up(settings: Settings, target: Path) -> int:
    """Copies database, files and key into a folder, while the service may run."""
    _guard_sqlite(settings)
    store = _store(settings)
    with opened(settings) as database:
        _guard_empty(target)
        (target / FILES).mkdir(parents=True)
        kept = _folder(target)
        _copy_database(database, target / DATABASE)
        # After the database: every file that the copy knows is there by now, and what was deleted
        # since is missing in it, as it should be.
        copied = sum(_copied(store, key, kept, target) for key in store)
    _copy_key(settings, target)
    if (settings.data / SETTINGS).exists():
        shutil.copy2(settings.data / SETTINGS, target / SETTINGS)
    _say(f"{copied} files are in {target}")
    return 0


def _guard_sqlite(settings: Settings) -> None:
    if not settings.database.startswith("sqlite"):
        raise OptionsError(
            "this is for SQLite: back PostgreSQL up with pg_dump, and the store with its own tools"
        )


def _guard_empty(target: Path) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise OptionsError("the folder is not empty: name a new one", path=target)


def _store(settings: Settings) -> Store:
    return Store(settings.storage, **settings.storage_options)


def _copy_database(database: Database, target: Path) -> None:
    path = sa.make_url(database.url).database or ""
    closing, connect = contextlib.closing, sqlite3.connect
    with closing(connect(path)) as source, closing(connect(target)) as copy:
        source.backup(copy)


def _folder(backup: Path) -> Store:
    return Store((backup / FILES).absolute().as_uri())


def _copied(store: Store, key: str, kept: Store, folder: Path) -> int:
    try:
        _copy(store, key, kept, folder)
    except FileNotFoundError:  # deleted meanwhile
        return 0
    return 1


def _copy(source: Store, key: str, target: Store, folder: Path) -> None:
    """Copies a file by way of a folder: one that is damaged in one store is not in the other."""
    part = folder / key
    with part.open("wb") as out:
        for chunk in source.chunks(key):
            out.write(chunk)
    target.put(part, key)
    part.unlink()


def _copy_key(settings: Settings, target: Path) -> None:
    """A key that is a setting is not written down: who gave it has to keep it."""
    key = settings.data / KEY_FILE
    if settings.secret_key is None and key.exists():
        shutil.copy2(key, target / KEY_FILE)
    else:
        _say("the secret key is not in it: keep EXTRACTOR_SECRET_KEY beside it")


def restore(settings: Settings, source: Path) -> int:
    """Puts a backup where the settings say; nothing may be there yet."""
    _guard_sqlite(settings)
    store = _store(settings)
    _guard_backup(source)
    _guard_new(settings, store)
    _guard_key(settings, source)
    settings.data.mkdir(parents=True, exist_ok=True)
    count = _put_all(_folder(source), store, settings.data)
    if (source / KEY_FILE).exists() and settings.secret_key is None:
        shutil.copy2(source / KEY_FILE, settings.data / KEY_FILE)
    if (source / SETTINGS).exists() and not (settings.data / SETTINGS).exists():
        shutil.copy2(source / SETTINGS, settings.data / SETTINGS)
    # The database last: without it no service starts on half of a backup.
    shutil.copy2(source / DATABASE, settings.data / DATABASE)
    database = Database(settings.database)
    try:
        migrate(database)
    finally:
        database.close()
    _say(f"{count} files are back: start extractor serve --data {settings.data}")
    return 0


def _guard_backup(source: Path) -> None:
    if not (source / DATABASE).is_file():
        raise OptionsError(f"this is no backup: it has no {DATABASE}", path=source)


def _guard_new(settings: Settings, store: Store) -> None:
    if (settings.data / DATABASE).exists():
        raise OptionsError(
            "there is a database already: name another folder with --data", path=settings.data
        )
    if next(iter(store), None) is not None:
        raise OptionsError(
            f"there are files already in {settings.storage}: name an empty place with --data or "
            "--storage-url"
        )


def _guard_key(settings: Settings, source: Path) -> None:
    """What was sealed with one key is not opened by another."""
    held, own = source / KEY_FILE, settings.data / KEY_FILE
    given = settings.secret_key or (own.read_text(encoding="ascii") if own.exists() else None)
    if not held.exists():
        if settings.secret_key is None:
            _say("the backup has no secret key: give EXTRACTOR_SECRET_KEY as it was")
    elif given is not None and given.strip() != held.read_text(encoding="ascii").strip():
        raise OptionsError(
            "the backup has another secret key: take away EXTRACTOR_SECRET_KEY, or secret.key in "
            "the data folder"
        )


def _put_all(kept: Store, store: Store, data: Path) -> int:
    """Copies all files into an empty store, or none."""
    try:
        with tempfile.TemporaryDirectory(dir=data, prefix="restore-") as folder:
            return sum(_put(kept, key, store, Path(folder)) for key in kept)
    except BaseException:
        for key in store:
            store.delete(key)
        raise


def _put(kept: Store, key: str, store: Store, folder: Path) -> int:
    """Copies a file into the store. Raises UnreadableError where it is not what it was."""
    digest = hashlib.sha256()
    for chunk in kept.chunks(key):
        digest.update(chunk)
    if digest.hexdigest() != key:
        raise UnreadableError("this file of the backup is damaged: take another backup",
                              path=kept.path(key))  # fmt: skip
    _copy(kept, key, store, folder)
    return 1


def _say(sentence: str) -> None:
    print(f"extractor: {sentence}", file=sys.stderr)
