"""Reports of this registry's own certificates, judged once and told fresh.

Rules:

1. A report is a function of records that never change and of their standing: status bits, published lists, trust list, time.  A
   verified report is kept under the certificate and the view, and told again only while the standing, which is asked of the
   database at every hit, is the one that it was judged on, and before the next moment at which time alone could change it.
2. Of a chain that is longer than `MOST_JUDGED` its first part is judged, as if its issuers had withheld the rest: an answer comes in time, and
   nobody's memory is taken by one chain.
3. Size of the log, time of the check and age of the status list are of the hit, not of what was kept.

What this module does not do: judging (`ledger.verify`), or letting anybody see what they may not (the view comes from `api.routes`).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from ledger.bundles.build import BundleView, Extent, bundle_documents
from ledger.bundles.recall import learn_from
from ledger.files.cache import Bounded
from ledger.seal.sdjwt import open_certificate
from ledger.store.abroad import pinned_notes
from ledger.store.engine import reading
from ledger.store.reading import StoreVersion, latest_published
from ledger.trust.pinned import Trust, open_trust
from ledger.trust.several import merged_trust
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.instant import epoch_ms, instant_text, whole_second
from schemas.problem import StateError
from schemas.status import MOST_AGE_MS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ledger.bundles.build import Opening
    from ledger.factors.tables import FactorTables
    from ledger.registry.registry import OpenRegistry
    from ledger.store.reading import StoredRecord
    from ledger.store.watch import Watch
    from ledger.verify.chain import Chain
    from schemas.bundle import BundleLine
    from schemas.report import Assurance, Report

MOST_KEPT_BYTES: Final = 64 * 1024 * 1024
"""Of reports in memory, texts and objects: some thousand of usual ones."""
_TIMES_ITS_TEXT: Final = 4
"""What a report takes in memory: its text, and the objects that it is of (2 to 3 times that, measured by `tracemalloc`)."""
MOST_JUDGED: Final = 500
"""Certificates of a chain that are judged for one answer, those next to its subject; what is longer is for `oreprint verify`."""
MOST_JUDGED_BYTES: Final = 8 * 1024 * 1024
"""Of their texts."""
LONGEST_MS: Final = 10 * 60 * 1000
"""How long a report is kept at most; what a tenant was granted meanwhile shows after it."""
UNCONFIRMED_MS: Final = 1000
"""How long a report is kept that waits for witnesses or a monitor."""
LINES_AT_HAND: Final = 200
"""Lines of a bundle, and certificates opened, that stay while a report and its page are made: more than a page draws."""
_TAIL: Final = b',"checked_at":'


class FreshReport(NamedTuple):
    """A report that was judged: its document, its text up to what is of the hit, on what standing until when it is good; `whole` unless its
    chain was longer than what is judged.
    """  # noqa: D205 - one thought

    found: Report
    head: bytes
    standing: StoreVersion
    judged_ms: int
    until_ms: int
    whole: bool


def _weight(kept: FreshReport) -> int:
    """Return how much memory a kept report takes, in bytes."""
    return len(kept.head) * _TIMES_ITS_TEXT


class Judged(NamedTuple):
    """What a report was just judged on: the trust list, and the bundle's documents with what opens their certificates again."""

    trust: Trust
    lines: Sequence[BundleLine]
    opening: Opening


class Told(NamedTuple):
    """A report as of now: the document that was judged, and its text with this moment's size, time and age.

    `whole` unless its chain was longer than what is judged; `judged` is None where it was kept, or its bundle is a long one.
    """

    found: Report
    text: bytes
    whole: bool
    judged: Judged | None = None


def _keeping() -> Opening:
    """Return what opens certificates and keeps them open: gathering, judging and showing ask for the same ones."""
    return lru_cache(maxsize=LINES_AT_HAND)(open_certificate)


