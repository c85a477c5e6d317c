"""Rules about what a material is bought by: its factor fits its substance, or is a declared proxy.

Rules: `ledger/factors/data/factor_fit.csv` says what each shipped factor stands for; a producer's own table says it in
its columns formula, cas and family.  A bare table that says nothing is not judged.  Sums run over all lines of a run,
so that no material is cut into small ones.

This module does not judge values (`ledger.plausibility.own_factors`) or scrap (`ledger.plausibility.scrap`).
"""

from __future__ import annotations

from functools import lru_cache
from itertools import compress
from typing import TYPE_CHECKING, Final

from ledger.chemistry.exact import SCALE, divide
from ledger.factors.boundary import BURNT, CONVENTION
from ledger.factors.figures import co2e
from ledger.factors.fit import OTHER, RARE_EARTH, class_of, is_of, misfit, near, of_formula
from ledger.footprint.lines import factor_uses, line_results
from ledger.footprint.masses import figure_text, rare_earths
from ledger.footprint.material_amounts import material_amount
from ledger.footprint.shipped import value_of
from ledger.footprint.supplies import parts_of
from ledger.plausibility.products import fits
from ledger.plausibility.published import highest
from schemas.problem import Problem
from schemas.quantity import trillionths, trillionths_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.factors.factor import Factor
    from ledger.factors.fit import Bound, Fit
    from ledger.footprint.inventory import Inventory
    from ledger.footprint.supplies import Supply

_GOODS: Final = SCALE // 20
"""From 5 % of rare earth on, a material is rare-earth goods."""
_TRACE: Final = SCALE // 2000
_MOST_HIDDEN: Final = 200
"""All rare earth in goods that are none is at most 1/200 of the run's (set here)."""
_STRENGTH_POINTS: Final = SCALE // 200
_STRENGTH_PART: Final = 50
_MOST_BLIND: Final = 20
"""All lines of unknown substance are at most 1/20 of the run's kg CO2e (set here)."""
_KEPT: Final = 4096
_NO_SUPPLY: Final = BURNT | {"direct"}


def misfits(run: Inventory) -> Iterator[Problem]:
    """M-FIT: a factor is that of the material, or of a like one where the line declares a proxy."""
    for item in run.supplies:
        if item.factor is not None:
            yield from _own_misfit(item, item.factor) if item.own else _shipped_misfit(run, item)


def _shipped_misfit(run: Inventory, item: Supply) -> Iterator[Problem]:
    line, fit = item.line, item.fit
    if fit is None or fit.role in {"emission", "treatment", "heat", "transport"}:
        substance = "for other steps or other lines" if fit is None else fit.substance
        yield _problem("rule.m-fit-role", item, substance=substance, step=run.step)
    elif fit.role != "material" and not item.parts and not fit.steps:
        yield _problem("rule.m-fit-unseen", item, substance=fit.substance)
    elif line.proxy_for is not None:
        yield from _unlike(run, item, fit, line.proxy_for)
    elif item.parts:
        judged = fit.role != "scrap" and (item.rare_earth < _GOODS or fit.holds_rare_earths)
        broken = _misfit(fit, line.composition, line.strength) if judged else None
        if broken is not None:
            bound, found = broken
            what = "other elements" if bound.what == OTHER else bound.what
            facts = {"what": what, "found": figure_text(found), "possible": bound.text, "substance": fit.substance}
            yield _problem("rule.m-fit", item, **facts)
    elif line.cas is not None and fit.cas and line.cas not in fit.cas:
        yield _problem("rule.m-fit-cas", item, found=line.cas, possible=", ".join(fit.cas), substance=fit.substance)


@lru_cache(_KEPT)
def _misfit(fit: Fit, composition: tuple[tuple[str, str], ...], strength: str | None) -> tuple[Bound, int] | None:
    """Return the first bound that a material's content breaks; a plant buys the same goods run after run."""
    return misfit(fit, parts_of(composition, strength)[1])


