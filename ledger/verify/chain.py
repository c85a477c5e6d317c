"""A chain of certificates being verified: what is known of it, and every certificate judged as it comes.

Rules: the numbered steps of `schemas.report.STEPS`; a failed step does not hide the later ones that can still be judged.
Records come upstream-first, so everything a record builds on is known when it comes and nothing recurses; what is kept
of a record is what later ones and the report need, not its text.

Numbers: 1 form (`open_certificate`, line by line), 2 log (`heads`), 3 issuer, 4 signature, 5 same record (`batch`), 6 status
(`standing`), 7 inputs (`paths`, `inputs`), 8 mass (`mass`), 9 footprint (`figures`), 10 claims (`claims`), 11 attestations
(`attestations`).  What this module does not do: reading a line (`reading`), a file, a clock or a socket; deciding the verdict (`verdict`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ledger.seal.sdjwt import open_certificate
from ledger.verify.attestations import Attestations
from ledger.verify.batch import check_batch
from ledger.verify.claims import Claims
from ledger.verify.figures import Figures
from ledger.verify.heads import Heads
from ledger.verify.inputs import Inputs
from ledger.verify.instruments import Instruments
from ledger.verify.judge import Judge
from ledger.verify.mass import Mass
from ledger.verify.paths import Paths
from ledger.verify.provenance import Provenance
from ledger.verify.recall import Recall
from ledger.verify.standing import Standing
from ledger.verify.tables import NamedTables
from ledger.verify.views import View, Views
from schemas.frozen import Frozen
from schemas.problem import InputError, OreprintError
from schemas.vocabulary import unit_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, MutableMapping

    from ledger.factors.tables import FactorTables
    from ledger.seal.sdjwt import OpenCertificate, OpenRun
    from ledger.trust.pinned import Trust
    from ledger.verify.batch import Seen
    from ledger.verify.held import Ending, Used
    from schemas.bundle import Proof


@dataclass(frozen=True, slots=True)
class Policy:
    """What the verifier decides: the time to judge at (ms), and whether less than a complete chain is enough."""

    at_ms: int
    require_chain: bool = False
    received_mg: int | None = None
    received_as: str | None = None


class Shown(Frozen):
    """What came with a certificate: the view it is part of, what that shows of the `run`, and the `certificates` to judge by it.

    `grown` tells whether that is more of the run than was known; `named` are the certificates that run and claims name, as far as they
    came before; `line` is where it stands in its bundle.
    """

    seen: Seen
    view: View
    run: OpenRun | None
    certificates: tuple[Seen, ...]
    named: Mapping[str, Seen]
    line: int
    grown: bool


@dataclass(slots=True)
class Chain:
    """A verification under way, and after the last line what it found; `view` is what is shown of the subject's run."""

    trust: Trust
    tables: FactorTables
    policy: Policy
    judge: Judge = field(default_factory=Judge)
    seen: MutableMapping[str, Seen] = field(default_factory=dict)
    stands_on: dict[str, tuple[str, ...]] = field(default_factory=dict)
    subject: str | None = None
    view: View = field(default_factory=View)
    endings: list[Ending] = field(default_factory=list)
    owned: list[Used] = field(default_factory=list)
    cited: set[str] = field(default_factory=set)
    heads: Heads = field(init=False)
    standing: Standing = field(init=False)
    paths: Paths = field(init=False)
    inputs: Inputs = field(init=False)
    mass: Mass = field(init=False)
    figures: Figures = field(init=False)
    provenance: Provenance = field(init=False)
    claims: Claims = field(init=False)
    recall: Recall = field(init=False)
    attestations: Attestations = field(init=False)
    instruments: Instruments = field(init=False)
    views: Views = field(default_factory=Views)
    branches_of: dict[bytes, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Put the steps together around one judge."""
        self.heads = Heads(self.trust, self.judge, self.policy.at_ms)
        self.standing = Standing(self.trust, self.heads, self.judge, self.policy.at_ms)
        self.paths = Paths(self.trust, self.heads, self.judge)
        self.inputs = Inputs(self.judge, self.paths, self.seen)
        self.mass = Mass(self.judge, self.seen)
        tables = NamedTables(self.tables)
        self.figures = Figures(self.judge, tables)
        self.provenance = Provenance(self.judge, tables)
        self.claims = Claims(self.judge, self.seen)
        self.recall = Recall(self.seen)
        self.attestations = Attestations(self.trust, self.heads, self.judge)
        self.instruments = Instruments(self.judge, self.trust, self.paths, self.seen)

    @property
    def own(self) -> Used | None:
        """The reader's own holding of the subject, the first one where several are shown."""
        return self.owned[0] if self.owned else None

    @property
    def open_branches(self) -> int:
        """How many uncertified inputs bring a rare earth from nowhere in particular."""
        issuances = self.issuances
        return sum(count for issuance, count in self.branches_of.items() if issuance in issuances)

    @property
    def hidden_runs(self) -> int:
        """How many issuances no certificate shows the run of."""
        return len(self.issuances - self.branches_of.keys())

    @property
    def issuances(self) -> set[bytes]:
        """The issuances of the subject's chain: its own, and those of what was used on the way to it."""
        own = (self.seen.get(digest) for digest in (*self.cited, self.subject) if digest is not None)
        return {seen.issuance for seen in own if seen is not None}

    def certificate(self, text: str, *, values: tuple[str, ...] = (), proof: Proof | None = None) -> Seen:
        """Judge one certificate: all steps that can be judged with what is known so far."""
        return self.opened(open_certificate(text), values=values, proof=proof)

    def opened(self, opened: OpenCertificate, *, values: tuple[str, ...] = (), proof: Proof | None = None) -> Seen:
        """Judge one certificate that is opened already."""
        shown = self.take(opened, self.batch(opened, values=values, proof=proof))
        for judged in PASSES:
            judged(self, shown)
        return shown.seen

    def batch(self, opened: OpenCertificate, *, values: tuple[str, ...], proof: Proof | None) -> Seen:
        """Judge steps 1 to 6 of a certificate that is opened.

        Raises:
            InputError: `bundle.twice`.

        """
        if opened.digest in self.seen:
            raise InputError.at("bundle.twice", opened.digest)
        seen = check_batch(opened, values, proof, trust=self.trust, heads=self.heads, judge=self.judge)
        self.seen[seen.digest] = seen
        self.stands(seen)
        self.instruments.check_clear(seen)
        return seen

    def take(self, opened: OpenCertificate, seen: Seen) -> Shown:
        """Judge of steps 7 and 8 what later records build on; the rest is for the `PASSES`."""
        view = self.views.of(seen)
        if seen.digest == self.subject:
            self.view = view
        grown = view.add(opened.run)
        run, certificates = view.run, tuple(view.certificates) if grown else (seen,)
        names = _names(run, certificates)
        if run is None:
            self.inputs.withhold(seen, view)
        else:
            for each in certificates:
                self.inputs.own_output(run, each)
            if grown:
                self._run(view, run, seen)
        shown = run.inputs if run else ()
        self.stands_on[seen.digest] = tuple(
            [each.source.certificate for each in shown if each and each.source and unit_of(each.value.kind) == "kg"]
        )
        named = {name: found for name in names if (found := self.seen.get(name)) is not None}
        return Shown(seen, view, run, certificates, named, self.judge.line, grown=grown)

    def stands(self, seen: Seen) -> None:
        """Note what a certificate corrects, and whether it, or what it corrects, has ended."""
        state, follows = self.standing.state(seen), seen.record.follows
        if follows is not None:
            self.standing.followers[follows.certificate] = seen
            state = state or self.recall.ended.get(follows.certificate)
        if state is not None:
            self.recall.ended[seen.digest] = state

    def _run(self, view: View, run: OpenRun, seen: Seen) -> None:
        """Judge a run, as all of its views together show it.

        What an earlier view withheld is judged now, and so not withheld any more, unless something was built on that view.
        """
        if seen.issuance in self.inputs.built_on:
            self.mass.late = True
        else:
            self.judge.forget(view.withheld)
        before = len(self.judge.findings)
        self.recall.take(run, seen)
        self.instruments.check(run, seen)
        self.inputs.check(run, seen, first=seen.issuance not in self.branches_of)
        self.mass.check(run, seen)
        self.branches_of[seen.issuance] = self.mass.open_branches(run)
        view.withheld = []
        view.withhold(self.judge.findings[before:])

    def judge_figures(self, shown: Shown) -> None:
        """Judge the figures of a run, unless it is as it was before."""
        if shown.run is None or not shown.grown or self.judge.silent:
            return
        view, before = shown.view, len(self.judge.findings)
        view.redone = self.figures.check(shown.run, shown.seen, shown.named)
        view.withhold(self.judge.findings[before:])

    def judge_provenance(self, shown: Shown) -> None:
        """Judge origin and physics of a run, unless it is as it was before."""
        if shown.run is None or not shown.grown or self.judge.silent:
            return
        view, before = shown.view, len(self.judge.findings)
        shared = view.redone.shared if view.redone else None
        view.inventory = self.provenance.check(shown.run, shown.seen, shown.named, shared)
        view.withhold(self.judge.findings[before:])

    def judge_certificates(self, shown: Shown) -> None:
        """Judge what certificates say, by their own figures and by what is shown of their run."""
        view = shown.view
        for each in shown.certificates if not self.judge.silent else ():
            self.provenance.check_clear(each)
            self.mass.check_clear(each)
            self.figures.check_clear(each, view.redone)
        for each in shown.certificates:
            self.claims.check(each, shown.run, view.inventory, shown.named)

    def forget_runs(self) -> None:
        """Let go of what only the certificates of one issuance share: for who reads a whole log, one issuance at a time."""
        for kept in (
            self.views,
            self.branches_of,
            self.stands_on,
            self.mass.balances,
            self.instruments.uses,
            self.claims.judged,
            self.claims.links,
            self.heads.changes,
        ):
            kept.clear()


def _names(run: OpenRun | None, certificates: Iterable[Seen]) -> list[str]:
    """Return the certificates that a run, or claims of its certificates, name."""
    names = [each.source.certificate for each in run.inputs if each and each.source] if run else []
    for certificate in certificates:
        claims = certificate.record.claims
        names += [row.baseline.certificate for row in claims if row.baseline and row.baseline.certificate]
    return names


PASSES: Final[tuple[Callable[[Chain, Shown], None], ...]] = (
    Chain.judge_figures,
    Chain.judge_provenance,
    Chain.judge_certificates,
)
"""What is judged of a certificate after what later records build on, in this order."""


def verify_certificate(text: str, *, trust: Trust, tables: FactorTables, policy: Policy) -> Chain:
    """Verify a certificate on its own: what can be judged without the log, which is never enough.

    Raises:
        InputError: when it isn't a certificate.

    """
    chain = Chain(trust, tables, policy)
    try:
        opened = open_certificate(text)
        chain.subject = opened.digest
        chain.opened(opened)
    except InputError:
        raise
    except OreprintError as error:
        chain.judge.refuse(1, "", error)
    return chain
