"""`oreprint show`: print one certificate in a form that people can read.

Rules: figures have as many digits as their uncertainty supports; --json gives all digits. Parts that the file withholds
are named and counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.attestations import attested_in, record_lines
from cli.claims import row_lines
from cli.indicators_view import indicator_lines
from cli.parts import HomeOption, JsonOption, open_to_read
from cli.report import plausibility_facts
from cli.source import of_home, open_source, subject_text
from cli.terminal import facts, styled, table, tell, wrapped
from ledger.factors.figures import co2e, parsed_rows
from ledger.factors.tables import FactorTables
from ledger.footprint.digits import digits_of, shown
from ledger.lots.registry_word import registry_word
from ledger.plausibility.worth import alone
from ledger.seal.sdjwt import OpenCertificate, open_certificate
from ledger.sheets.methods import left_out_line, methods_line
from ledger.sheets.statement import document as statement_document
from ledger.sheets.statement import statement
from ledger.tables import shipped_tables
from schemas.certificate import CertificateRecord
from schemas.identifier import mark_of
from schemas.quantity import trillionths_text
from schemas.report import RegistryWord
from schemas.sentences import DEMANDS, MARK_WORDS, readable
from schemas.struct import plain
from schemas.vocabulary import GROUPS

if TYPE_CHECKING:
    from ledger.seal.attestation import OpenAttestation
from schemas.problem import problems_in


def command(
    source: Annotated[
        str, typer.Argument(metavar="FILE|-|DIGEST", help="A certificate, presentation or bundle; - is standard input.")
    ],
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show one certificate: batch, issuer, composition, footprint by stage and gas, and what is withheld.

    Example: oreprint show PRND-26-03.sdjwt
    """
    with open_source(source, home=home) as found, problems_in(found.name):
        opened = open_certificate(subject_text(found))
        attested = tuple(attested_in(found, opened))
    tables = shipped_tables()
    word = _registry_word(source, home, opened, tables)
    if as_json:
        _print_document(opened, attested, tables, word)
        return
    tell([*certificate_lines(opened, tables, attested), *_attestation_lines(attested), *_word_lines(opened, word)])


def _registry_word(
    source: str, home: Path | None, opened: OpenCertificate, tables: FactorTables
) -> RegistryWord | None:
    """Return what the home's registry says of one of its certificates; None of a file."""
    if not of_home(source, home):
        return None
    return registry_word(open_to_read(home), opened.digest, tables=tables)


def _word_lines(opened: OpenCertificate, word: RegistryWord | None) -> Iterator[str]:
    if word is not None:
        from cli.report import registry_lines
        from ledger.footprint.digits import digits_of

        yield from registry_lines(word, digits_of(opened.record.footprint.quality))


def _attestation_lines(attested: Sequence[OpenAttestation]) -> Iterator[str]:
    if attested:
        yield ""
        yield styled("Attestations by others", "bold")
    for each in attested:
        yield from record_lines(each.record, each.digest)


def certificate_lines(
    opened: OpenCertificate, tables: FactorTables, attested: Sequence[OpenAttestation] = ()
) -> Iterator[str]:
    """Yield the lines of a certificate."""
    record, mark = opened.record, mark_of(opened.record.registry)
    if mark is not None:
        yield styled(MARK_WORDS[mark], "doubt")
    yield styled(f"{record.batch.lot}: {record.batch.description}", "bold")
    yield "Read, not checked. To check it, run oreprint verify."
    yield from _batch(opened)
    yield from _composition(record)
    yield from _footprint(record, tables)
    yield from _worth(opened, tables)
    yield from _statement(opened, tables, attested)
    yield ""
    yield styled("Other impacts, and the quality of the figures", "bold")
    yield from indicator_lines(record)
    yield from _claims(record)
    yield from _disclosed(opened)


