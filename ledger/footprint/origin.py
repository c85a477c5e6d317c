"""The origin of a run's elements: recycled shares, countries of extraction, and the steps of the chain.

Rules: for each element, a share is the mass with that property from all inputs over the total mass in the run,
certified or not.  Losses are proportional, so every output has the share of the run.  A material without a certificate
has unknown origin (``ZZ``) and recycled share 0, unless its line says otherwise.  Tracked elements have countries that
sum to 1.  Pre- and post-consumer material is apart (ISO 14021:2016, 7.8.1.1).  Scrap that is back in its process counts
as neither (`ledger.footprint.scrap`).  Cut-off is the default, so there are no credits.  Each country's part of an
element has a recycled share of its own; rework lowers all of a batch's countries in proportion.

This module judges no claim.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import zip_longest
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, get_args

from ledger.chemistry.elements import TRACKED
from ledger.chemistry.exact import SCALE, divide
from ledger.footprint.allocation import allocate
from ledger.footprint.scrap import Process
from ledger.footprint.versions import ENGINE, UNGUARDED
from schemas.figures import CountryShare, ElementShare, OriginStep
from schemas.frozen import Frozen
from schemas.quantity import trillionths, trillionths_text
from schemas.vocabulary import Step

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from ledger.footprint.inventory import PublishedFacts
    from schemas.inventory import MaterialLine

UNKNOWN: Final = "ZZ"
"""The country of a branch with unknown origin (CLDR)."""

STEPS: Final[tuple[Step, ...]] = get_args(Step)
_ORDER: Final[dict[Step, int]] = {step: number for number, step in enumerate(STEPS)}

STEPS_KEPT: Final = 4096
"""Steps in the cache; all runs of a plant have the same one."""
_TRACKED: Final = frozenset(TRACKED)
_MILLION: Final = 10**6
_NO_SCRAP: Final[Mapping[str, int]] = MappingProxyType({})


class ElementSource(Frozen):
    """Element masses (scaled kg) from one source, and the known properties of each element in it.

    `pre` and `post` are scaled fractions of the element; `extracted` has its countries with scaled shares; `scrap` the
    parts of `pre` with a known process, by its pseudonym. `recycled` has the scaled recycled part of each country's, or
    None where it is unknown; without it every country's part is recycled as the element is.
    """

    mass: int
    pre: int
    post: int
    extracted: Mapping[str, int]
    scrap: Mapping[str, int] = _NO_SCRAP
    recycled: Mapping[str, int | None] | None = None


def drawn_from_batch(
    batch: PublishedFacts, mass_mg: int, *, into: Process, only: Container[str] | None = None
) -> dict[str, ElementSource]:
    """Return the elements that a process draws from a certified batch with a mass of it: all, or `only` some."""
    maker = Process(batch.producer, batch.batch.step)
    recovered = into.recovers(maker, batch.batch.kind)
    drawn: dict[str, ElementSource] = {}
    for part in batch.composition:
        if only is not None and part.element not in only:
            continue
        pre, post = trillionths(part.pre), trillionths(part.post)
        scrap = _NO_SCRAP
        if recovered or part.scrap:
            pre, scrap = _scrap(part, pre, post, into, maker if recovered else None)
        drawn[part.element] = ElementSource(
            divide(trillionths(part.fraction) * mass_mg, _MILLION),
            pre,
            post,
            {item.country: trillionths(item.share) for item in part.extracted},
            scrap,
            None if recovered or part.uniform else _recycled(part, pre + post),
        )
    return drawn


def _recycled(part: ElementShare, left: int) -> dict[str, int | None]:
    """Return the recycled part of each country's part, where `left` of the element counts as recycled."""
    whole = trillionths(part.pre) + trillionths(part.post)
    return {
        item.country: None if item.recycled is None else divide(trillionths(item.recycled) * left, whole)
        for item in part.extracted
    }


def _scrap(
    part: ElementShare, pre: int, post: int, into: Process, maker: Process | None
) -> tuple[int, Mapping[str, int]]:
    """Return the pre-consumer part of an element of `maker`'s as `into` takes it in, and its known scrap."""
    scrap = {name: trillionths(share) for name, share in part.scrap or ()}
    if maker is not None:
        scrap[maker.pseudonym] = scrap.get(maker.pseudonym, 0) + SCALE - pre - post
        pre = SCALE - post
    # each share is rounded by itself, so the known parts may exceed the whole by a last place
    return max(0, pre - scrap.pop(into.pseudonym, 0)), scrap


def drawn_from_material(line: MaterialLine, *, only: Container[str] | None = None) -> dict[str, ElementSource]:
    """Return the elements in a material without a certificate: all, or `only` some."""
    held = [part for part in line.composition if part[0] in only] if only is not None else line.composition
    if not held:
        return {}
    pre = SCALE * (line.recycled == "pre-consumer")
    post = SCALE * (line.recycled == "post-consumer")
    extracted = {line.extracted_in or UNKNOWN: SCALE}
    by = line.generated_by
    scrap = {Process(by.organisation, by.step).pseudonym: SCALE} if by and pre else _NO_SCRAP
    mass = trillionths(line.mass_kg)
    return {
        element: ElementSource(divide(mass * trillionths(fraction), SCALE), pre, post, extracted, scrap)
        for element, fraction in held
    }


class ElementOrigin(Frozen):
    """An element of an output as text: its fraction, its recycled parts, their processes, and its countries.

    `recycled` has the recycled part of each country's part, in their order; it is empty where none is stated.
    """

    element: str
    fraction: str
    pre: str
    post: str
    scrap: tuple[tuple[str, str], ...]
    extracted: tuple[tuple[str, str], ...]
    recycled: tuple[str | None, ...] = ()


