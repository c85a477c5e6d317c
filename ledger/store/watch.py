"""One connection kept open for small questions that are asked at every request.

Rules: each question is one SELECT on its own, outside of any transaction, so it sees the last commit, also one of another process;
taking a connection from the pool, beginning and ending a transaction would cost several times the answer.  One thread asks at
a time.  What this module does not do: several answers from one snapshot (`ledger.store.engine.reading`).
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from ledger.store.desk import FIND_TOKEN, TokenRow
from ledger.store.engine import failures, question, reason
from ledger.store.reading import STANDING, StoreVersion
from schemas.problem import StateError

if TYPE_CHECKING:
    from sqlalchemy import Engine, Select


class Watch:
    """Small questions to a database, each answered from its last commit."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = Lock()
        self._connection: Any = None

    def standing(self) -> StoreVersion:
        """Return the registry's standing now; raise StateError `store.unreadable`."""
        found = self._first(STANDING)
        return StoreVersion(*found)

    def token(self, digest: bytes) -> TokenRow | None:
        """Return the token of this SHA-256, also a revoked one; raise StateError `store.unreadable`."""
        found = self._first(FIND_TOKEN, digest)
        return None if found is None else TokenRow(*found)

    def close(self) -> None:
        """Give the connection back; a later question takes another."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _first(self, asked: Select[Any], *values: object) -> Any:  # noqa: ANN401 - a row of the driver's own
        text, parameters = question(asked, self._engine.dialect, values)
        failed = failures(self._engine)
        with self._lock:
            if self._connection is not None:
                try:
                    return self._ask(text, parameters)
                except failed:
                    self._drop()  # it may have died while it rested; a new one tells
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
        found = cursor.fetchone()
        cursor.close()
        return found

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection = None