def _batch(opened: OpenCertificate) -> Iterator[str]:
    """Yield the batch, its maker and plant, and the place of the record."""
    record, batch = opened.record, opened.record.batch
    yield ""
    yield styled("Batch", "bold")
    yield from facts(
        (
            ("Kind", f"{batch.kind}, made by {batch.step}"),
            ("Amount", f"{batch.net_mass_kg} kWh")
            if batch.kind == "electricity"
            else ("Net mass", f"{batch.net_mass_kg} kg dry; moisture as shipped {batch.moisture}"),
            ("Produced", f"{batch.produced.start} to {batch.produced.end}"),
            (
                "Plant",
                f"{batch.facility.name}, {batch.facility.region or batch.facility.country} ({batch.facility.id})",
            ),
            ("HS code", batch.hs_code or ""),
            ("Coating", f"{batch.coating.kind}, {batch.coating.mass_kg} kg" if batch.coating else ""),
            ("Custody", record.custody),
            ("Origin", ", ".join(f"{step.step} {step.region or step.country}" for step in record.origin)),
            ("Issuer", " / ".join(name.text for name in record.issuer.names)),
            ("Identity", f"{record.issuer.did} {record.issuer.registration or ''}".strip()),
            ("Issued", f"{record.issued}, void unless logged by {record.not_logged_after}"),
            ("Valid until", record.valid_until or ""),
            ("Registry", f"{record.registry}, status list {record.status.list}, index {record.status.index}"),
            ("Corrects", record.follows.certificate if record.follows else ""),
            ("Digest", opened.digest),
            ("Id", record.id),
        )
    )


def _composition(record: CertificateRecord) -> Iterator[str]:
    yield ""
    yield styled("Composition, as mass fractions of the dry batch; recycled parts as fractions of the element", "bold")
    rows = [
        (
            share.element,
            " ".join(f"{each.country} {readable(each.share)}" for each in share.extracted),
            *map(readable, (share.fraction, share.pre, share.post)),
        )
        for share in record.composition
    ]
    yield from table(("element", "extracted in", "fraction", "pre-consumer", "post-consumer"), rows, left=2)


def _footprint(record: CertificateRecord, tables: FactorTables) -> Iterator[str]:
    """Yield totals, scopes, and kg of each gas by stage."""
    figures = record.footprint
    gwp, digits = tables.gwp.weights[figures.gwp], digits_of(figures.quality)
    yield ""
    yield styled(f"Footprint, {figures.boundary}, {figures.gwp}, {figures.allocation} allocation", "bold")
    both: tuple[tuple[str, str, str], ...] = (
        ("kg CO2e per kg", figures.per_kg.location, figures.per_kg.market),
        ("kg CO2e", figures.total_kg_co2e.location, figures.total_kg_co2e.market),
        ("  scope 1", figures.scope_1, figures.scope_1),
        ("  scope 2", figures.scope_2.location, figures.scope_2.market),
        ("  scope 3", figures.scope_3.location, figures.scope_3.market),
        (
            f"kg CO2e by {figures.alternative.method}",
            figures.alternative.total_kg_co2e.location,
            figures.alternative.total_kg_co2e.market,
        ),
    )
    if figures.reference is not None:
        both += (("kg CO2e by reference prices", figures.reference.location, figures.reference.market),)
    rounded = [(name, shown(location, digits), shown(market, digits)) for name, location, market in both]
    yield from table(("", "location-based", "market-based"), rounded)
    yield f"  kg CO2e per kg: {methods_line(figures, record.batch.net_mass_kg)}"
    if left_out := left_out_line(figures, record.batch.net_mass_kg):
        yield f"  kg CO2e per kg: {left_out}"
    yield ""
    rows = [
        (
            stage,
            gas,
            shown(location, digits),
            shown(market, digits),
            shown(trillionths_text(co2e(parsed_rows([(stage, gas, location, market)]), gwp).location), digits),
        )
        for stage, gas, location, market in figures.rows
    ]
    yield from table(("stage", "gas", "kg, location", "kg, market", "kg CO2e, location"), rows, left=2)


