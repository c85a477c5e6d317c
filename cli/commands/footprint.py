"""`oreprint footprint`: compute a run without issuing anything.

Rules: the record is read by the strict door and judged by the very rules of issuance.  A certified input is found among
the certificates given by ``--with``, by lot or digest; where none is given, in the registry of the home.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from cli.output import print_json
from cli.parts import HomeOption, JsonOption, open_to_read, tables_of
from cli.terminal import tell
from schemas.problem import InputError, MissingError, Problem, RefusedError, StateError
from schemas.struct import plain
from schemas.vocabulary import unit_of

if TYPE_CHECKING:
    from ledger.claims.answer import JudgedClaim
    from ledger.drafting.draft import CertifiedDraft, Draft, Upstream
    from ledger.drafting.trace import Term
    from ledger.factors.tables import FactorTables
    from ledger.footprint.circular import Circular
    from ledger.footprint.engine import Result
    from ledger.footprint.inventory import PublishedFacts
    from schemas.claim import Stated
    from schemas.record import ProductionRecord

UNKNOWN_COUNTRY = "ZZ"


def command(
    record: Annotated[
        Path, typer.Argument(metavar="RECORD", help="A production record, YAML or JSON; - is standard input.")
    ],
    certificates: Annotated[
        list[Path] | None,
        typer.Option(
            "--with", metavar="FILE", help="The certificate of an input, or of a claim's baseline. Repeat for several."
        ),
    ] = None,
    explain: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="Show a figure as formula, operands and source. Give words of its name, deeper ones after /, or all.",
        ),
    ] = None,
    what_if: Annotated[
        list[str] | None,
        typer.Option(
            "--what-if", metavar="FACTOR=VALUE", help="Show what another value would change. Repeat for several."
        ),
    ] = None,
    circular: Annotated[
        str | None,
        typer.Option(
            metavar="FACTOR,A,Q", help="Show the circular footprint formula: factor of virgin material, A, Qs/Qp."
        ),
    ] = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Compute the footprint of a run by every rule of issuance, without issuing it.

    Example: oreprint footprint 01-BEN-2026-01.yaml --explain electricity

    Example: oreprint footprint 09-ELY-2026-04-A.yaml --with OX-17.sdjwt --with OX-16.sdjwt --with RX-04.sdjwt
    """
    from cli.files import read_document
    from cli.other_factors import factor_changes
    from cli.owed import without_owed
    from ledger.drafting.draft import what_if as under
    from schemas.record import ProductionRecord

    tables = tables_of(home)
    written = read_document(ProductionRecord, record)
    try:
        computed = _computed(written, certificates or [], home, tables)
    except RefusedError as error:
        if as_json:
            raise
        raise without_owed(written, error, tables) from error
    other, formula = None, _circular(circular, tables)
    if what_if:
        other = under(computed.draft, written, computed.upstream, tables=factor_changes([], what_if)(tables))
    shown = Shown(computed, tables, written.stated, explain, other, formula)
    if as_json:
        _print_document(shown)
        return
    tell(_lines(shown))


class Computed(NamedTuple):
    """The draft of a record, the certificates of its inputs, and those that its claims are measured from, by digest."""

    draft: Draft
    upstream: Sequence[Upstream]
    earlier: Mapping[str, PublishedFacts]

    def answered(self, certified: CertifiedDraft, claims: Sequence[Stated]) -> list[JudgedClaim]:
        """Return the answers to claims for one of the outputs, with their reasons."""
        from ledger.claims.draft import draft_answers

        return draft_answers(self.draft, certified, claims, self.upstream, self.earlier)


def _computed(
    record: ProductionRecord, certificates: Sequence[Path], home: Path | None, tables: FactorTables
) -> Computed:
    from ledger.claims.draft import draft_with_claims
    from schemas.certificate import Facility

    if record.inputs and not certificates:
        return _with_registry(record, home, tables)
    upstream, earlier = _given(record, certificates, home)
    told = (each.batch.facility for each in earlier.values() if each.batch.facility.id == record.facility)
    plant = next(told, Facility(id=record.facility, name=record.facility, country=UNKNOWN_COUNTRY))
    draft = draft_with_claims(record, upstream, facility=plant, tables=tables, earlier=earlier)
    return Computed(draft, upstream, earlier)


def _with_registry(record: ProductionRecord, home: Path | None, tables: FactorTables) -> Computed:
    from ledger.issuing.dry_run import draft_of

    try:
        registry = open_to_read(home)
    except StateError as error:
        if error.code != "home.missing":
            raise
        raise _missing(record, range(len(record.inputs))) from error
    return Computed(*draft_of(registry, record, tables))


