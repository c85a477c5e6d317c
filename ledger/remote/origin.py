"""Whom an outbound call is sent to.

What this module does not do: it opens nothing (`ledger.remote.exchange`).
"""

from __future__ import annotations

from typing import NamedTuple


class WebOrigin(NamedTuple):
    """Whom a request is sent to: scheme, host and port, as a browser's origin (RFC 6454)."""

    secure: bool
    host: str
    port: int

    def to_text(self) -> str:
        """Return the origin as the beginning of an address, its port only where it isn't the scheme's own."""
        scheme, usual = ("https", 443) if self.secure else ("http", 80)
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}" if self.port == usual else f"{scheme}://{host}:{self.port}"
