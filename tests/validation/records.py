"""The public validation cases as production records: a case, a record as a plant writes it, and its draft or refusal.

A record is YAML text with the figures of its case put in (``$mass_kg``); it is read through the door and drafted as at
issuance.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from string import Template
from typing import TYPE_CHECKING, Any

import pytest

from ledger.chemistry.formula import parse_formula
from ledger.claims.draft import draft_with_claims
from ledger.drafting.draft import Upstream
from ledger.factors.fit import NO_FITS
from schemas.certificate import Facility
from schemas.door import parse_document
from schemas.problem import RefusedError
from schemas.quantity import trillionths_text
from schemas.record import ProductionRecord
from tests.golden.shared import shared
from tests.support.worlds import worked_example as example

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ledger.drafting.draft import Draft
    from ledger.factors.tables import FactorTables
    from schemas.vocabulary import Gas, Group

PLANT = Facility(id="https://plant.example/1", name="Plant", country="CN", region="CN-NM")

MONTH = "{start: 2026-03-02, end: 2026-03-27}"
BY_MASS = "{method: mass, mass_key: REO}"

_GROUPS = ("materials", "fuels", "electricity", "direct", "transport", "wastes", "credits")

_HEAD = """\
oreprint: production-record/1
run: RUN-1
producer: did:web:plant.example
facility: https://plant.example/1
period: $period
allocation: $allocation
"""


@dataclass(frozen=True)
class Case:
    """A public case: what it tells, what it expects, and how far off a figure may be."""

    id: str
    inputs: dict[str, Any]
    expected: dict[str, Any]
    tolerance: Fraction

    def agrees(self, found: str | int | Fraction, *members: str) -> bool:
        """Tell whether a figure is the one that the case expects under these members."""
        due: Any = self.expected
        for member in members:
            due = due[member]
        return near(found, due, self.tolerance)


def near(found: str | int | Fraction, due: str | Fraction, tolerance: Fraction = Fraction(1, 10**9)) -> bool:
    """Tell whether two figures differ by no more than a part of the second."""
    return abs(Fraction(found) - Fraction(due)) <= tolerance * abs(Fraction(due))


@cache
def _all() -> dict[str, Case]:
    told = json.loads(shared("data/validation_cases_public.json").read_text(encoding="utf-8"))["cases"]
    return {each["id"]: Case(each["id"], each["inputs"], each["expected"], Fraction(each["rel_tol"])) for each in told}


def number(value: Fraction) -> str:
    """Return a number as tables of factors have it, to 12 decimals."""
    return trillionths_text(round(value * 10**12))


def case(name: str) -> Case:
    """Return a public case; the module that asks is skipped, and says so, where the cases are absent."""
    return _all()[name]


def names() -> list[str]:
    """Return the ids of all public cases."""
    return list(_all())


# -- records ------------------------------------------------------------------------------------------------------


def written(text: str, *, period: str = MONTH, allocation: str = BY_MASS, **amounts: object) -> ProductionRecord:
    """Return a record as the door reads it; `amounts` stand for the ``$names`` in its text."""
    whole = Template(_HEAD + text).substitute(amounts, period=period, allocation=allocation)
    record = parse_document(ProductionRecord, whole.encode(), media="yaml")
    # the amounts of a case are read: each line names its meter
    read = {
        group: tuple(line.model_copy(update={"meter": "M-1"}) for line in getattr(record, group)) for group in _GROUPS
    }
    return record.model_copy(update=read)


def drafted(
    text: str,
    upstream: Sequence[Upstream] = (),
    *,
    tables: FactorTables | None = None,
    plant: Facility = PLANT,
    **amounts: Any,  # noqa: ANN401 - figures of a case, as text or as numbers
) -> Draft:
    """Return the draft of a record on its inputs' certificates; raise RefusedError with every rule that it breaks."""
    record = written(text, **amounts)
    return draft_with_claims(record, upstream, facility=plant, tables=plain(tables or example.tables()))


def plain(tables: FactorTables) -> FactorTables:
    """Return tables without what factors stand for: a case tells values and sums, and its goods are made up."""
    return replace(tables, fits=NO_FITS)


