"""Secrets that have to be read again (passwords of documents, keys of webhooks), sealed at rest."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet, InvalidToken

from extractor.errors import OptionsError

if TYPE_CHECKING:
    from pathlib import Path

    from service.settings import Settings

FILE = "secret.key"


class Seal:
    """Seals and opens texts with one key (Fernet: AES-128-CBC with HMAC-SHA256)."""

    def __init__(self, key: str) -> None:
        """`key` is any text of 32 characters or more."""
        self._key = hashlib.sha256(key.encode()).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(self._key))

    def close(self, text: str) -> str:
        """The text, sealed."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text; raises OptionsError where it was sealed with another key."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            message = "the secret key is another than the one in use before: give the same again"
            raise OptionsError(message) from None

    def tag(self, purpose: str, text: str) -> str:
        """16 hexadecimal digits that tell texts apart without telling the text."""
        return hmac.new(self._key, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()[:16]


def load_seal(settings: Settings) -> Seal:
    """The seal of a service: from its settings, or from a key file that is made once.

    Raises OptionsError where several servers would each make a key of their own.
    """
    if settings.secret_key is not None:
        return Seal(settings.secret_key)
    if settings.database_url is not None:
        raise OptionsError(
            "the servers of one database need the same secret: set EXTRACTOR_SECRET_KEY to a "
            "random text of 32 characters or more (openssl rand -hex 32)"
        )
    return Seal(_key_file(settings.data / FILE))


def _key_file(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}")
    part.touch(0o600)
    part.write_text(secrets.token_hex(32), encoding="ascii")
    try:
        os.link(part, path)  # the first of several wins, whole
    except FileExistsError:
        pass
    finally:
        part.unlink()
    return path.read_text(encoding="ascii").strip()
