"""Verifying chains: everything checked, full disclosure; the public view; a very deep chain; one core and two.

The chain is a line of batches with 20 lines each: every other one has two inputs, so 1.5 on average, each the third holding of
its way (two splits).  The floor verifies the very same signatures over the very same bytes, raw, with `cryptography`.
"""

from __future__ import annotations

import time
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bench.table import Row, in_turn, ratio
from ledger.seal.digest import from_base64url
from ledger.verification import Task, verify_shared
from ledger.verify.chain import Policy
from ledger.verify.reading import ALONE, Share
from ledger.verify.verdict import report
from schemas.bundle import CertificateLine, EndLine, Header, read_line
from tests.cast import key
from tests.recipe import Make, tables
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.seal.certificate import SealedCertificate
    from schemas.report import Report
    from tests.draft import Lump

ROUNDS: Final = 7
LENGTH: Final = 1000
BATCH_MG: Final = 1_000_000_000
TAKEN_MG: Final = 100_000_000
PRODUCER: Final = "ann"


class Chain:
    """A chain of certificates in a world of its own, and its bundles."""

    def __init__(self, length: int, *, full: bool) -> None:
        self.world = World(full=full)
        self._left: list[Lump] = []
        self._made: list[SealedCertificate] = []
        self._issue([])
        for number in range(1, length):
            wanted = 2 if number % 2 else 1
            self._issue([self._drawn(back) for back in range(1, 1 + min(wanted, len(self._left)))])
        self.subject = self._made[-1]

    def _issue(self, takes: Sequence[Lump]) -> None:
        feed = BATCH_MG - sum(lump.mass_mg for lump in takes)
        made = self.world.issue(PRODUCER, takes, [Make(BATCH_MG)], feed_mg=feed)
        self._left.append(made.lumps[0])
        self._made.append(made.certificate)

    def _drawn(self, back: int) -> Lump:
        """Take a mass out of the lot made so many batches ago, by two splits."""
        half, self._left[-back] = self.world.split(self._left[-back], 2 * TAKEN_MG)
        return self.world.split(half, TAKEN_MG)[0]

    def whole(self, length: int = 0) -> list[bytes]:
        """Return the bundle with everything disclosed, of the whole chain or of its beginning."""
        return self.world.bundle(self._made[length - 1], "auditor")

    def public(self) -> list[bytes]:
        """Return the bundle of the certificates alone, as the public sees them."""
        lines = [read_line(line, "") for line in self.world.bundle(self.subject, "public")]
        kept = [line for line in lines if getattr(line, "t", "") != "split"]
        count = sum(isinstance(line, CertificateLine) for line in kept)
        kept[0] = kept[0].model_copy(update={"records": count}) if isinstance(kept[0], Header) else kept[0]
        return [line.to_bytes() + b"\n" for line in (*kept[:-1], EndLine(t="end", lines=len(kept)))]

    def task(self, lines: Sequence[bytes]) -> Task:
        """Return the verification of a bundle of this chain."""
        return Task(lambda: iter(lines), self.world.people.trust, tables(), Policy(at_ms=self.world.now_ms))

    def verified(self, lines: Sequence[bytes], *, processes: int = 1) -> Report:
        """Verify a bundle of this chain, which must hold."""
        found = report(verify_shared(self.task(lines), processes=processes))
        if found.verdict != "genuine":
            raise ValueError(found.headline)
        return found


def signatures(lines: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Yield the signature and the signed bytes of each certificate of a bundle."""
    for raw in lines:
        line = read_line(raw, "")
        if isinstance(line, CertificateLine):
            signed, _, signature = line.certificate.partition("~")[0].rpartition(".")
            yield from_base64url(signature), signed.encode()


def verify_raw(public: Ed25519PublicKey, signed: Sequence[tuple[bytes, bytes]]) -> None:
    """Verify signatures and nothing else: the floor."""
    for signature, message in signed:
        public.verify(signature, message)


def rows() -> list[Row]:
    """Measure a chain of 1,000 certificates."""
    chain = Chain(LENGTH, full=True)
    public = Ed25519PublicKey.from_public_bytes(key(PRODUCER).public)
    whole = chain.whole()
    return [
        _against_raw(chain, whole, public, "everything disclosed and checked", "<= 10x", "7.5x"),
        _against_raw(chain, chain.public(), public, "the public view", "<= 2.5x", "1.8x"),
        _shared(chain, whole),
        _stretch(chain, whole),
    ]


def _against_raw(
    chain: Chain, lines: list[bytes], public: Ed25519PublicKey, name: str, required: str, goal: str
) -> Row:
    signed = list(signatures(lines))
    ours, floor = in_turn(
        ROUNDS, partial(chain.verified, lines), partial(verify_raw, public, signed), clock=time.process_time
    )
    return Row(
        f"verify a chain of {LENGTH}: {name}",
        f"{min(ours) * 1000:.0f} ms",
        f"{min(floor) * 1000:.0f} ms, raw signatures",
        f"{min(ours) / min(floor):.2f}x",
        required,
        goal,
    )


def _shared(chain: Chain, lines: list[bytes]) -> Row:
    two, one = in_turn(ROUNDS, partial(chain.verified, lines, processes=2), partial(chain.verified, lines))
    return Row(
        f"verify a chain of {LENGTH}: the same, two processes",
        f"{median(two) * 1000:.0f} ms",
        f"{median(one) * 1000:.0f} ms, one process",
        f"{ratio(two, one):.2f}x",
        "nearly 0.5x",
        "",
    )


def _stretch(chain: Chain, lines: list[bytes]) -> Row:
    """Measure in processor time, which a busy machine tells too, what the slower of two processes has to do."""
    task = chain.task(lines)
    acts = (partial(task.judged_share, share) for share in (Share(0, 2), Share(1, 2), ALONE))
    first, second, one = map(min, in_turn(ROUNDS, *acts, clock=time.process_time))
    return Row(
        f"verify a chain of {LENGTH}: the slower of two processes, in processor time",
        f"{max(first, second) * 1000:.0f} ms",
        f"{one * 1000:.0f} ms, one process",
        f"{max(first, second) / one:.2f}x",
        "nearly 0.5x",
        "",
    )


if __name__ == "__main__":
    for each in rows():
        print(each)