def refused(text: str, upstream: Sequence[Upstream] = (), **amounts: Any) -> dict[str, Mapping[str, str]]:  # noqa: ANN401 - as above
    """Return the facts of each code by which a record is refused."""
    with pytest.raises(RefusedError) as caught:
        drafted(text, upstream, **amounts)
    return {problem.code: problem.facts for problem in caught.value.problems}


def codes(text: str, upstream: Sequence[Upstream] = (), **amounts: Any) -> set[str]:  # noqa: ANN401 - as above
    """Return the codes by which a record is refused; none where it is accepted."""
    try:
        drafted(text, upstream, **amounts)
    except RefusedError as error:
        return {problem.code for problem in error.problems}
    return set()


def flags(done: Draft) -> dict[str, Mapping[str, str]]:
    """Return the facts of each code by which a draft is flagged."""
    return {finding.problem.code: finding.problem.facts for finding in done.findings}


def lot_of(done: Draft, index: int = 0) -> Upstream:
    """Return the certificate of an output, to be an input of the next run."""
    return Upstream(done.certified[index], done.certified[index].batch.lot)


def per_kg(done: Draft, index: int = 0) -> str:
    """Return kg CO2e for a kg of an output, location-based."""
    return done.certified[index].footprint.per_kg.location


def given_off(done: Draft, group: Group, gas: Gas) -> Fraction:
    """Return the kg of a gas that a group of lines gives off, location-based."""
    return Fraction(done.result.own[group, gas].location, 10**12)


def direct_kg(done: Draft, name: str) -> str:
    """Return the sealed mass of a direct emission."""
    return next(line.mass_kg for line in done.inventory.direct.lines if line.name == name)


# -- goods --------------------------------------------------------------------------------------------------------


def pure(formula: str) -> str:
    """Return the composition of a pure compound as a material's line has it, to 9 decimals."""
    compound = parse_formula(formula)
    parts = {element: f"{float(compound.mass_fraction(element)):.9f}" for element, _ in compound.atoms}
    return composition(parts)


def composition(parts: Mapping[str, str]) -> str:
    """Return a composition in YAML."""
    return "{" + ", ".join(f'{element}: "{part}"' for element, part in parts.items()) + "}"


ASSAYS = {
    "La2O3": {"La": "0.851", "Ce": "0.001253", "Pr": "0.000245", "Nd": "0.000119", "O": "0.147383"},
    "CeO2": {"Ce": "0.8125", "La": "0.001246", "Pr": "0.000305", "Nd": "0.000104", "O": "0.185845"},
    "Pr6O11": {"Pr": "0.826", "La": "0.001481", "Ce": "0.000171", "Nd": "0.000096", "O": "0.172252"},
    "Nd2O3": {"Nd": "0.8555", "La": "0.001363", "Ce": "0.000163", "Pr": "0.000303", "O": "0.142671"},
    "Dy2O3": {"Dy": "0.869", "Tb": "0.001874", "Ho": "0.000218", "Y": "0.000165", "O": "0.128743"},
    "PrNd": {"Nd": "0.652", "Pr": "0.197", "La": "0.000974", "Ce": "0.000188", "Sm": "0.000122", "O": "0.149716"},
    "SEG": {"Sm": "0.47", "Gd": "0.25", "Eu": "0.08", "Y": "0.058274", "Nd": "0.000054", "Tb": "0.000111", "O": "0.141561"},
}  # fmt: skip
"""Assays of commercial oxides.

Their traces are chosen so that a kg is a kg of rare-earth oxide to 1e-10, as the cases count it.
"""


def mixed(shares: Mapping[str, str], *, oxide: str = "1", rest: Mapping[str, str] | None = None) -> str:
    """Return the composition of a mixture of assayed oxides that make up a share `oxide` of it; `rest` is what else
    it holds.
    """
    parts: dict[str, Fraction] = {}
    for name, share in shares.items():
        for element, part in ASSAYS[name].items():
            parts[element] = parts.get(element, Fraction()) + Fraction(share) * Fraction(part) * Fraction(oxide)
    for element, part in (rest or {}).items():
        parts[element] = parts.get(element, Fraction()) + Fraction(part)
    return composition({element: f"{float(part):.6f}" for element, part in parts.items()})