def shares_of(
    fractions: Mapping[str, str], sources: Sequence[Mapping[str, ElementSource]], *, engine: str = ENGINE
) -> list[ElementOrigin]:
    """Return an output's composition (element to fraction, as text) with the shares from its sources.

    Engine 1 states no recycled part of a country's part.
    """
    telling = [source for source in sources if source]
    by_country = engine not in UNGUARDED
    return [
        _shares(element, fraction, [source[element] for source in telling if element in source], by_country=by_country)
        for element, fraction in fractions.items()
    ]


def _shares(element: str, fraction: str, drawn: Sequence[ElementSource], *, by_country: bool) -> ElementOrigin:
    total = pre = post = 0
    scrap = False
    for each in drawn:
        mass = each.mass
        total += mass
        pre += mass * each.pre
        post += mass * each.post
        scrap = scrap or bool(each.scrap)
    countries = _countries(drawn, total) if element in _TRACKED else ()
    shares = _part(pre, total), _part(post, total)
    partly = len(countries) > 1 and 0 < sum(map(trillionths, shares)) < SCALE
    return ElementOrigin(
        element,
        fraction,
        *shares,
        _whose(drawn, total) if scrap else (),
        countries,
        _recycled_in(drawn, countries) if partly and by_country else (),
    )


def _recycled_in(drawn: Sequence[ElementSource], countries: Iterable[tuple[str, str]]) -> tuple[str | None, ...]:
    """Return the recycled part of each country's part of an element, or nothing if none is known."""
    found = tuple(_recycled_of(drawn, country) for country, _ in countries)
    return found if any(part is not None for part in found) else ()


def _recycled_of(drawn: Sequence[ElementSource], country: str) -> str | None:
    total = recycled = 0
    for each in drawn:
        here = each.mass * each.extracted.get(country, 0)
        part = each.pre + each.post if each.recycled is None else each.recycled.get(country)
        if here and part is None:
            return None
        total += here
        recycled += here * (part or 0)
    return _part(recycled, total)


def element_shares(
    fractions: Mapping[str, str], sources: Sequence[Mapping[str, ElementSource]]
) -> tuple[ElementShare, ...]:
    """Return `shares_of` as sealed."""
    return tuple(
        ElementShare(
            element=item.element,
            fraction=item.fraction,
            pre=item.pre,
            post=item.post,
            scrap=item.scrap or None,
            extracted=tuple(
                CountryShare(country=country, share=share, recycled=recycled)
                for (country, share), recycled in zip_longest(item.extracted, item.recycled)
            ),
        )
        for item in shares_of(fractions, sources)
    )


def read_shares(composition: Iterable[ElementShare]) -> list[ElementOrigin]:
    """Return a sealed composition as plain texts, like `shares_of`."""
    return [
        ElementOrigin(
            item.element,
            item.fraction,
            item.pre,
            item.post,
            item.scrap or (),
            tuple((each.country, each.share) for each in item.extracted),
            tuple(each.recycled for each in item.extracted) if any(each.recycled for each in item.extracted) else (),
        )
        for item in composition
    ]


def _part(weighed: int, total: int) -> str:
    return trillionths_text(divide(weighed, total)) if weighed else "0"


def _whose(drawn: Sequence[ElementSource], total: int) -> tuple[tuple[str, str], ...]:
    names = sorted({name for item in drawn if item.scrap for name in item.scrap})
    parts = ((name, _part(sum(item.mass * item.scrap.get(name, 0) for item in drawn), total)) for name in names)
    return tuple((name, part) for name, part in parts if part != "0")


def _countries(drawn: Sequence[ElementSource], total: int) -> tuple[tuple[str, str], ...]:
    if not total:
        return ((UNKNOWN, "1"),)
    named = {country for item in drawn for country in item.extracted}
    if len(named) == 1:
        return ((named.pop(), "1"),)
    masses = dict.fromkeys(sorted(named), 0)
    for item in drawn:
        for country, share in item.extracted.items():
            masses[country] += item.mass * share
    if not any(masses.values()):  # a forged batch may state a part of nothing, or no country
        return ((UNKNOWN, "1"),)
    shares = allocate(SCALE, list(masses.values()))
    return tuple((country, trillionths_text(share)) for country, share in zip(masses, shares, strict=True) if share)


def origin(
    own: OriginStep, upstream: Iterable[Sequence[OriginStep]], materials: Iterable[MaterialLine]
) -> tuple[OriginStep, ...]:
    """Return the steps of the chain: the run's own, those of its certified inputs, and those of materials.

    A material with a tracked element is a branch of its own: mined where it says, or of unknown origin.
    """
    steps = [own, *[step for batch in upstream for step in batch]]
    steps += [
        _branch(line) for line in materials if line.composition and not _TRACKED.isdisjoint(dict(line.composition))
    ]
    # compared by their content, quicker than by their models
    unique_steps = {(_ORDER[step.step], step.country, step.region or ""): step for step in steps}
    return tuple(unique_steps[key] for key in sorted(unique_steps))


def _branch(line: MaterialLine) -> OriginStep:
    return origin_step("scrap-collection" if line.recycled else "mining", line.extracted_in or UNKNOWN)


@lru_cache(STEPS_KEPT)
def origin_step(step: Step, country: str, region: str | None = None) -> OriginStep:
    """Return a step with its place."""
    return OriginStep(step=step, country=country, region=region)