def _unlike(run: Inventory, item: Supply, fit: Fit, substance: str) -> Iterator[Problem]:
    """Yield the fault of a proxy that its factor does not stand for, or that its composition denies."""
    name = substance.casefold().strip()
    if name not in fit.stands_for:
        group = class_of(item.parts) if item.parts else ""
        if group not in fit.stands_for or fit.role != "material":
            possible = ", ".join(fit.stands_for) or "nothing else"
            other = _highest(run, group) or "the highest factor of its class"
            yield _problem("rule.m-fit-proxy", item, found=substance, possible=possible, other=other)
    elif item.parts:
        formula = fit.stands_for[name]
        holds = is_of(formula, item.content) if formula else misfit(fit, item.content) is None
        if not holds:
            yield _problem("rule.m-fit-proxy-other", item, found=substance, possible=formula or fit.substance)


def _highest(run: Inventory, group: str) -> str:
    """Return the shipped factor that stands for a whole class, or nothing."""
    rows = [place for place, fits in run.tables.fits.rows.items() if any(group in row.stands_for for row in fits)]
    return next((factor.id for factor in run.tables.by_id.values() if (factor.table, factor.flow) in rows), "")


def _own_misfit(item: Supply, factor: Factor) -> Iterator[Problem]:
    line = item.line
    if factor.boundary == CONVENTION:
        yield _problem("rule.m-fit-free", item)
    elif factor.boundary in _NO_SUPPLY:
        yield _problem("rule.m-fit-role", item, substance=f"of the boundary {factor.boundary}", step="any step")
    elif line.proxy_for is not None:
        yield _problem("rule.m-fit-proxy", item, found=line.proxy_for, possible="nothing else", other="a shipped one")
    elif factor.formula and item.parts:
        if (apart := near(factor.formula, item.content)) is not None:
            element, found, due = apart
            facts = {"what": element, "found": figure_text(found), "possible": f"about {figure_text(due)}"}
            yield _problem("rule.m-fit", item, substance=factor.formula, **facts)
    elif line.cas is not None and factor.cas and line.cas != factor.cas:
        yield _problem("rule.m-fit-cas", item, found=line.cas, possible=factor.cas, substance=factor.label)


def hidden_rare_earths(run: Inventory) -> Iterator[Problem]:
    """M-FIT: rare earth without certificate takes a factor of rare earth, even as a part of something else."""
    items = [item for item in run.supplies if item.rare_earth > _TRACE and item.factor and not holds_rare_earth(item)]
    if not items:
        return
    masses = [divide(trillionths(item.line.mass_kg) * item.rare_earth, SCALE) for item in items]
    small = [item.rare_earth < _GOODS for item in items]
    whole = sum(rare_earths(run.elements_in).values())
    many = sum(compress(masses, small)) * _MOST_HIDDEN > whole
    for item, mass, little in zip(items, masses, small, strict=True):
        if not little or many:
            code = "rule.m-fit-rare-supplier" if item.own and item.factor else "rule.m-fit-rare"
            yield _problem(code, item, found=figure_text(mass))


def holds_rare_earth(item: Supply) -> bool:
    """Return whether a material's factor is of rare-earth goods: a shipped one, or a supplier's own that says so."""
    if item.own and item.factor is not None:
        return item.factor.family == RARE_EARTH and item.line.supplier_value is not None
    return item.fit is not None and item.fit.holds_rare_earths


def strengths(run: Inventory) -> Iterator[Problem]:
    """M-STRONG: the strength of a solution is what its composition holds of the pure substance."""
    for item in run.supplies:
        strength, fit = item.strength, item.fit
        if strength is None or fit is None or not item.parts or not (told := _marker(item, fit)):
            continue
        marker, content = told
        held = divide(item.parts.get(marker, 0) * SCALE, content)
        apart = abs(held - strength)
        if apart > _STRENGTH_POINTS and apart * _STRENGTH_PART > strength:
            found, possible = trillionths_text(strength), figure_text(held)
            yield _problem("rule.m-strong", item, found=found, possible=possible, element=marker)