def _worth(opened: OpenCertificate, tables: FactorTables) -> Iterator[str]:
    """Yield the doubts about the figure, and the demands of its profile one by one."""
    worth = alone(opened.record, tables, opened.run)
    yield ""
    yield styled("What the figure is worth", "bold")
    yield from facts((("Figure", worth.sentence), *plausibility_facts(worth)))
    if worth.profile is None:
        return
    rows = [
        (f"{DEMANDS[each.demand]}: {each.bound}", f"{each.found or 'not shown'}: {each.state.replace('-', ' ')}")
        for each in worth.profile.demands
        if each.demand != "disclosures"
    ]
    disclosures = [each for each in worth.profile.demands if each.demand == "disclosures"]
    for state in dict.fromkeys(each.state for each in disclosures):
        items = ", ".join(each.bound for each in disclosures if each.state == state)
        rows.append((f"{DEMANDS['disclosures']} of {items}", state.replace("-", " ")))
    yield from wrapped("The method asks for:", first="  ")
    for asked, found in rows:
        yield from wrapped(f"{asked}; here {found}", first="  - ")


def _statement(opened: OpenCertificate, tables: FactorTables, attested: Sequence[OpenAttestation]) -> Iterator[str]:
    """Yield every item that the standards ask to be told."""
    yield ""
    yield styled("Statement, as ISO 14067, the GHG Protocol, PACT and product category rules ask for it", "bold")
    items = statement(opened, tables, attested)
    yield from facts([(item.label if first else " ", line) for item in items for first, line in _numbered(item.lines)])


def _numbered(lines: Sequence[str]) -> Iterator[tuple[bool, str]]:
    """Yield each line, and whether it is the first."""
    for number, line in enumerate(lines):
        yield not number, line


def _claims(record: CertificateRecord) -> Iterator[str]:
    """Yield the answers to what the producer claims."""
    if record.claims:
        yield ""
        yield styled("Claims, as the certificate states them", "bold")
        yield from row_lines(record.claims)


def _disclosed(opened: OpenCertificate) -> Iterator[str]:
    """Yield the disclosed and the withheld fields of the confidential part."""
    yield ""
    yield styled("Confidential part", "bold")
    hidden = withheld(opened)
    yield from facts((("Shown", ", ".join(opened.shown) or "nothing"), ("Withheld", ", ".join(hidden) or "nothing")))


def withheld(opened: OpenCertificate) -> list[str]:
    """Return the places of everything that is withheld, each as ``present --reveal`` would name it."""
    run, details = opened.run, opened.details
    hidden = [f"details/{number}" for number, detail in enumerate(details) if detail is None]
    if run is None:
        return ["run", *hidden]
    inputs = [f"run/inputs/{number}" for number, each in enumerate(run.inputs) if each is None]
    sources = [
        f"run/inputs/{number}/source"
        for number, each in enumerate(run.inputs)
        if each is not None and each.source is None
    ]
    groups = [f"run/inventory/{name}" for name, group in zip(GROUPS, run.inventory, strict=True) if group is None]
    outputs = [f"run/outputs/{number}" for number, output in enumerate(run.outputs) if output is None]
    return [*inputs, *sources, *groups, *outputs, *hidden]


def _print_document(
    opened: OpenCertificate, attested: Sequence[OpenAttestation], tables: FactorTables, word: RegistryWord | None
) -> None:
    import json

    document: dict[str, object] = {
        "digest": opened.digest,
        "kid": opened.kid,
        "shown": [*opened.shown],
        "withheld": withheld(opened),
        "record": json.loads(opened.record.to_bytes()),
        "plausibility": plain(alone(opened.record, tables, opened.run)),
        "statement": statement_document(statement(opened, tables, attested)),
    }
    if word is not None:
        document["registry_word"] = plain(word)
    if attested:
        document["attestations"] = [
            {"digest": each.digest, "record": json.loads(each.record.to_bytes())} for each in attested
        ]
    tell([json.dumps(document, ensure_ascii=False)])