def _missing(record: ProductionRecord, places: Iterable[int]) -> MissingError:
    """Return the error of inputs whose certificates are not at hand."""
    named = ((place, record.inputs[place]) for place in places)
    return MissingError(
        *(
            Problem.at("footprint.input-missing", f"inputs[{place}]", input=item.certificate or item.lot or "")
            for place, item in named
        )
    )


def _given(
    record: ProductionRecord, certificates: Sequence[Path], home: Path | None
) -> tuple[list[Upstream], dict[str, PublishedFacts]]:
    """Return the certificate of each input in the record's order, and those that claims compare with, by digest."""
    from cli.source import given_certificates
    from schemas.lot import normal_lot

    found: dict[str, Upstream] = {}
    idle: dict[str, Path] = {}
    for path, one in given_certificates(certificates, home):
        found |= {one.identity: one, normal_lot(one.facts.batch.lot): one}
        idle[one.identity] = path
    keys = [item.certificate or normal_lot(item.lot or "") for item in record.inputs]
    if missing := [place for place, key in enumerate(keys) if key not in found]:
        raise _missing(record, missing)
    upstream = [found[key] for key in keys]
    baselines = {claim.baseline.certificate for claim in record.claims if claim.baseline}
    earlier = {digest: one.facts for digest, one in found.items() if digest in baselines}
    for digest in (*earlier, *(one.identity for one in upstream)):
        idle.pop(digest, None)
    if idle:
        raise InputError(*(Problem.at("footprint.input-idle", str(path)) for path in idle.values()))
    return upstream, earlier


@dataclass(frozen=True, slots=True)
class Shown:
    """The figures to show: the computed ones, and those with other factors or another formula."""

    computed: Computed
    tables: FactorTables
    claims: Sequence[Stated]
    explain: str | None
    what_if: Result | None = None
    circular: Circular | None = None


def _lines(shown: Shown) -> Iterator[str]:
    from cli.claims import answered_lines
    from ledger.drafting.trace import lines_of
    from ledger.plausibility.flags import by_kind

    draft = shown.computed.draft
    for number, certified in enumerate(draft.certified):
        yield from _output(draft, certified, shown.tables)
        yield from _beside(shown, number)
        yield from answered_lines(shown.computed.answered(certified, shown.claims))
    for term in _explained(shown):
        yield from lines_of(term)
    for kind in by_kind(draft.findings):
        yield f"{kind.rule}: {kind.line}"


def _explained(shown: Shown) -> Sequence[Term]:
    """Return the figures that were asked for; raise MissingError `footprint.no-figure` if none has that name."""
    from ledger.drafting.trace import explain, explain_indicators, explain_quality, terms_at, terms_of

    if shown.explain is None:
        return []
    draft, upstream, tables = shown.computed.draft, shown.computed.upstream, shown.tables
    roots: list[Term] = []
    for certified in draft.certified:
        roots.append(explain(draft, upstream, certified.index, tables=tables))
        roots += explain_indicators(draft, upstream, certified.index, tables=tables)
    roots += [explain_quality(draft, upstream, tables=tables)] if draft.certified else []
    path = [] if shown.explain == "all" else shown.explain.split("/")
    lines = {line.name for group in draft.groups if group.group == shown.explain for line in group.lines}
    found = [term for root in roots for term in (terms_of(root, lines) if lines else terms_at(root, path))]
    if not found:
        raise MissingError.at("footprint.no-figure", "--explain", value=shown.explain)
    return found


def _output(draft: Draft, certified: CertifiedDraft, tables: FactorTables) -> Iterator[str]:
    from cli.indicators_view import indicator_lines
    from ledger.footprint.digits import shown_figure
    from ledger.footprint.engine import by_group
    from ledger.plausibility.worth import alone
    from ledger.sheets.methods import left_out_line, methods_line
    from schemas.quantity import trillionths_text

    figures = certified.footprint

    def told(figure: str) -> str:
        return shown_figure(figure, figures.quality)

    total, each = figures.total_kg_co2e, figures.per_kg
    yield f"{certified.batch.lot}: {certified.batch.net_mass_kg} {unit_of(certified.batch.kind)} {certified.batch.kind}, {certified.batch.description}"
    yield f"  {told(each.location)} kg CO2e per kg (market-based {told(each.market)})"
    yield f"  {told(total.location)} kg CO2e in total (market-based {told(total.market)}); {figures.gwp}, {figures.allocation} allocation"
    for group, pair in by_group(draft.result, certified.index, tables.gwp.weights[figures.gwp]).items():
        apart = "; apart, not in the total" if group == "credits" else ""
        location, market = (told(trillionths_text(kg)) for kg in pair)
        yield f"    {group}: {location} (market-based {market}){apart}"
    scopes = map(told, (figures.scope_1, figures.scope_2.location, figures.scope_3.location))
    yield "  " + ", ".join(f"scope {number} {kg}" for number, kg in enumerate(scopes, 1))
    other = figures.alternative
    yield f"  {other.method} allocation would give {told(other.total_kg_co2e.location)}"
    worth = alone(certified, tables)
    yield f"  figure: {worth.sentence}"
    if worth.profile is not None:
        yield f"  method: {worth.profile.called}"
    for fact in worth.beside:
        yield f"  beside it: {fact.sentence}"
    yield f"  kg CO2e per kg: {methods_line(figures, certified.batch.net_mass_kg)}"
    if left_out := left_out_line(figures, certified.batch.net_mass_kg):
        yield f"  kg CO2e per kg: {left_out}"
    yield from indicator_lines(certified)


