"""Two forgeries for the demo, made the way a cheat would make them: with a good key, and with a good eye.

Rules: the over-drawn certificate is complete and rightly signed by the producer's own key, its shares redone, and only
more mass is claimed than the run can have made; the altered figure is one reading in one disclosure. Both are shown to
be found.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from ledger.factors.figures import co2e_document, figure_rows
from ledger.footprint.beside import beside_rows, parsed_beside
from ledger.footprint.engine import Contribution, Terms, share_of, share_out
from ledger.footprint.indicators import indicator_rows, parsed_indicators
from ledger.footprint.left_out import bounds
from ledger.footprint.lines import own_lines
from ledger.footprint.shared import OutputFigures
from ledger.seal.certificate import seal_certificate, seal_run
from ledger.seal.digest import from_base64url, to_base64url
from ledger.seal.sdjwt import OpenCertificate, OpenRun, open_certificate
from ledger.seal.signer import Signer
from ledger.verify.mass import fractions, tracked_masses
from schemas.bundle import CertificateLine, Header, read_line
from schemas.certificate import CertificateFacts, Footprint
from schemas.document import Document, replace
from schemas.quantity import milligrams, trillionths_text
from schemas.run import InputFacts, Made, Output, RunFacts

if TYPE_CHECKING:
    from ledger.factors.tables import FactorTables

_Facts = TypeVar("_Facts", bound=Document)

_READING: Final = re.compile(r'"amount_kwh":"([0-9.]+)"')
_SALT_BYTES: Final = 16


def over_drawn(
    lines: list[bytes], *, net_mass_kg: str, signer: Signer, random: Callable[[int], bytes], tables: FactorTables
) -> list[bytes]:
    """Return a bundle whose subject is a validly signed certificate of more mass than its run made."""
    header = read_line(lines[0], "line 1")
    place, line = _subject(lines)
    if not isinstance(header, Header):
        raise TypeError(place)
    text = _inflated(open_certificate(line.certificate), net_mass_kg, signer, random, tables)
    swapped = CertificateLine(t="certificate", certificate=text, values=line.values, proof=line.proof)
    forged = [*lines]
    forged[0] = replace(header, subject=open_certificate(text).digest).to_bytes() + b"\n"
    forged[place] = swapped.to_bytes() + b"\n"
    return forged


def altered_reading(lines: list[bytes]) -> tuple[list[bytes], str, str]:
    """Return a bundle in which one electricity reading of its subject is a tenth, with the reading before and after."""
    place, line = _subject(lines)
    parts = line.certificate.split("~")
    for number, part in enumerate(parts[1:-1], start=1):
        shown = from_base64url(part).decode()
        found = _READING.search(shown)
        if found is None:
            continue
        before, after = found[1], str(int(found[1].partition(".")[0]) // 10)
        parts[number] = to_base64url(shown.replace(found[0], f'"amount_kwh":"{after}"', 1).encode())
        changed = CertificateLine(t="certificate", certificate="~".join(parts), values=line.values, proof=line.proof)
        return [*lines[:place], changed.to_bytes() + b"\n", *lines[place + 1 :]], before, after
    raise LookupError(place)


def _subject(lines: list[bytes]) -> tuple[int, CertificateLine]:
    """Return the place and line of the last certificate, which is the one a bundle is about."""
    place = max(number for number, raw in enumerate(lines) if raw.startswith(b'{"t":"certificate"'))
    line = read_line(lines[place], f"line {place + 1}")
    if not isinstance(line, CertificateLine):
        raise TypeError(place)
    return place, line


def _inflated(
    opened: OpenCertificate, net_mass_kg: str, signer: Signer, random: Callable[[int], bytes], tables: FactorTables
) -> str:
    """Return a certificate of the same run in which this output is heavier, everything else made to fit, signed."""
    run, record = opened.run, opened.record
    if run is None:
        raise LookupError(record.batch.lot)
    number = record.output
    made = [
        _heavier(each, run.outputs[k], net_mass_kg) if k == number else each for k, each in enumerate(run.value.made)
    ]
    figures = _figures(run, made, tables)
    made = [
        replace(
            each,
            rows=figure_rows(own.rows),
            alternative=co2e_document(own.alternative),
            indicators=indicator_rows(own.indicators),
            reference=co2e_document(own.reference) if own.reference else None,
            left_out=trillionths_text(own.left_out) if own.left_out else None,
            beside=None if each.beside is None else beside_rows(own.beside),
        )
        for each, own in zip(made, figures, strict=True)
    ]
    salt = lambda: random(_SALT_BYTES)  # noqa: E731 - the port takes a function
    sealed = seal_run(
        replace(_plain(RunFacts, run.value), made=tuple(made)),
        inputs=[(_plain(InputFacts, each.value), each.source) for each in run.inputs if each and each.source],
        inventory=[group for group in run.inventory if group is not None],
        outputs=[output for output in run.outputs if output is not None],
        new_salt=salt,
    )
    own = figures[number]
    footprint = _restated(record.footprint, own)
    batch = replace(record.batch, net_mass_kg=net_mass_kg)
    indicators = replace(record.indicators, rows=indicator_rows(own.indicators))
    facts = replace(_plain(CertificateFacts, record), batch=batch, footprint=footprint, indicators=indicators)
    return seal_certificate(facts, run=sealed, signer=signer, new_salt=salt).text


def _restated(footprint: Footprint, own: OutputFigures) -> Footprint:
    """Return a stated footprint with the figures of a changed output."""
    return replace(
        footprint,
        rows=figure_rows(own.rows),
        total_kg_co2e=co2e_document(own.total),
        per_kg=co2e_document(own.per_kg),
        scope_1=trillionths_text(own.scope_1),
        scope_2=co2e_document(own.scope_2),
        scope_3=co2e_document(own.scope_3),
        alternative=replace(footprint.alternative, total_kg_co2e=co2e_document(own.alternative)),
        reference=co2e_document(own.reference) if own.reference else None,
        left_out=trillionths_text(own.left_out) if own.left_out else None,
        own_step=footprint.own_step and trillionths_text(own.own_step),
        beside=footprint.beside and replace(footprint.beside, rows=beside_rows(own.beside)),
    )


def _figures(run: OpenRun, made: list[Made], tables: FactorTables) -> tuple[OutputFigures, ...]:
    """Redo the shares of a run whose outputs were changed."""
    value = run.value
    found = bounds(value.excluded, tables, value.gwp, value.engine)
    terms = Terms(value.stage, value.gwp, value.allocation.method, value.allocation.mass_key, bounds=found)
    own = own_lines([group for group in run.inventory if group is not None], tables=tables, gwp=value.gwp)
    upstream = Contribution.parsed(
        value.upstream,
        value.upstream_alternative,
        value.upstream_indicators,
        value.upstream_reference,
        value.upstream_left_out,
    )
    further, gwp = parsed_indicators(value.own_indicators), tables.gwp.weights[value.gwp]
    shares, beside = [share_of(each) for each in made], parsed_beside(value.beside)
    return share_out(terms, own, upstream, shares, further=further, gwp=gwp, beside=beside).outputs


def _heavier(made: Made, output: Output | None, net_mass_kg: str) -> Made:
    """Return an output of another mass, its element masses those of its composition."""
    composition = output.composition if output else ()
    masses = tracked_masses(fractions(composition), milligrams(net_mass_kg))
    elements = tuple((element, trillionths_text(mass)) for element, mass in masses.items())
    return replace(made, net_mass_kg=net_mass_kg, elements=elements)


def _plain(facts: type[_Facts], sealed: Document) -> _Facts:
    """Return the part of a sealed document that is not digests."""
    return facts(**{name: getattr(sealed, name) for name in facts.__struct_fields__})
