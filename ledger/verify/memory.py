"""What an auditor knows already of certificates whose runs it isn't shown again: its own memory, told to `verify`.

Rules: an auditor judges each step by itself.  The certificates that a step cites are shown as the public sees them.
What their runs fixed (the holding, the gains, the answers) comes from the auditor's own judgement of the earlier step,
or for a relied input from other auditors' leaves.  So roots, ways, masses, sums of splits and moves are checked against
it, and nothing is excused.

This module judges nothing and stores nothing.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from schemas.audit import Inside
from schemas.claim import Answer


class KnownCertificate(NamedTuple):
    """What is known of a certificate: what lies inside its leaf, and the answer to each row of its claims."""

    inside: Inside
    answers: tuple[Answer, ...] = ()


class Memory(Protocol):
    """What an auditor knows, by the digest of the certificate (``zQm…``); a dictionary is one."""

    def get(self, certificate: str, /) -> KnownCertificate | None:
        """Return what is known of a certificate, or None."""
        ...