def _beside(shown: Shown, number: int) -> Iterator[str]:
    from ledger.factors.figures import co2e_document
    from ledger.footprint.digits import digits_of, shown_figure

    if shown.what_if is not None:
        certified = shown.computed.draft.certified[number]
        quality = certified.footprint.quality
        after = co2e_document(shown.what_if.outputs[certified.index].per_kg)
        change = _change(certified.footprint.per_kg.location, after.location, digits_of(quality))
        location, market = (shown_figure(kg, quality) for kg in (after.location, after.market))
        yield f"  what if: {location} kg CO2e per kg ({change}; market-based {market})"
    if shown.circular is not None:
        formula = shown_figure(_circular_of(shown, number), shown.computed.draft.certified[number].footprint.quality)
        yield f"  circular footprint formula: {formula} kg CO2e per kg; the certificate says cut-off"


def _change(before: str, after: str, digits: int) -> str:
    from ledger.footprint.digits import shown
    from schemas.quantity import trillionths, trillionths_text

    change = trillionths(after) - trillionths(before)
    return f"{'+' if change > 0 else ''}{shown(trillionths_text(change), digits)}"


def _circular_of(shown: Shown, number: int) -> str:
    """Return the production term of the circular footprint formula for an output, per kg."""
    from ledger.footprint.circular import recycled_share
    from schemas.quantity import trillionths, trillionths_text

    certified, formula = shown.computed.draft.certified[number], shown.circular
    share, cut_off = recycled_share(certified.composition), trillionths(certified.footprint.per_kg.location)
    if formula is None or not share:
        return trillionths_text(cut_off)
    return trillionths_text(formula.production(share, formula.recycled_of(share, cut_off)))


def _circular(text: str | None, tables: FactorTables) -> Circular | None:
    """Read ``FACTOR,A,Q``: the factor of virgin material, per kg; A and Qs/Qp as fractions."""
    from ledger.chemistry.exact import SCALE, divide
    from ledger.footprint.circular import Circular
    from schemas.quantity import trillionths

    if text is None:
        return None
    identifier, _, rest = text.partition(",")
    allocation, _, quality = rest.partition(",")
    try:
        shares = trillionths(allocation), trillionths(quality)
    except InputError as error:
        raise InputError.at("footprint.circular", "--circular", value=text) from error
    if not 0 <= shares[0] <= SCALE or shares[1] < 0:
        raise InputError.at("footprint.circular", "--circular", value=text)
    values = tables.factor(identifier, "--circular").values
    virgin = sum(divide(mass * tables.gwp.weights["AR6"][gas], SCALE) for gas, mass in values)
    return Circular(virgin, *shares)


def _print_document(shown: Shown) -> None:
    from ledger.factors.figures import co2e_document

    draft = shown.computed.draft
    other = [co2e_document(each.per_kg) for each in shown.what_if.outputs] if shown.what_if else []
    outputs = [
        {
            "lot": each.batch.lot,
            "footprint": plain(each.footprint),
            "indicators": plain(each.indicators),
            "claims": [
                {**plain(one.row()), "sentence": one.sentence()} for one in shown.computed.answered(each, shown.claims)
            ],
            **({"what_if": plain(other[each.index])} if other else {}),
            **({"circular": _circular_of(shown, number)} if shown.circular else {}),
        }
        for number, each in enumerate(draft.certified)
    ]
    flags = [
        {"rule": each.rule.id, "code": each.problem.code, "sentence": each.problem.sentence()}
        for each in draft.findings
    ]
    explained = {"explained": [asdict(term) for term in _explained(shown)]} if shown.explain else {}
    print_json({"outputs": outputs, "flags": flags, **explained})
