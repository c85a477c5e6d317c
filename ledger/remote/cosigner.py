"""A witness or a monitor somewhere else: asked over HTTP as c2sp.org/tlog-witness has it.

Rules: as `ledger.remote.client`; whatever it answers is told as it is.  A monitor that has more to read than an answer may take goes on
after it, and answers the next question.  What this module does not do: it believes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.log.witness import WitnessReply

if TYPE_CHECKING:
    from ledger.log.vkey import VerifierKey
    from ledger.remote.client import RemoteServer

MOST_REPLY_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class RemoteCosigner:
    """A cosigner whose submission prefix is `remote`'s address."""

    key: VerifierKey
    remote: RemoteServer

    def add(self, body: bytes) -> WitnessReply:
        """Answer a request; raise StateError `remote.unreachable`."""
        status, answer = self.remote.send("/add-checkpoint", body, media="text/plain; charset=utf-8")
        return WitnessReply(status, answer.decode(errors="replace"))
