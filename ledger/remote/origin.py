"""The server that receives a request.

This module opens nothing (`ledger.remote.exchange` does).
"""

from __future__ import annotations

from typing import NamedTuple


class WebOrigin(NamedTuple):
    """The receiver of a request: scheme, host and port, like a browser's origin (RFC 6454)."""

    secure: bool
    host: str
    port: int

    def to_text(self) -> str:
        """Return the origin as the beginning of an address, with the port unless it is the scheme's default."""
        scheme, usual = ("https", 443) if self.secure else ("http", 80)
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}" if self.port == usual else f"{scheme}://{host}:{self.port}"
