"""The figures of a chain as comma-separated values: lots, stages and gases, elements, inputs, lines, claims.

Rules: one kind of row for each thing, and a column for each unit, which its heading names.  Figures have all their
digits.  A text that a spreadsheet could take for a formula begins with an apostrophe, as does a text that begins with
one; numbers never do (OWASP, CSV injection).  Only what the reader may see is there; `state` tells proven from
declared.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ledger.factors.figures import co2e, parsed_rows
from ledger.footprint.left_out import kind_of
from ledger.papers.paper import PaperSubject, Speaker, log_words, plain, standing
from ledger.papers.support import check_support
from ledger.plausibility.told import MEASURED_SHARES
from ledger.seal.sdjwt import OpenCertificate
from ledger.sheets.uncertainty import parameters
from ledger.workbook.file_kinds import BOM, guarded_text
from schemas.inventory import CreditLine, DirectLine, ElectricityLine, FuelLine, MaterialLine, TransportLine, WasteLine
from schemas.quantity import trillionths_text
from schemas.sentences import MARK_WORDS, WORTH
from schemas.vocabulary import UNIT_OF_INDICATOR, unit_of

PIECE: Final = 1 << 16
"""Characters that are written at once."""
_UNITS: Final = ("kg", "kWh", "MJ", "m3", "tkm")

Row = Mapping[str, str]


def figures_csv(subject: PaperSubject, said: Speaker, link: str = "") -> Iterator[bytes]:
    """Return the figures of a record and its chain, piece by piece; `link` leads to its page.

    A chain of any length has them.

    Raises:
        RefusedError: `paper.*`, at once.
    """
    check_support("figures", subject.report, subject.record)
    return _pieces(subject, said, link)


def _pieces(subject: PaperSubject, said: Speaker, link: str) -> Iterator[bytes]:
    heads = dict(_heads(said))
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow([guarded_text(head) for head in heads.values()])
    yield BOM.encode()
    for row in _rows(subject, said, link):
        writer.writerow([row.get(key, "") for key in heads])
        if written.tell() > PIECE:
            yield written.getvalue().encode()
            written.seek(0)
            written.truncate()
    yield written.getvalue().encode()


def _heads(said: Speaker) -> Iterator[tuple[str, str]]:
    yield from (("row", said("row")), ("lot", said("lot")), ("certificate", said("certificate")))
    yield from (("name", said("name")), ("part", said("part")), ("state", said("state")))
    yield from ((f"amount_{unit}", said("amount ({unit})").format(unit=unit)) for unit in _UNITS)
    yield "location", said("location-based (kg CO2e)")
    yield "market", said("market-based (kg CO2e)")
    yield "per_location", said("location-based (kg CO2e per kg)")
    yield "per_market", said("market-based (kg CO2e per kg)")
    yield "low", said("low, 95 % (kg CO2e per kg)")
    yield "high", said("high, 95 % (kg CO2e per kg)")
    yield "gas_location", said("gas, location-based (kg)")
    yield "gas_market", said("gas, market-based (kg)")
    yield "fraction", said("part of mass (1)")
    yield "pre", said("pre-consumer recycled (1)")
    yield "post", said("post-consumer recycled (1)")
    yield "share", said("part of the kg CO2e (1)")
    yield from (("factor", said("factor")), ("basis", said("basis")), ("note", said("note")))


def _rows(subject: PaperSubject, said: Speaker, link: str) -> Iterator[Row]:
    report = subject.report
    if report.mark is not None:
        yield _of(subject.seen.digest, subject.record.batch.lot, "mark") | {"note": said(MARK_WORDS[report.mark])}
    yield _of(subject.seen.digest, subject.record.batch.lot, "standing") | {
        "note": guarded_text(standing(subject, said)),
        "name": guarded_text(log_words(subject, said)),
        "part": guarded_text(link),
    }
    if report.plausibility is not None and report.plausibility.qualified:
        words = said("; ").join(said.worded(WORTH[word.key], word.facts) for word in report.plausibility.words)
        yield _of(subject.seen.digest, subject.record.batch.lot, "note") | {"note": guarded_text(words)}
    for opened in reversed(subject.opened):
        yield from _lot(opened, subject)
    for claim in report.claims:
        told = _of(subject.seen.digest, subject.record.batch.lot, "claim")
        name, reason = guarded_text(plain(said.claim(claim))), guarded_text(plain(said.reason(claim)))
        yield told | {"name": name, "part": claim.scope, "state": claim.answer, "note": reason}


def _of(digest: str, lot: str, row: str) -> dict[str, str]:
    return {"row": row, "lot": guarded_text(lot), "certificate": digest}


def _lot(opened: OpenCertificate, subject: PaperSubject) -> Iterator[Row]:
    """Yield the rows of a certificate: of its lot, and of its run where that is shown."""
    record, figures = opened.record, opened.record.footprint
    lot, digest = record.batch.lot, opened.digest
    run = opened.run
    again = run is not None and run.lines_shown and len(run.sources) == len(run.inputs)
    state = "proven" if again else "declared"
    goods = unit_of(record.batch.kind) == "kg"
    whole = _of(digest, lot, "lot") | {"name": guarded_text(record.batch.description), "state": state}
    whole[f"amount_{unit_of(record.batch.kind)}"] = record.batch.net_mass_kg
    if goods:
        found = parameters(figures.per_kg.location, figures.quality)
        whole |= {"location": figures.total_kg_co2e.location, "market": figures.total_kg_co2e.market}
        whole |= {"per_location": figures.per_kg.location, "per_market": figures.per_kg.market}
        whole |= {"low": found.low, "high": found.high}
    yield whole
    for name, share in zip(MEASURED_SHARES, figures.quality.measured_share or (), strict=False):
        yield _of(digest, lot, "measured-share") | {"name": name, "state": state, "share": share}
    for key, share in figures.quality.word or ():
        yield _of(digest, lot, "word-alone") | {"name": key, "state": state, "share": share}
    if figures.own_step is not None:
        yield _of(digest, lot, "own-step") | {
            "name": record.batch.step,
            "state": state,
            "per_location": figures.own_step,
        }
    for stage, gas, location, market in figures.rows:
        told = {"name": stage, "part": gas, "state": state, "gas_location": location, "gas_market": market}
        yield _of(digest, lot, "gas") | told
    for name, amount in record.indicators.rows:
        yield _of(digest, lot, "indicator") | {
            "name": name,
            f"amount_{UNIT_OF_INDICATOR[name]}": amount,
            "state": state,
        }
    for part in record.composition:
        shares = {"fraction": part.fraction, "pre": part.pre, "post": part.post}
        yield _of(digest, lot, "element") | {"name": part.element, "state": "declared"} | shares
    own = [] if run is None else [item.what for item in run.value.excluded]
    for what in (figures.beside.open if figures.beside else None) or ():
        if what not in own:
            yield _of(digest, lot, "left-out") | {"name": guarded_text(what), "part": "open", "state": state}
    yield from _run(opened, subject)


def _run(opened: OpenCertificate, subject: PaperSubject) -> Iterator[Row]:
    """Yield the inputs and lines of a run, as far as they are shown."""
    lot, digest, run = opened.record.batch.lot, opened.digest, opened.run
    if run is None:
        return
    gwp = subject.chain.tables.gwp.weights[opened.record.footprint.gwp]
    for shown in filter(None, run.inputs):
        told = _of(digest, lot, "input") | {"name": guarded_text(shown.value.material), "state": "proven"}
        told[f"amount_{unit_of(shown.value.kind)}"] = shown.value.mass_kg
        if shown.source is not None:
            brought = co2e(parsed_rows(shown.source.rows), gwp)
            told |= {"part": shown.source.certificate, "location": trillionths_text(brought.location)}
            told |= {"market": trillionths_text(brought.market)}
        yield told
    for item in run.value.excluded:
        told = _of(digest, lot, "left-out") | {"name": guarded_text(item.what), "part": kind_of(item)}
        yield told | {"state": "declared", "note": guarded_text(item.why)}
    for group in run.inventory:
        if group is None:
            continue
        for line in group.lines:
            told = _of(digest, lot, "line") | {
                "name": guarded_text(line.name),
                "part": group.group,
                "basis": line.basis,
            }
            factor = getattr(line, "factor", None)
            yield told | _amount(line) | {"state": "declared", "factor": factor or ""}


def _amount(line: Any) -> dict[str, str]:  # noqa: ANN401 - one of seven kinds of lines
    """Return the amount of a line under the column of its unit."""
    match line:
        case MaterialLine() | DirectLine() | WasteLine():
            return {"amount_kg": line.mass_kg}
        case ElectricityLine():
            return {"amount_kWh": line.amount_kwh}
        case TransportLine():
            return {"amount_tkm": line.amount_tkm}
        case FuelLine() | CreditLine():
            return {f"amount_{line.unit}": line.amount}
        case _:
            raise TypeError(type(line).__name__)
