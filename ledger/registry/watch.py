"""Small questions that a running server asks its registry at every request."""

from __future__ import annotations

from ledger.registry.head_store import kept_head
from ledger.registry.readiness import newest_head, signed_end
from ledger.registry.registry import OpenRegistry
from ledger.store.reading import StoreVersion
from ledger.store.watch import Watch
from schemas.problem import StateError

__all__ = ["RegistryWatch", "StoreVersion"]


class RegistryWatch(Watch):
    """Questions to one registry, each answered from the last commit of its database, also one of another process."""

    def __init__(self, registry: OpenRegistry) -> None:
        super().__init__(registry.engine)
        self._registry = registry
        self._signed: int | None = None

    def check_whole(self) -> None:
        """Check that the database holds every entry that was signed or that this process has seen, or raise.

        If the head store can't tell, only what this process has seen counts.

        Raises:
            StateError: `api.incomplete`; `store.unreadable`.
        """
        known = self._signed  # before the question: another thread may see a later commit meanwhile
        if known is None:
            known = self._end_signed()
        here = self.standing().size or 0
        if here < known:
            raise StateError.at("api.incomplete")
        self._signed = max(known, here)

    def _end_signed(self) -> int:
        """Return how many entries of all logs the last signed head covers, or 0 if the head store can't tell."""
        head = newest_head(self._registry)
        try:
            return signed_end(self._registry, kept_head(self._registry.heads), head) or 0
        except StateError as error:
            if error.code == "home.behind-log":
                raise StateError.at("api.incomplete") from error
            return 0
