"""Verification with everything that this registry knows: of its own certificates, and of files that somebody brings.

Rules:

1. Of a chain that is longer than `MOST_JUDGED` the part next to its subject is judged, as if the issuers had withheld
   the rest. So an answer comes in time, and no chain takes all memory.
2. What the registry knows and the bundle does not show is added (`ledger.bundles.recall`), whoever made the bundle and
   whenever. So a lot has the same answer at each door.
3. A lone certificate of this registry is completed from its log. Another one is judged alone, which is never enough.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from threading import Lock
from typing import Final, NamedTuple

from sqlalchemy import Connection

from ledger.bundles.build import bundle_documents, bundle_lines
from ledger.bundles.gather import BundleView, Extent, Opening
from ledger.bundles.recall import learn, learn_from
from ledger.factors.tables import FactorTables
from ledger.lots.certificates import is_certified_here
from ledger.registry.pinned import others_pinned
from ledger.registry.registry import OpenRegistry
from ledger.seal.sdjwt import MOST_TEXT_BYTES, open_certificate
from ledger.store.abroad import pinned_notes
from ledger.store.engine import reading
from ledger.store.logs import latest_head
from ledger.store.reading import latest_published
from ledger.trust.pinned import Trust, open_trust
from ledger.trust.several import merged_trust
from ledger.verify.chain import Chain, Policy
from ledger.verify.verify import verify_bundle, verify_certificate
from schemas.bundle import BUNDLE_BEGINS, BundleLine
from schemas.door.encoding import text_of
from schemas.problem import StateError

MOST_JUDGED: Final = 500
"""Certificates of a chain that are judged for one answer; `oreprint verify` judges longer ones."""
MOST_JUDGED_BYTES: Final = 8 * 1024 * 1024
"""Bytes of their texts."""
LINES_AT_HAND: Final = 200
"""Lines of a bundle, and opened certificates, that stay while a report and its page are made: more than a page
draws."""


class OpenBundle(NamedTuple):
    """A bundle in memory: its trust list, its documents, and the function that parses their certificates."""

    trust: Trust
    lines: Sequence[BundleLine]
    opening: Opening


class Verification(NamedTuple):
    """A finished verification and its trust list.

    `whole` is false if the chain was longer than what is judged (rule 1); `bundle` is None if it is a long one.
    `unshown` is the number of entries above the head that was shown.
    """

    chain: Chain
    trust: Trust
    whole: bool
    bundle: OpenBundle | None
    unshown: int


class VerifiedFile(NamedTuple):
    """A file that somebody brought, judged: the lines of its bundle, or else the text of a lone certificate.

    `ours` is true if a lone certificate was completed from this registry's log.
    """

    chain: Chain
    lines: Sequence[bytes] = ()
    text: str = ""
    ours: bool = False


@dataclass(slots=True)
class LocalVerifier:
    """Verifies the certificates of one registry with one set of factor tables."""

    registry: OpenRegistry
    tables: FactorTables
    _trust: tuple[tuple[int, tuple[tuple[str, str], ...]], Trust] | None = None

    def trust(self) -> Trust:
        """Return the registry's trust list joined with those it has pinned; raise StateError `verify.trust-missing`."""
        with reading(self.registry.engine) as connection:
            return self._trusted(connection)

    def verify(self, digest: str, view: BundleView, *, now_ms: int) -> Verification:
        """Verify a certificate as `view` sees it, from one snapshot of the database.

        Raises:
            MissingError: `store.record-missing`; InputError: `seal.certificate-digest`.
        """
        opening, extent, policy = _keeping(), Extent(MOST_JUDGED, MOST_JUDGED_BYTES), Policy(at_ms=now_ms)
        with reading(self.registry.engine) as connection:
            trust = self._trusted(connection)
            silent = replace(self.registry, status=None)  # it adds below what it knows itself
            lines = bundle_documents(silent, connection, digest, view=view, opening=opening, extent=extent)
            first = list(islice(lines, LINES_AT_HAND))
            every = itertools.chain(first, lines)
            chain = verify_bundle(every, trust=trust, tables=self.tables, policy=policy, opening=opening)
            learn_from(connection, chain)
            latest = latest_head(connection)
        bundle = OpenBundle(trust, first, opening) if len(first) < LINES_AT_HAND else None
        shown = chain.heads.by_registry.get(self.registry.did)
        unshown = latest.size - shown.head.size if shown else 0
        return Verification(chain, trust, not extent.reached, bundle, unshown)

    def gather(self, digest: str, view: BundleView) -> OpenBundle:
        """Return the bundle that `verify` would verify, or raise MissingError `store.record-missing`."""
        opening, extent = _keeping(), Extent(MOST_JUDGED, MOST_JUDGED_BYTES)
        with reading(self.registry.engine) as connection:
            lines = bundle_documents(self.registry, connection, digest, view=view, opening=opening, extent=extent)
            return OpenBundle(self._trusted(connection), tuple(lines), opening)

    def judge(self, lines: Iterable[bytes], policy: Policy) -> Chain:
        """Verify a bundle that somebody brought, as its lines with their newlines.

        Raises:
            InputError: `bundle.*`, `document.*` when it is none.
        """
        with ExitStack() as turn:
            chain = verify_bundle(_in_turn(lines, turn), trust=self.trust(), tables=self.tables, policy=policy)
            learn(self.registry, chain)
            return chain

    def judge_file(self, raw: bytes, policy: Policy) -> VerifiedFile:
        """Verify a bundle, a certificate or a presentation that somebody brought.

        Raises:
            InputError: `bundle.*`, `document.*`, `seal.*` when it is none of these.
        """
        if raw.startswith(BUNDLE_BEGINS):
            lines = raw.splitlines(keepends=True)
            return VerifiedFile(self.judge(lines, policy), lines)
        text = text_of(raw, area="file", max_bytes=MOST_TEXT_BYTES).removesuffix("\n").removesuffix("\r")
        alone = verify_certificate(text, trust=self.trust(), tables=self.tables, policy=policy)
        digest = alone.subject
        if digest is None or not is_certified_here(self.registry, digest):
            return VerifiedFile(alone, text=text)
        view = BundleView("public", as_granted=True, text=text)
        lines = list(bundle_lines(self.registry, digest, audience=view))
        return VerifiedFile(self.judge(lines, policy), lines, ours=True)

    def _trusted(self, connection: Connection) -> Trust:
        own = latest_published(connection, "trust")
        if own is None:
            raise StateError.at("verify.trust-missing")
        others = tuple(pinned_notes(connection).items())
        kept = self._trust  # read once: another thread may replace it
        if kept is None or kept[0] != (own.entry, others):
            kept = self._trust = (own.entry, others), merged_trust(open_trust(own.text), others_pinned(connection))
        return kept[1]


_TURN: Final = Lock()


def _in_turn(lines: Iterable[bytes], turn: ExitStack) -> Iterator[bytes]:
    """Yield lines; where they are many, wait until no other large bundle is judged, and hold that until `turn` ends.

    What is judged of a certificate takes 16 kB, so that a few large bundles at once would take all memory.
    """
    size = 0
    for line in lines:
        if size <= MOST_JUDGED_BYTES < size + len(line):
            turn.enter_context(_TURN)
        size += len(line)
        yield line


def _keeping() -> Opening:
    """Return an opener that keeps certificates open: gathering, judging and showing ask for the same ones."""
    return lru_cache(maxsize=LINES_AT_HAND)(open_certificate)
