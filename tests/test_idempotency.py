"""One Idempotency-Key, many requests at the same moment."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from service import idempotency
from service.database import before
from service.idempotency import Kept, KeyReusedError, once
from service.rows import Idempotent
from tests.opened import empty
from tests.serving import BACKENDS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("backend", BACKENDS)
def test_one_of_many_works(backend: str, tmp_path: Path) -> None:
    """Others are refused while it does; who dies over a key does not keep it."""
    with empty(backend, tmp_path) as service:
        begun, done = threading.Event(), threading.Event()

        def slow() -> Kept:
            begun.set()
            done.wait(30)
            return Kept(201, "first")

        first = threading.Thread(target=once, args=(service, "lin", "k", "a", slow))
        first.start()
        begun.wait(30)
        with pytest.raises(KeyReusedError):
            once(service, "lin", "k", "b", lambda: Kept(201, "second"))
        assert once(service, "lin", "k", "a", lambda: Kept(422, "refused")).status == 422
        done.set()
        first.join()
        assert once(service, "lin", "k", "a", lambda: Kept(201, "second")) == Kept(201, "first")
        with service.database.write() as session:
            old = before(idempotency.LONGEST * 2)
            session.execute(sa.update(Idempotent).values(status=0, created_at=old))
        assert once(service, "lin", "k", "b", lambda: Kept(422, "third")) == Kept(422, "third")
        assert once(service, "lin", "k", "c", lambda: Kept(201, "last")) == Kept(201, "last")
