"""What other auditors say of batches that came from another registry: a step that isn't shown here is closed by theirs.

Rules (design of the audit, section 5, rule 6):

1. The registry that made a certificate is asked for its public bundle, which has the records of its auditors.  It must
   be genuine and monitored, by the verifier that everybody has.
2. As many of these auditors must count as the stricter of both registries requires, today, all with one and the same
   inside, and none may refuse.
3. The same registry tells what lies inside to whoever knows a holding of the batch.  Those leaves must have the digest
   of that text, so a wrong text closes nothing.
4. Before each record the auditor asks for all of it again.  What nobody answers counts as not closed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ledger.factors.tables import FactorTables
from ledger.holdings.mark import statement_digest
from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text
from ledger.seal.statement import open_statement
from ledger.store.judged import ReliedOn
from ledger.trust.pinned import Trust
from ledger.trust.registries import TrustedRegistry
from ledger.verify.certificate import ShownCertificate
from ledger.verify.chain import Chain, Policy
from ledger.verify.learned import relied
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.audit import ANSWER_CODES
from schemas.bundle import BundleLine, StatementLine
from schemas.problem import OreprintError
from schemas.statement import Move


@dataclass(frozen=True, slots=True)
class OtherAuditors:
    """The auditors of other registries, asked at a time (ms) for an auditor whose own registry requires `least`.

    `bundle` gives the public bundle of a certificate of a registry; `insides` what lies inside leaves about it, for the
    text of a holding.
    """

    trust: Trust
    tables: FactorTables
    at_ms: int
    least: int
    bundle: Callable[[TrustedRegistry, str], bytes]
    insides: Callable[[TrustedRegistry, str, str], Sequence[str]]

    def close(self, step: Chain, upstream: ShownCertificate, documents: Iterable[BundleLine]) -> ReliedOn | None:
        """Return what others found of a certificate that a step cites, by the lines of the step; None if too few."""
        name, digest = upstream.record.registry, upstream.digest
        registry = self.trust.registries.get(name)
        if registry is None:
            return None
        with suppress(OreprintError):
            chain = self._public(registry, digest)
            for holding in _left(step, upstream, documents) if chain else ():
                with suppress(OreprintError):  # of two outputs of one run, it is of the other
                    for text in self.insides(registry, digest, holding):
                        if chain and (found := self._closed(chain, digest, text)) is not None:
                            return found
        return None

    def still(self, certificate: ReliedOn) -> bool:
        """Return whether enough others still say the same of a certificate, and none refuses it."""
        with suppress(OreprintError):
            registry, digest = self.trust.registry(certificate.registry), certificate_digest_text(certificate.digest)
            chain = self._public(registry, digest)
            return chain is not None and self._closed(chain, digest, certificate.inside) is not None
        return False

    def _public(self, registry: TrustedRegistry, digest: str) -> Chain | None:
        """Return the verified public bundle of a certificate, None where it is not genuine and monitored (rule 1)."""
        lines = self.bundle(registry, digest).splitlines(keepends=True)
        chain = verify_bundle(lines, trust=self.trust, tables=self.tables, policy=Policy(at_ms=self.at_ms))
        found = report(chain)
        good = (chain.subject, found.verdict, found.assurance) == (digest, "genuine", "monitored")
        return chain if good else None

    def _closed(self, chain: Chain, digest: str, text: str) -> ReliedOn | None:
        known = relied(chain, digest, text, least=self.least)
        if known is None:
            return None
        record, answers = chain.seen[digest].record, bytes([ANSWER_CODES[each] for each in known.answers])
        place = record.status
        return ReliedOn(certificate_digest_bytes(digest), record.registry, place.list, place.index, text, answers)


def _left(step: Chain, upstream: ShownCertificate, documents: Iterable[BundleLine]) -> Iterator[str]:
    """Yield texts of holdings of a batch that its registry may know, as a step shows them.

    They are the input's own, and those that moves logged there used.
    """
    yield from (
        each.holding for each in (step.view.run.sources if step.view.run else ()) if each.certificate == upstream.digest
    )
    first = step.paths.first(upstream.issuance)
    for line in documents:
        if isinstance(line, StatementLine) and (line.registry, line.kind) == (upstream.record.registry, "move"):
            made = step.paths.created.get(statement_digest(line.statement), {})
            said = open_statement(line.statement, kind=line.kind).value
            if isinstance(said, Move) and any(each.root and each.root[0] == first for each in made.values()):
                yield said.uses.holding
