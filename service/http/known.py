"""Secrets that have let somebody in: their requests count for them, all others for an address.

Who makes up a secret for each request gets no limit of their own by that.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict

MOST = 10_000  # who was seen longest ago is forgotten, and counts for an address once more


class KnownSecrets:
    """Holds hashes of them, in the memory of this process."""

    def __init__(self, most: int = MOST) -> None:
        self._most, self._lock = most, threading.Lock()
        self._hashes: OrderedDict[str, None] = OrderedDict()

    def add(self, secret: str) -> None:
        """Somebody was let in with it."""
        with self._lock:
            self._hashes[hashed(secret)] = None
            self._hashes.move_to_end(hashed(secret))
            if len(self._hashes) > self._most:
                self._hashes.popitem(last=False)

    def drop(self, secret: str) -> None:
        """It lets nobody in any more."""
        with self._lock:
            self._hashes.pop(hashed(secret), None)

    def __contains__(self, secret: str) -> bool:
        return hashed(secret) in self._hashes


def hashed(secret: str) -> str:
    """What is kept and counted by."""
    return hashlib.sha256(secret.encode()).hexdigest()
