"""A draft with answers to its claims: `ledger.drafting.draft`, and the claims of each certificate.

Rules: faulty claims are reported together with all other faults of a record.  An input's answer is the one in its
certificate.  This module computes and judges nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from ledger.chemistry.stoichiometry import re_mass
from ledger.claims.answer import JudgedClaim
from ledger.claims.evidence import Evidence, input_branch, uncertified_inputs
from ledger.claims.run import DisclosedRun, run_finding
from ledger.claims.stated import claim_faults, judged_claims, with_threshold
from ledger.drafting.draft import CertifiedDraft, Draft, Upstream, draft
from ledger.factors.tables import FactorTables
from ledger.footprint.inventory import PublishedFacts, is_goods
from ledger.seal.digest import certificate_digest_bytes
from schemas.certificate import Facility
from schemas.claim import Stated
from schemas.document import replace
from schemas.problem import MissingError, RefusedError
from schemas.record import ProductionRecord

NONE_EARLIER: Final[Mapping[str, PublishedFacts]] = MappingProxyType({})


def draft_with_claims(
    record: ProductionRecord,
    upstream: Sequence[Upstream],
    *,
    facility: Facility,
    tables: FactorTables,
    earlier: Mapping[str, PublishedFacts] = NONE_EARLIER,
) -> Draft:
    """Return the draft of a run, with the answers to the claims of each certificate.

    `earlier` has certificates of earlier periods by digest.

    Raises:
        InputError: as `draft`, and ``claim.*``.
    """
    problems = list(claim_faults(record.stated, record.step))
    try:
        computed = draft(record, upstream, facility=facility, tables=tables)
    except RefusedError as error:
        raise RefusedError(*problems, *error.problems) from error
    if problems:
        raise RefusedError(*problems)
    if not record.claims:
        return computed
    rows = (
        tuple(each.row() for each in draft_answers(computed, one, record.stated, upstream, earlier))
        for one in computed.certified
    )
    certified = tuple(replace(each, claims=claims) for each, claims in zip(computed.certified, rows, strict=True))
    return computed._replace(certified=certified)


def earlier_certificates(record: ProductionRecord, find: Callable[[str], PublishedFacts]) -> dict[str, PublishedFacts]:
    """Return the baseline certificates of a record's claims, by digest; `find` returns one by its digest.

    Raises:
        InputError: `seal.certificate-digest`.
        RefusedError: `claim.baseline` if `find` raises MissingError.
    """
    found: dict[str, PublishedFacts] = {}
    for index, claim in enumerate(record.claims):
        digest = claim.baseline.certificate if claim.baseline else None
        if digest is not None:
            place = f"claims[{index}].baseline"
            certificate_digest_bytes(digest, place=place)
            try:
                found[digest] = find(digest)
            except MissingError as error:
                raise RefusedError.at("claim.baseline", place, certificate=digest) from error
    return found


def draft_answers(
    made: Draft,
    certified: CertifiedDraft,
    claims: Sequence[Stated],
    upstream: Sequence[Upstream],
    earlier: Mapping[str, PublishedFacts] = NONE_EARLIER,
) -> list[JudgedClaim]:
    """Return the answers to claims for one of the outputs, with their reasons."""
    goods = [source.facts for source in upstream if is_goods(source.facts)]
    drawn = [re_mass(item.elements) for item in made.inventory.incoming]
    branches = [input_branch(facts, rare_earth) for facts, rare_earth in zip(goods, drawn, strict=True)]
    shown = DisclosedRun(made.inventory, certified.batch, earlier)
    whole = [with_threshold(stated) for stated in claims]
    own = [run_finding(stated, shown) for stated in whole]
    return judged_claims(whole, own, Evidence(certified, uncertified_inputs(made.inventory), branches))
