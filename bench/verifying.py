"""Verifying chains: everything checked, full disclosure; the public view; a very deep chain; one core and two.

The chain is a line of batches with 20 lines each: every other one has two inputs, so 1.5 on average, each the third holding of
its way (two splits).  The floor verifies the very same signatures over the very same bytes, raw, with `cryptography`.

The bundles lie in files, and are verified by processes that did not make them, as a verifier is: the memory of one that made a chain
lies in pieces all over, which costs it a tenth.  Of two processes each round begins anew, as a command does; beside them two verify half of
the chain each and share nothing, which tells what this machine allows.
"""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, NamedTuple, ParamSpec, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bench.table import Row, in_turn, seconds
from cli.given import GivenBundle
from ledger.seal.digest import from_base64url
from ledger.verification import Task, verify_shared
from ledger.verify.chain import Policy
from ledger.verify.reading import ALONE, Share
from ledger.verify.verdict import report
from schemas.bundle import CertificateLine, EndLine, Header, read_line
from tests.cast import cast, key
from tests.recipe import Make, tables
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Self

    from ledger.seal.certificate import SealedCertificate
    from schemas.report import Report
    from tests.draft import Lump

ROUNDS: Final = 7
LENGTH: Final = 1000
BEGUN_IN_S: Final = 3
"""By then a process has loaded all that it needs."""
BATCH_MG: Final = 1_000_000_000
TAKEN_MG: Final = 100_000_000
PRODUCER: Final = "ann"
Given = ParamSpec("Given")
Found = TypeVar("Found")


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
        """Yield the lines with their newlines, as the command reads them."""
        return GivenBundle(self.file.name, iter(()), self.file).anew()

    def task(self) -> Task:
        """Return the verification of it; trust list and tables are read once in a process."""
        return Task(self.lines, cast().trust, tables(), Policy(at_ms=self.at_ms))

    def verified(self, *, processes: int = 1) -> Report:
        """Verify it; it must hold."""
        found = report(verify_shared(self.task(), processes=processes))
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
        half = Bundle.written(Path(folder) / "half.oreprint", chain, chain.whole(LENGTH // 2))
        public = Bundle.written(Path(folder) / "public.oreprint", chain, chain.public())
        return [
            _against_raw(whole, "everything disclosed and checked", "<= 10x", "7.5x"),
            _against_raw(public, "the public view", "<= 2.5x", "1.8x"),
            *_shared(whole, half),
            _stretch(whole),
        ]


def _apart(act: Callable[Given, Found], *args: Given.args, **named: Given.kwargs) -> Found:
    """Return what an act returns in a process that has done nothing yet."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
        return apart.submit(act, *args, **named).result()


def _against_raw(bundle: Bundle, name: str, required: str, goal: str) -> Row:
    ours, floor = _apart(_beside_raw, bundle)
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


def _shared(bundle: Bundle, half: Bundle) -> list[Row]:
    rounds = [(_apart(_once, bundle, processes=2), _apart(_once, bundle), _twice(half)) for _ in range(ROUNDS)]
    two, one, halves = map(min, zip(*rounds, strict=True))
    floor = f"{one * 1000:.0f} ms, one process"
    name = f"verify a chain of {LENGTH}: two processes"
    return [
        Row(name, f"{two * 1000:.0f} ms", floor, f"{two / one:.2f}x", "nearly 0.5x", ""),
        Row(f"{name} with half of it each", f"{halves * 1000:.0f} ms", floor, f"{halves / one:.2f}x", "", ""),
    ]


def _once(bundle: Bundle, *, processes: int = 1, begin: float = 0) -> float:
    """Return the seconds until the report is there, begun at a time of the monotonic clock; trust list and tables are there before."""
    bundle.task()
    time.sleep(max(0, begin - time.monotonic()))
    return seconds(partial(bundle.verified, processes=processes))


def _twice(bundle: Bundle) -> float:
    """Return the seconds of the slower of two processes that verify the same at the same time, each for itself."""
    begin = time.monotonic() + BEGUN_IN_S
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as apart:
        return max(apart.map(partial(_once, begin=begin), (bundle, bundle)))


def _stretch(bundle: Bundle) -> Row:
    """Measure in processor time, which a busy machine tells too, what the slower of two processes has to do."""
    first, second, one = _apart(_shares, bundle)
    return Row(
        f"verify a chain of {LENGTH}: two processes, the slower one in processor time",
        f"{max(first, second) * 1000:.0f} ms",
        f"{one * 1000:.0f} ms, one process",
        f"{max(first, second) / one:.2f}x",
        "nearly 0.5x",
        "",
    )


def _shares(bundle: Bundle) -> list[float]:
    acts = (partial(bundle.task().judged_share, share) for share in (Share(0, 2), Share(1, 2), ALONE))
    return [*map(min, in_turn(ROUNDS, *acts, clock=time.process_time))]


if __name__ == "__main__":
    for each in rows():
        print(each)