@dataclass(slots=True)
class Reports:
    """The verified reports of one process."""

    registry: OpenRegistry
    tables: FactorTables
    watch: Watch
    _kept: Bounded[tuple[str, BundleView, str | None], FreshReport] = field(
        default_factory=lambda: Bounded(MOST_KEPT_BYTES, weigh=_weight)
    )
    _trust: tuple[tuple[int, tuple[str, ...]], Trust] | None = None

    def seen(self, digest: str, view: BundleView, *, tenant: str | None = None) -> Told | None:
        """Return the report that is kept of a certificate, told as of now, or None where it must be judged (rule 1).

        One small question to the database, so cheap enough for the loop that serves everybody.
        """
        return self._told(self._kept.get((digest, view, tenant)), self.watch.standing(), self.registry.runtime.now_ms())

    def tell(self, digest: str, view: BundleView, *, tenant: str | None = None) -> Told:
        """Return the report of a certificate as `view` sees it; `tenant` keeps views of several callers apart.

        Raises:
            MissingError: `store.record-missing`; InputError: `seal.certificate-digest`.

        """
        now, stands = self.registry.runtime.now_ms(), self.watch.standing()
        told = self._told(self._kept.get((digest, view, tenant)), stands, now)
        if told is not None:
            return told
        kept, judged = self._judge(digest, view, stands, now)
        self._kept.put((digest, view, tenant), kept)
        return Told(kept.found, kept.head + _tail(kept, stands, now), kept.whole, judged)

    def _told(self, kept: FreshReport | None, stands: StoreVersion, now: int) -> Told | None:
        if kept is None or kept.standing[1:] != stands[1:] or not kept.judged_ms <= now < kept.until_ms:
            return None
        return Told(kept.found, kept.head + _tail(kept, stands, now), kept.whole)

    def trust(self) -> Trust:
        """Return this registry's own trust list with those that it pinned: what it judges by, and what visitors must get elsewhere."""
        with reading(self.registry.engine) as connection:
            return self._trusted(latest_published(connection, "trust"), pinned_notes(connection))

    def _trusted(self, stored: StoredRecord | None, pinned: Mapping[str, str]) -> Trust:
        others = tuple(dict.fromkeys(pinned.values()))
        if stored is None:
            raise StateError.at("verify.trust-missing")
        kept = self._trust  # looked at once: another thread may put another one there
        if kept is None or kept[0] != (stored.entry, others):
            kept = self._trust = (stored.entry, others), merged_trust(open_trust(stored.text), map(open_trust, others))
        return kept[1]

    def _judge(
        self, digest: str, view: BundleView, stands: StoreVersion, now: int
    ) -> tuple[FreshReport, Judged | None]:
        opening, extent = _keeping(), Extent(MOST_JUDGED, MOST_JUDGED_BYTES)
        with reading(self.registry.engine) as connection:
            trust = self._trusted(latest_published(connection, "trust"), pinned_notes(connection))
            lines = bundle_documents(self.registry, connection, digest, view=view, opening=opening, extent=extent)
            first = list(islice(lines, LINES_AT_HAND))
            policy = Policy(at_ms=now)
            chain = verify_bundle(
                itertools.chain(first, lines), trust=trust, tables=self.tables, policy=policy, opening=opening
            )
            learn_from(connection, chain)
        judged = Judged(trust, first, opening) if len(first) < LINES_AT_HAND else None
        return self._kept_until(chain, trust, stands, now, whole=not extent.reached), judged

    def gathered(self, digest: str, view: BundleView) -> Judged:
        """Return what a report would be judged on.

        Raises:
            MissingError: `store.record-missing`.

        """
        opening = _keeping()
        with reading(self.registry.engine) as connection:
            extent = Extent(MOST_JUDGED, MOST_JUDGED_BYTES)
            lines = bundle_documents(self.registry, connection, digest, view=view, opening=opening, extent=extent)
            trust = self._trusted(latest_published(connection, "trust"), pinned_notes(connection))
            return Judged(trust, tuple(lines), opening)

    def _kept_until(self, chain: Chain, trust: Trust, stands: StoreVersion, now: int, *, whole: bool) -> FreshReport:
        """Return a report with how long it may be kept (rule 1)."""
        found = report(chain)
        text = found.to_bytes()
        subject = chain.seen.get(chain.subject or "")
        ends = [now + LONGEST_MS, epoch_ms(trust.listed.expires)]
        if found.status_age_s is not None:
            ends.append(now + MOST_AGE_MS - found.status_age_s * 1000)
        if subject is not None and subject.record.valid_until is not None:
            ends.append(epoch_ms(subject.record.valid_until))
        if found.assurance != _asked_for(trust, self.registry.did):
            ends.append(now + UNCONFIRMED_MS)
        # what has passed already can't pass again
        return FreshReport(found, text[: text.rindex(_TAIL)], stands, now, min(end for end in ends if end > now), whole)


def _asked_for(trust: Trust, name: str) -> Assurance:
    """Return the assurance that a registry's reports have once its head is cosigned."""
    listed = trust.registry(name).listed
    if not listed.witnesses.least:
        return "registry-only"
    return "monitored" if listed.monitors.least else "witnessed"


def _tail(kept: FreshReport, stands: StoreVersion, now: int) -> bytes:
    """Return the last members of a report as they are at this moment."""
    members: dict[str, object] = {"checked_at": instant_text(whole_second(now))}
    if kept.found.log_size is not None:
        members["log_size"] = stands.size
    if kept.found.status_age_s is not None:
        members["status_age_s"] = kept.found.status_age_s + (now - kept.judged_ms) // 1000
    return b"," + orjson.dumps(members)[1:]
