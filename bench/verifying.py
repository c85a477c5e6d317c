"""Verifying chains: everything checked, full disclosure; the public view; a very deep chain.

The chain is a line of batches with 20 lines each: every other one has two inputs, so 1.5 on average, each the third
holding of its way (two splits).  The floor verifies the very same signatures over the very same bytes, raw, with
`cryptography`.

The bundles lie in files, and are verified by processes that did not make them, as a verifier is: the memory of one that
made a chain lies in pieces all over, which costs it a tenth.
"""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bench.table import Row, apart, in_turn
from ledger.files.source import BUFFER_BYTES
from ledger.seal.digest import from_base64url
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.bundle import CertificateLine, EndLine, Header, read_line
from schemas.document import replace
from tests.support.worlds.parties import cast, key
from tests.support.worlds.recipe import Make, tables
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Self

    from ledger.seal.certificate import SealedCertificate
    from schemas.report import Report
    from tests.support.worlds.drafts import Lump

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
        kept[0] = replace(kept[0], records=count) if isinstance(kept[0], Header) else kept[0]
        return [line.to_bytes() + b"\n" for line in (*kept[:-1], EndLine(t="end", lines=len(kept)))]


class Bundle(NamedTuple):
    """A bundle in a file, to be verified as of a time (ms)."""

    file: Path
    at_ms: int

    @classmethod
    def written(cls, file: Path, chain: Chain, lines: Iterable[bytes]) -> Self:
        """Write the lines of a bundle of this chain to a file."""
        file.write_bytes(b"".join(lines))
        return cls(file, chain.world.now_ms)

    def lines(self) -> Iterator[bytes]:
        """Yield the lines with their newlines, read as `oreprint verify` reads them."""
        with self.file.open("rb", buffering=BUFFER_BYTES) as stream:
            yield from stream

    def verified(self) -> Report:
        """Verify it; it must hold."""
        policy = Policy(at_ms=self.at_ms)
        found = report(verify_bundle(self.lines(), trust=cast().trust, tables=tables(), policy=policy))
        if found.verdict != "genuine":
            raise ValueError(found.headline)
        return found


def signatures(lines: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
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
    with TemporaryDirectory() as folder:
        whole = Bundle.written(Path(folder) / "whole.oreprint", chain, chain.whole())
        public = Bundle.written(Path(folder) / "public.oreprint", chain, chain.public())
        return [
            _against_raw(whole, "everything disclosed and checked", "<= 10x", "7.5x"),
            _against_raw(public, "the public view", "<= 2.5x", "1.8x"),
        ]


def _against_raw(bundle: Bundle, name: str, required: str, goal: str) -> Row:
    ours, floor = apart(_beside_raw, bundle)
    return Row(
        f"verify a chain of {LENGTH}: {name}",
        f"{ours * 1000:.0f} ms",
        f"{floor * 1000:.0f} ms, raw signatures",
        f"{ours / floor:.2f}x",
        required,
        goal,
    )


def _beside_raw(bundle: Bundle) -> list[float]:
    public = Ed25519PublicKey.from_public_bytes(key(PRODUCER).public)
    signed = list(signatures(bundle.lines()))
    acts = (bundle.verified, partial(verify_raw, public, signed))
    return [*map(min, in_turn(ROUNDS, *acts, clock=time.process_time))]


if __name__ == "__main__":
    for each in rows():
        print(each)
