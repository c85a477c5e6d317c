"""`oreprint sheet`: one certificate's number explained on a page: by stage, gas and scope, and by what brought it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.parts import HomeOption, JsonOption
from cli.source import open_source, problems_in, subject_text


def command(
    source: Annotated[
        str, typer.Argument(metavar="FILE|-|DIGEST", help="A certificate or a bundle; - is standard input.")
    ],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Default: the lot's name, here.")
    ] = None,
    form: Annotated[Literal["html", "svg"], typer.Option("--format", help="The whole page, or its drawing.")] = "html",
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Write a page that explains a certificate's footprint, with a drawing of its sources.

    Example: oreprint sheet magnet.oreprint -o magnet.html
    """
    from cli.attestations import attested_in
    from cli.files import write_lines
    from cli.output import print_json
    from ledger.plausibility.worth import alone
    from ledger.seal.sdjwt import open_certificate
    from ledger.sheets.explained import explained_sheet, flow_svg
    from ledger.sheets.numbers import numbers_of
    from ledger.sheets.statement import document, statement
    from ledger.tables import shipped_tables
    from schemas.struct import plain

    with open_source(source, home=home) as found, problems_in(found.name):
        opened = open_certificate(subject_text(found))
        attested = tuple(attested_in(found, opened))
    tables, figures = shipped_tables(), opened.record.footprint
    used = tables.named(figures.factor_sets) or tables
    numbers = numbers_of(opened, used.gwp.weights[figures.gwp])
    text = explained_sheet(opened, numbers, tables, attested) if form == "html" else flow_svg(opened, numbers)
    path = out or Path(f"{opened.record.batch.lot.replace('/', '-')}.{form}")
    write_lines(path, [text.encode()])
    if as_json:
        written = {"lot": opened.record.batch.lot, "digest": opened.digest, "file": str(path)}
        worth = plain(alone(opened.record, tables, opened.run))
        print_json({**written, "plausibility": worth, "statement": document(statement(opened, tables, attested))})
        return
    print(f"Wrote {path}.")
