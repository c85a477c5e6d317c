"""`oreprint footprint`: compute a run without issuing anything.

Rules: the record is read by the strict door and judged by the very rules of issuance.  A certified input is found among
the certificates given by ``--with``, by lot or digest; where none is given, in the registry of the home.

What it does not do: it draws no holding, signs nothing and checks no signature.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.parts import HomeOption, JsonOption, open_to_read, tables_of
from cli.terminal import tell
from schemas.problem import MissingError, Problem, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.footprint.draft import CertifiedDraft, Draft, Upstream
    from ledger.footprint.factors import FactorTables
    from schemas.claim import Stated
    from schemas.record import ProductionRecord

UNKNOWN_COUNTRY = "ZZ"


def command(
    record: Annotated[Path, typer.Argument(metavar="RECORD", help="A production record, YAML or JSON.")],
    certificates: Annotated[
        list[Path] | None,
        typer.Option("--with", metavar="FILE", help="The certificate of a certified input; repeat it."),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show every figure as formula, operands and source.")
    ] = False,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Compute the footprint of a run, with every rule that an issuance must pass; nothing is issued.

    Example: oreprint footprint 09-ELY-2026-04-A.yaml --with OX-17.sdjwt --with OX-16.sdjwt --with RX-04.sdjwt
    """
    from cli.files import read_document
    from schemas.record import ProductionRecord

    tables = tables_of(home)
    written = read_document(ProductionRecord, record)
    draft, upstream = _computed(written, certificates or [], home, tables)
    if as_json:
        _print_document(draft, upstream, tables, written.stated, explain=explain)
        return
    tell(_lines(draft, upstream, tables, written.stated, explain=explain))


def _computed(
    record: ProductionRecord, certificates: Sequence[Path], home: Path | None, tables: FactorTables
) -> tuple[Draft, Sequence[Upstream]]:
    """Return the draft of a record, and the certificates of its inputs."""
    from ledger.claims.draft import draft_with_claims
    from schemas.certificate import Facility

    if record.inputs and not certificates:
        return _with_registry(record, home, tables)
    upstream = _given(record, certificates)
    plant = Facility(id=record.facility, name=record.facility, country=UNKNOWN_COUNTRY)
    return draft_with_claims(record, upstream, facility=plant, tables=tables), upstream


def _with_registry(
    record: ProductionRecord, home: Path | None, tables: FactorTables
) -> tuple[Draft, Sequence[Upstream]]:
    from ledger.footprint.draft import Upstream
    from ledger.ready import Bench
    from ledger.store.engine import reading

    book = open_to_read(home)
    with reading(book.engine) as connection:
        bench = Bench.begin(book, connection, tables, [record], now_ms=book.around.now_ms())
        if bench.facilities.get(record.facility, ("",))[0] != record.producer:
            place = {"producer": record.producer, "facility": record.facility}
            raise RefusedError.at("issue.not-your-plant", "facility", **place)
        plan = bench.plan(record)
    return plan.draft, [Upstream(use.upstream.record, use.identity) for use in plan.uses]


def _given(record: ProductionRecord, certificates: Sequence[Path]) -> list[Upstream]:
    """Return the certificate of each input, in the order of the record."""
    from cli.given import given, subject_text, told_of
    from ledger.footprint.draft import Upstream
    from ledger.seal.sdjwt import open_certificate
    from schemas.lot import normal_lot

    found: dict[str, Upstream] = {}
    for path in certificates:
        with given(str(path), home=None) as source, told_of(source.name):
            opened = open_certificate(subject_text(source))
        one = Upstream(opened.record, opened.digest)
        found |= {opened.digest: one, normal_lot(opened.record.batch.lot): one}
    keys = [item.certificate or normal_lot(item.lot or "") for item in record.inputs]
    missing = [
        Problem.at("footprint.input-missing", f"inputs[{index}]", input=item.certificate or item.lot or "")
        for index, (item, key) in enumerate(zip(record.inputs, keys, strict=True))
        if key not in found
    ]
    if missing:
        raise MissingError(*missing)
    return [found[key] for key in keys]


def _lines(
    draft: Draft, upstream: Sequence[Upstream], tables: FactorTables, claims: Sequence[Stated], *, explain: bool
) -> Iterator[str]:
    from cli.claims import answered_lines
    from ledger.claims.draft import answered
    from ledger.footprint.trace import explain as explained
    from ledger.footprint.trace import lines_of

    for certified in draft.certified:
        yield from _output(draft, certified, tables)
        yield from answered_lines(answered(draft, certified, claims, upstream))
        if explain:
            yield from lines_of(explained(draft, upstream, certified.index, tables=tables))
    for finding in draft.findings:
        yield f"{finding.rule.id}: {finding.problem.sentence()}"


def _output(draft: Draft, certified: CertifiedDraft, tables: FactorTables) -> Iterator[str]:
    from ledger.footprint.engine import by_group
    from schemas.quantity import trillionths_text

    figures = certified.footprint
    total, each = figures.total_kg_co2e, figures.per_kg
    yield f"{certified.batch.lot}: {certified.batch.net_mass_kg} kg {certified.batch.kind}, {certified.batch.description}"
    yield f"  {each.location} kg CO2e per kg (market-based {each.market})"
    yield f"  {total.location} kg CO2e in total (market-based {total.market}); {figures.gwp}, {figures.allocation} allocation"
    for group, pair in by_group(draft.result, certified.index, tables.gwp.weights[figures.gwp]).items():
        apart = "; apart, not in the total" if group == "credits" else ""
        yield f"    {group}: {trillionths_text(pair.location)} (market-based {trillionths_text(pair.market)}){apart}"
    yield f"  scope 1 {figures.scope_1}, scope 2 {figures.scope_2.location}, scope 3 {figures.scope_3.location}"
    yield f"  {figures.alternative.method} allocation would give {figures.alternative.total_kg_co2e.location}"
    yield f"  {figures.placeholders} lines of this run rest on placeholder factors"


def _print_document(
    draft: Draft, upstream: Sequence[Upstream], tables: FactorTables, claims: Sequence[Stated], *, explain: bool
) -> None:
    from dataclasses import asdict

    from cli.output import print_json
    from ledger.claims.draft import answered
    from ledger.footprint.trace import explain as explained

    outputs = [
        {
            "lot": each.batch.lot,
            "footprint": each.footprint.model_dump(mode="json", exclude_none=True),
            "claims": [
                {**one.row().model_dump(mode="json", exclude_none=True), "sentence": one.found.sentence()}
                for one in answered(draft, each, claims, upstream)
            ],
            **({"trace": asdict(explained(draft, upstream, each.index, tables=tables))} if explain else {}),
        }
        for each in draft.certified
    ]
    flags = [{"rule": each.rule.id, "sentence": each.problem.sentence()} for each in draft.findings]
    print_json({"outputs": outputs, "flags": flags})
