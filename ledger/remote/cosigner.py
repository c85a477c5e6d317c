"""A remote witness or monitor, asked over HTTP (c2sp.org/tlog-witness).

Rules: as `ledger.remote.client`; its answers are passed on unchanged.  A monitor that must read more than fits into the
time of one answer continues afterwards, and answers the next request.  This module trusts no answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ledger.log.vkey import VerifierKey
from ledger.log.witness import WitnessReply
from ledger.remote.client import RemoteServer

MOST_REPLY_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class RemoteCosigner:
    """A cosigner; the address of `remote` is its submission prefix."""

    key: VerifierKey
    remote: RemoteServer

    def add(self, body: bytes) -> WitnessReply:
        """Answer a request; raise StateError `remote.unreachable`."""
        status, answer = self.remote.send("/add-checkpoint", body, media="text/plain; charset=utf-8")
        return WitnessReply(status, answer.decode(errors="replace"))
