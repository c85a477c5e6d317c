"""The sheet that explains a number: its parts make up the whole, its drawing is sound, and a hostile name stays
text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from ledger.footprint.digits import shown_figure
from ledger.seal.sdjwt import open_certificate
from ledger.sheets.explained import explained_sheet, flow_svg
from ledger.sheets.numbers import WITHHELD, numbers_of
from schemas.certificate import OpenFlags
from schemas.document import replace
from schemas.quantity import trillionths
from tests.support.worlds.recipe import Make, tables
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from ledger.seal.sdjwt import OpenCertificate
    from ledger.sheets.numbers import Numbers

KG = 10**6


def opened() -> OpenCertificate:
    """Return the certificate of one of two outputs, made of two batches."""
    world = World(full=True)
    ore = [world.issue("ann", [], [Make(400 * KG)], feed_mg=400 * KG).lumps[0] for _ in range(2)]
    made = world.issue("ann", ore, [Make(300 * KG), Make(500 * KG)])
    return open_certificate(made.certificate.text)


def numbers(certificate: OpenCertificate) -> Numbers:
    return numbers_of(certificate, tables().gwp.weights[certificate.record.footprint.gwp])


def test_every_way_to_part_the_number_makes_up_the_whole() -> None:
    certificate = opened()
    found = numbers(certificate)
    assert found.total == trillionths(certificate.record.footprint.total_kg_co2e.location) > 0
    assert sum(part.amount for part in found.stages) == found.total
    assert sum(part.amount for part in found.gases) == found.total
    assert sum(found.matrix.values()) == found.total
    assert sum(part.amount for part in found.scopes) == found.total
    # each part is rounded by itself, in the twelfth place
    assert abs(sum(part.amount for part in found.sources) - found.total) <= 20
    assert sum(part.certificate is not None for part in found.sources) == 2


def test_what_is_withheld_is_told_as_withheld() -> None:
    certificate = opened()
    assert certificate.run is not None
    hidden = replace(certificate, run=replace(certificate.run, inputs=(None, certificate.run.inputs[1])))
    found, shown = numbers(hidden), numbers(certificate)
    assert [part.name for part in found.sources].count(WITHHELD) == 1
    assert abs(sum(part.amount for part in found.sources) - sum(part.amount for part in shown.sources)) <= 20
    assert numbers(replace(certificate, run=None)).sources == ()


def test_the_drawing_is_sound_svg_with_a_text_for_each_part() -> None:
    certificate = opened()
    for each in (certificate, replace(certificate, run=None)):
        found = numbers(each)
        drawing = ET.fromstring(flow_svg(each, found))  # noqa: S314 - our own drawing
        texts = ["".join(node.itertext()) for node in drawing.iter("{http://www.w3.org/2000/svg}text")]
        for part in (*found.sources, *found.stages):
            assert part.amount <= 0 or any(text.startswith(part.name) for text in texts)


def test_a_sheet_stands_alone_and_escapes_what_it_is_told() -> None:
    certificate = opened()
    batch = replace(certificate.record.batch, description="<script>alert(1)</script>")
    hostile = replace(certificate, record=replace(certificate.record, batch=batch))
    page = explained_sheet(hostile, numbers(hostile), tables())
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert not re.search(r'(?:src|href)="', page)
    assert shown_figure(certificate.record.footprint.per_kg.location, certificate.record.footprint.quality) in page
    hidden = replace(hostile, run=None)
    assert "withheld" in explained_sheet(hidden, numbers(hidden), tables())


def test_a_sheet_says_what_stands_against_its_figure_and_lists_the_demands_of_its_method() -> None:
    certificate = opened()
    footprint = replace(certificate.record.footprint, method="iso-14067", flags=OpenFlags(own=2, inputs=0))
    named = replace(certificate, record=replace(certificate.record, footprint=footprint))
    page = explained_sheet(named, numbers(named), tables())
    assert "Something stands against this figure" in page
    assert "2 flags" in page
    assert "by the rules of ISO 14067:2018 as far as listed" in page
    assert "text not read" in page
