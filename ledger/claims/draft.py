"""A draft with the answers to its claims: `ledger.footprint.draft`, and what each certificate will say of what was claimed.

Rules: claims are refused together with everything else that is wrong with a record.  An input's answer is what its certificate says.
What this module does not do: computing or judging anything itself.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ledger.chemistry.stoichiometry import re_mass
from ledger.claims.answer import Answered, said
from ledger.claims.evidence import Branch, Evidence, key, roots_of
from ledger.claims.run import Shown, of_run
from ledger.claims.stated import answers, faults
from ledger.footprint.draft import draft
from ledger.footprint.masses import masses
from schemas.problem import RefusedError
from schemas.quantity import millionths, trillionths

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ledger.footprint.draft import CertifiedDraft, Draft, Upstream
    from ledger.footprint.factors import FactorTables
    from ledger.footprint.inventory import Published
    from schemas.certificate import Facility
    from schemas.record import ProductionRecord

NONE_EARLIER: Final[Mapping[str, Published]] = MappingProxyType({})


def draft_with_claims(
    record: ProductionRecord,
    upstream: Sequence[Upstream],
    *,
    facility: Facility,
    tables: FactorTables,
    earlier: Mapping[str, Published] = NONE_EARLIER,
) -> Draft:
    """Return the draft of a run, each certificate with the answers to its claims.

    `earlier` are certificates of earlier periods by digest.  Errors: as of `draft`, and ``claim.*``.
    """
    problems = list(faults(record.stated, record.step))
    try:
        made = draft(record, upstream, facility=facility, tables=tables)
    except RefusedError as error:
        raise RefusedError(*problems, *error.problems) from error
    if problems:
        raise RefusedError(*problems)
    if not record.claims:
        return made
    rows = (tuple(each.row() for each in answered(made, each, record, upstream, earlier)) for each in made.certified)
    certified = tuple(replace(each, claims=claims) for each, claims in zip(made.certified, rows, strict=True))
    return replace(made, certified=certified)


def answered(
    made: Draft,
    certified: CertifiedDraft,
    record: ProductionRecord,
    upstream: Sequence[Upstream],
    earlier: Mapping[str, Published] = NONE_EARLIER,
) -> list[Answered]:
    """Return the answers to a record's claims for one of its outputs, with their reasons."""
    branches = [
        branch(source.facts, millionths(item.mass)) for item, source in zip(record.inputs, upstream, strict=True)
    ]
    shown = Shown(made.inventory, certified.batch, earlier)
    own = [of_run(stated, shown) for stated in record.stated]
    return answers(record.stated, own, Evidence(certified, roots_of(made.inventory), branches))


def branch(facts: Published, mass_mg: int) -> Branch:
    """Return a certified input by what its certificate says."""
    fractions = {part.element: trillionths(part.fraction) for part in facts.composition}
    chain = {key(row): said(row) for row in facts.claims if row.scope == "chain"}
    return Branch(facts, re_mass(masses(fractions, mass_mg)), chain)