def _marker(item: Supply, fit: Fit) -> tuple[str, int] | None:
    """Return the element that tells a solution's content, and its fraction in the pure substance."""
    if item.line.proxy_for is None:
        return (fit.marker, fit.content) if fit.content else None
    due = of_formula(fit.stands_for.get(item.line.proxy_for.casefold().strip(), ""))
    return next(((element, each) for element, each in due.items() if element not in {"H", "O"}), None)


# -- unknown substances and proxies -------------------------------------------------------------------------------


def unknown_substances(run: Inventory) -> Iterator[Problem]:
    """M-BLIND, flag: a material has a composition or a CAS number, and a factor of one's own table says of what."""
    for item in run.supplies:
        if _nameless(item):
            yield _problem("rule.m-blind", item)
        elif _speechless(item):
            yield _problem("rule.m-blind-table", item)


def most_unknown(run: Inventory) -> Iterator[Problem]:
    """M-BLIND: materials of which nobody can see what they are make up at most 5 % of the run's kg CO2e."""
    blind = [_nameless(item) or _speechless(item) for item in run.supplies]
    if run.shared is None or not any(blind):
        return
    gwp = run.tables.gwp.weights[run.gwp]
    found = 0
    for use in compress(factor_uses(run.materials), blind):
        if use.value is None:
            results = line_results(use, run.tables.factor(use.factor))
        else:
            results = [(item.gas, trillionths(item.mass_kg)) for item in use.value]
        found += divide(sum(mass * gwp[gas] for gas, mass in results), SCALE)
    whole = co2e(run.shared.total, gwp).location
    if found * _MOST_BLIND > whole:
        names = ", ".join(item.line.name for item in compress(run.supplies, blind))
        possible = figure_text(divide(whole, _MOST_BLIND))
        yield Problem.at("rule.m-blind-share", "materials", material=names, found=figure_text(found), possible=possible)


def _nameless(item: Supply) -> bool:
    return not item.parts and item.line.cas is None


def _speechless(item: Supply) -> bool:
    return item.own and item.factor is not None and not (item.factor.formula or item.factor.cas or item.factor.family)


def proxies(run: Inventory) -> Iterator[Problem]:
    """M-PROXY, flag: a factor of a like substance, of rare-earth goods in general, or on a supplier's word."""
    for item in run.supplies:
        line = item.line
        if line.proxy_for is not None:
            yield _problem("rule.m-proxy", item, found=line.proxy_for)
        elif item.fit is not None and item.fit.role == RARE_EARTH:
            yield _problem("rule.m-proxy-default", item)
            yield from _below_published(run, item)
        elif item.own and holds_rare_earth(item):
            yield _problem("rule.m-proxy-supplier", item, found=line.supplier_value or "")


def _below_published(run: Inventory, item: Supply) -> Iterator[Problem]:
    """Yield that goods without certificate count less than the high end of what studies found for them."""
    made = [each.id for each in run.tables.products.values() if fits(each, item.parts)]
    found = highest(run.tables.published, made)
    amount, scale = material_amount(item.line)
    each, mass = (
        value_of(item.factor, run.tables.gwp.weights[run.gwp]) if item.factor else 0,
        trillionths(item.line.mass_kg),
    )
    counted = divide(amount * SCALE, scale) * each
    if found is not None and found.high is not None and mass and counted < found.high * mass:
        facts = {"found": figure_text(divide(counted, mass)), "possible": figure_text(found.high)}
        yield _problem("rule.m-proxy-published", item, **facts, studies="; ".join(found.studies))


def _problem(code: str, item: Supply, **facts: str) -> Problem:
    return Problem.at(code, item.place, material=item.line.name, factor=item.line.factor, **facts)
