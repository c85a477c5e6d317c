"""Verification: eleven steps, in this order, from the lines of a bundle to what was found.

Rules: a failed step does not hide the later ones that can still be judged.  Records come upstream-first, so everything
a record builds on is known when it comes, and nothing recurses.  Each group of lines takes the steps together; what is
found stands in the order of the lines. Once all lines are read, the steps come once more, for what can only be judged
when everything is known.
"""

from __future__ import annotations

from collections.abc import Iterable

from ledger.factors.tables import FactorTables
from ledger.seal.sdjwt import OpenCertificate, open_certificate
from ledger.trust.pinned import Trust
from ledger.verify import (
    step_01_form,
    step_02_log,
    step_03_issuer,
    step_04_signature,
    step_05_same_record,
    step_06_status,
    step_07_inputs,
    step_08_mass,
    step_09_footprint,
    step_10_claims,
    step_11_attestations,
)
from ledger.verify.certificate import ShownCertificate, ShownLine, ShownRecord
from ledger.verify.chain import Chain, Policy
from ledger.verify.findings import Findings
from ledger.verify.heads import ProvenEntry
from ledger.verify.memory import Memory
from ledger.verify.reading import LineGroup, Opening, opened, read_groups
from ledger.verify.walk_state import Ending
from schemas.bundle import BundleLine, Proof, SplitLine, StatementLine
from schemas.garbage import gc_paused
from schemas.problem import InputError, OreprintError


def verify_bundle(
    lines: Iterable[bytes | BundleLine],
    *,
    trust: Trust,
    tables: FactorTables,
    policy: Policy,
    findings: Findings | None = None,
    opening: Opening = open_certificate,
    memory: Memory | None = None,
) -> Chain:
    """Verify a bundle: its lines with their newlines, or the documents that they would be.

    Certificates are opened by `opening`.  An auditor tells by `memory` what it knows of certificates whose runs are
    withheld.

    Raises:
        InputError: `bundle.*` or `document.*`, when the first line is no header or hardly a line is one of a bundle.
    """
    chain = Chain(trust, tables, policy, findings or Findings(), memory or {})
    with gc_paused():
        rest = step_01_form.begin(chain, lines)
        take_steps(chain, read_groups(rest, opening))
        conclude(chain)
    return chain


def take_steps(chain: Chain, groups: Iterable[LineGroup]) -> None:
    """Take each group of lines through the eleven steps."""
    for group in groups:
        step_01_form.check(chain, group)
        step_02_log.check(chain, group)
        step_03_issuer.check(chain, group)
        step_04_signature.check(chain, group)
        step_05_same_record.check(chain, group)
        step_06_status.check(chain, group)
        step_07_inputs.check(chain, group)
        step_08_mass.check(chain, group)
        step_09_footprint.check(chain, group)
        step_10_claims.check(chain, group)
        step_11_attestations.check(chain, group)
        group.release()


def conclude(chain: Chain) -> None:
    """Judge what can only be judged when everything is known."""
    step_01_form.conclude(chain)
    step_02_log.conclude(chain)
    step_05_same_record.conclude(chain)
    step_06_status.conclude(chain)
    step_07_inputs.conclude(chain)
    step_08_mass.conclude(chain)
    step_09_footprint.conclude(chain)
    step_11_attestations.conclude(chain)


def verify_certificate(text: str, *, trust: Trust, tables: FactorTables, policy: Policy) -> Chain:
    """Verify a certificate on its own: what can be judged without the log, which is never enough.

    Raises:
        InputError: when it isn't a certificate.
    """
    chain = Chain(trust, tables, policy)
    try:
        alone = open_certificate(text)
        chain.subject = alone.digest
        add_certificate(chain, alone)
    except InputError:
        raise
    except OreprintError as error:
        chain.findings.refuse(1, "", error)
    return chain


def add_certificate(
    chain: Chain, opened: OpenCertificate, *, values: tuple[str, ...] = (), proof: Proof | None = None
) -> ShownCertificate:
    """Take one certificate that comes by itself through the steps.

    Raises:
        OreprintError: what refuses it; `bundle.twice`.
    """
    certificate = ShownCertificate.of(opened, values, proof)
    take_steps(chain, [LineGroup.only(certificate)])
    return certificate


def add_record(chain: Chain, line: SplitLine | StatementLine) -> Ending | None:
    """Take one split or statement that comes by itself through the steps.

    Return a statement about status, which the caller judges.

    Raises:
        OreprintError: what refuses it.
    """
    take_steps(chain, [LineGroup.only(opened(ShownLine(0, line), open_certificate))])
    return chain.endings.pop() if chain.endings else None


def follow(chain: Chain, line: ShownLine) -> None:
    """Take in what later records build on, of a record that was judged elsewhere and whose entry is known.

    Raises:
        OreprintError: what refuses it.
    """
    group = LineGroup.only(line)
    step_01_form.check(chain, group)
    step_05_same_record.check(chain, group)
    step_06_status.check(chain, group)
    step_07_inputs.check(chain, group)
    step_08_mass.balance(chain, group)
    group.release()


def follow_record(chain: Chain, line: SplitLine | StatementLine, logged: ProvenEntry) -> Ending | None:
    """Take in what later records build on of a split or statement, as `follow` does; return as `add_record` does."""
    shown = opened(ShownLine(0, line), open_certificate)
    if isinstance(shown, ShownRecord):
        shown.logged = logged
    follow(chain, shown)
    return chain.endings.pop() if chain.endings else None
