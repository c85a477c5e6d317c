"""Reports on this registry's own certificates: verified once, kept, and answered with the values of the moment.

Rules:

1. A report is a function of records that never change and of their standing: status bits, published lists, trust list,
   time. A report is kept under certificate and view. It is answered again only while the standing, which every request
   asks of the database, is the one that it was verified on, and before the next moment at which time alone could change
   it.
2. The size of the log, the time of the check, the age of the status list, and the time as of which the registry tells
   of hidden lots that ended, are those of the request.
3. The tag of a report is a digest of everything else in it. So the tag changes when an answer changes, and neither with
   the clock nor with the log alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, NamedTuple, TypeVar

from ledger.bundles.gather import BundleView
from ledger.bundles.verification import LocalVerifier, OpenBundle, Verification
from ledger.files.cache import Bounded
from ledger.plausibility.answers import nearest
from ledger.registry.watch import RegistryWatch, StoreVersion
from ledger.trust.pinned import Trust
from ledger.verify.verdict import report
from schemas.document import replace
from schemas.instant import epoch_ms, time_text
from schemas.report import Action, Assurance, Reply, Report
from schemas.status import MOST_AGE_MS

MOST_KEPT_BYTES: Final = 32 * 1024 * 1024
"""Bytes of reports in memory, texts and objects: some hundred of usual ones."""
_TIMES_ITS_TEXT: Final = 4
"""Memory of a report, in sizes of its text: the text, and its objects (2 to 3 times that, measured by
`tracemalloc`)."""
LONGEST_MS: Final = 10 * 60 * 1000
"""How long a report is kept at most; a view that a tenant was granted meanwhile shows after it."""
UNCONFIRMED_MS: Final = 1000
"""How long a report is kept that waits for witnesses or a monitor, itself or what somebody says of certificates."""


class Moment(NamedTuple):
    """Members of a report that belong to the request: time of the check, size of the log, age of the status lists."""

    checked_at: str
    log_size: int | None
    status_age_s: int | None


class KeptReport(NamedTuple):
    """A verified report, the size of its text in bytes, and on which standing and until when it holds.

    `whole` is false if its chain was longer than what is judged. `tag` is that of the report (rule 3).
    """

    report: Report
    size: int
    standing: StoreVersion
    judged_ms: int
    until_ms: int
    whole: bool
    tag: str


class FreshReport(NamedTuple):
    """A report with the values of the moment; `bundle` is what it was just judged on, None if kept or long."""

    kept: KeptReport
    moment: Moment
    bundle: OpenBundle | None = None

    @property
    def report(self) -> Report:
        """The report as it was verified."""
        return self.kept.report

    @property
    def now(self) -> Report:
        """The report of the moment."""
        as_of = self.kept.report.upstream_as_of and self.moment.checked_at
        return replace(self.kept.report, **self.moment._asdict(), upstream_as_of=as_of)

    @property
    def text(self) -> bytes:
        """The report of the moment as JSON."""
        return self.now.to_bytes()


def tag_of(report: Report) -> str:
    """Return the entity tag of a report, a weak one: it leaves out the values of the moment (rule 3)."""
    replies = replace(report.replies, withdrawn=_undated(report.replies.withdrawn))
    parts = {"replies": replies, "action": _undated(report.action), "upstream_as_of": None}
    lasting = replace(report, **_NO_MOMENT._asdict(), **parts)
    return weak_tag(lasting.to_bytes())


Dated = TypeVar("Dated", Reply, Action)


def _undated(told: Dated) -> Dated:
    """Return an answer or an action without its words, if they say as of which day it is known."""
    if "as_of" not in told.facts:
        return told
    return replace(told, sentence="", facts={name: each for name, each in told.facts.items() if name != "as_of"})


def weak_tag(content: bytes) -> str:
    """Return the weak entity tag of an answer (RFC 9110, 8.8.3), given its bytes without the values of the moment."""
    return f'W/"{sha256(content).hexdigest()[:32]}"'


_NO_MOMENT: Final = Moment("", None, None)


def _weight(kept: KeptReport) -> int:
    """Return how much memory a kept report takes, in bytes."""
    return kept.size * _TIMES_ITS_TEXT


@dataclass(slots=True)
class Reports:
    """The verified reports of one process."""

    verifier: LocalVerifier
    watch: RegistryWatch
    _kept: Bounded[tuple[str, BundleView, str | None], KeptReport] = field(
        default_factory=lambda: Bounded(MOST_KEPT_BYTES, name="reports", weigh=_weight)
    )

    def find(self, digest: str, view: BundleView) -> FreshReport | None:
        """Return the kept report with the values of the moment, or None if it must be verified (rule 1).

        It asks the database one small question, so the event loop may call it.
        """
        return self._fresh(self._kept.get((digest, view, None)), self.watch.standing(), self._now_ms())

    def tell(self, digest: str, view: BundleView, *, tenant: str | None = None) -> FreshReport:
        """Return the report on a certificate as `view` sees it; `tenant` keeps views of several callers apart.

        Raises:
            MissingError: `store.record-missing`; InputError: `seal.certificate-digest`.
        """
        now, standing = self._now_ms(), self.watch.standing()
        fresh = self._fresh(self._kept.get((digest, view, tenant)), standing, now)
        if fresh is not None:
            return fresh
        found = self.verifier.verify(digest, view, now_ms=now)
        kept = self._kept_until(found, standing, now)
        self._kept.put((digest, view, tenant), kept)
        return FreshReport(kept, _moment(kept, standing, now), found.bundle)

    def _now_ms(self) -> int:
        return self.verifier.registry.runtime.now_ms()

    def _fresh(self, kept: KeptReport | None, standing: StoreVersion, now: int) -> FreshReport | None:
        if kept is None or kept.standing[1:] != standing[1:] or not kept.judged_ms <= now < kept.until_ms:
            return None
        return FreshReport(kept, _moment(kept, standing, now))

    def _kept_until(self, found: Verification, standing: StoreVersion, now: int) -> KeptReport:
        """Return the report of a verification with how long it may be kept (rule 1)."""
        made = report(found.chain) if found.whole else nearest(report(found.chain))
        subject = found.chain.seen.get(found.chain.subject or "")
        ends = [now + LONGEST_MS, epoch_ms(found.trust.listed.expires)]
        if made.status_age_s is not None:
            ends.append(now + MOST_AGE_MS - made.status_age_s * 1000)
        if subject is not None and subject.record.valid_until is not None:
            ends.append(epoch_ms(subject.record.valid_until))
        attested = standing.attested is not None and standing.attested >= (standing.size or 0) - found.unshown
        if attested or made.assurance != _best_assurance(found.trust, self.verifier.registry.did):
            ends.append(now + UNCONFIRMED_MS)
        until = min(end for end in ends if end > now)  # what has passed already can't pass again
        return KeptReport(made, len(made.to_bytes()), standing, now, until, found.whole, tag_of(made))


def _best_assurance(trust: Trust, name: str) -> Assurance:
    """Return the assurance that a registry's reports have once its head is cosigned."""
    listed = trust.registry(name).listed
    if not listed.witnesses.least:
        return "registry-only"
    return "monitored" if listed.monitors.least else "witnessed"


def _moment(kept: KeptReport, standing: StoreVersion, now: int) -> Moment:
    age = kept.report.status_age_s
    return Moment(
        time_text(now),
        None if kept.report.log_size is None else standing.size,
        None if age is None else age + (now - kept.judged_ms) // 1000,
    )
