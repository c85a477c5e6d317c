"""One connection that stays open for the small queries of every request.

Rules: each query is one SELECT outside of any transaction, so it sees the last commit, also one of another process.
One thread asks at a time. Hot path, see bench/.  This module does not give several answers from one snapshot
(`ledger.store.engine.reading` does).
"""

from __future__ import annotations

from threading import Lock
from typing import Any

from sqlalchemy import Engine, Select

from ledger.store.engine import failures, question, reason
from ledger.store.reading import STANDING, StoreVersion
from ledger.store.shares import FIND_SHARE, ShareRow
from ledger.store.tokens import FIND_TOKEN, TokenRow
from schemas.problem import StateError


class Watch:
    """Small queries, each answered from the last commit."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = Lock()
        self._connection: Any = None

    def standing(self) -> StoreVersion:
        """Return the current version of the store; raise StateError `store.unreadable`."""
        row = self._first(STANDING)
        return StoreVersion(*row)

    def token(self, digest: bytes) -> TokenRow | None:
        """Return the token with this SHA-256, also a revoked one; raise StateError `store.unreadable`."""
        row = self._first(FIND_TOKEN, digest)
        return None if row is None else TokenRow(*row)

    def share(self, digest: bytes) -> ShareRow | None:
        """Return the private link with this SHA-256, also one that has ended; raise StateError `store.unreadable`."""
        row = self._first(FIND_SHARE, digest)
        return None if row is None else ShareRow(*row)

    def close(self) -> None:
        """Give the connection back; a later query takes another."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _first(self, query: Select[Any], *values: object) -> Any:  # noqa: ANN401 - a row of the driver's own
        text, parameters = question(query, self._engine.dialect, values)
        failed = failures(self._engine)
        with self._lock:
            if self._connection is not None:
                try:
                    return self._ask(text, parameters)
                except failed:
                    self._drop()  # an idle connection may have died; a new one shows whether the database has
            try:
                return self._ask(text, parameters)
            except failed as error:
                self._drop()
                raise StateError.at("store.unreadable", reason=reason(error)) from error

    def _ask(self, text: str, parameters: list[object]) -> Any:  # noqa: ANN401 - as above
        if self._connection is None:
            self._connection = self._engine.raw_connection()
        cursor = self._connection.cursor()
        cursor.execute(text, parameters)
        row = cursor.fetchone()
        cursor.close()
        return row

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection = None
