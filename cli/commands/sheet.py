"""`oreprint sheet`: one certificate's number explained on a page, or a paper to take away with the record inside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.attestations import attested_in
from cli.files import write_lines
from cli.output import print_json, reply
from cli.papers import KIND_OF, PaperWish, paper_of
from cli.parts import HomeOption, JsonOption, TrustOption
from cli.source import known_audience, of_home, open_source, subject_text
from cli.unused_options import refuse_unused
from ledger.papers.paper import Speaker
from ledger.plausibility.worth import alone
from ledger.seal.presentation import PAPER_AUDIENCE
from ledger.seal.sdjwt import open_certificate
from ledger.sheets.explained import explained_sheet, flow_svg
from ledger.sheets.numbers import numbers_of
from ledger.sheets.statement import document, statement
from ledger.tables import shipped_tables
from schemas.problem import InputError, problems_in
from schemas.struct import plain

_OF_DELIVERY = ("contract", "part", "consignee", "signatory", "delivery")
_OF_PAPERS = ("lang", "day", "trust", "audience", *_OF_DELIVERY)


def command(  # noqa: PLR0913, PLR0917 - every option is one
    context: typer.Context,
    source: Annotated[
        str, typer.Argument(metavar="FILE|-|DIGEST", help="A certificate or a bundle; - is standard input.")
    ],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Default: the lot's name, here.")
    ] = None,
    form: Annotated[
        Literal["html", "svg", "pdf", "crma", "dfars", "csv"],
        typer.Option(
            "--format",
            help="html or svg explain the figure. pdf: the certificate. crma: EU 2024/1252, Articles 28 and 29. dfars: origin for DFARS 252.225-7052. csv: all figures.",
        ),
    ] = "html",
    lang: Annotated[str, typer.Option("--lang", help="The language of a paper.")] = "en",
    day: Annotated[
        str | None, typer.Option("--date", metavar="DAY", help="The day on a paper, 2026-11-29. Default: today, UTC.")
    ] = None,
    audience: Annotated[
        str, typer.Option("--for", help="With a digest, the audience of the attached record.")
    ] = PAPER_AUDIENCE,
    contract: Annotated[
        str | None, typer.Option("--contract", metavar="NUMBER", help="With dfars: the contract number.")
    ] = None,
    part: Annotated[str | None, typer.Option("--part", metavar="NUMBER", help="With dfars: the part number.")] = None,
    consignee: Annotated[
        str | None, typer.Option("--consignee", metavar="NAME", help="With dfars: who receives the goods.")
    ] = None,
    signatory: Annotated[
        str | None, typer.Option("--signatory", metavar="NAME", help="With dfars: who signs, and in which position.")
    ] = None,
    delivery: Annotated[
        str | None,
        typer.Option(
            "--delivery",
            metavar="DAY",
            help="With dfars: the day of delivery, by which the clause covers more or less. Default: the day on the paper.",
        ),
    ] = None,
    trust: TrustOption = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Write a page that explains a certificate's footprint, or a paper to take away.

    The papers pdf, crma and dfars are PDF/A-3 files with the record attached: `oreprint verify` reads it out of them.
    A paper says what is proven and what is declared. It is refused if the record does not support it. What you do not
    give of a delivery is a blank line on the paper.

    Example: oreprint sheet magnet.oreprint --format pdf -o MG-88.pdf
    """
    if form in KIND_OF:
        if not of_home(source, home):
            refuse_unused(context, "without a digest", "audience")
        if form != "dfars":
            refuse_unused(context, f"with --format {form}", *_OF_DELIVERY)
        shown_to = known_audience(audience)
        given = (contract, part, consignee, signatory, delivery)
        told = dict(zip(_OF_DELIVERY, given, strict=True))
        wish = PaperWish(source, form, day, shown_to, trust, home, told)
        _paper(wish, _speaker(lang), out, as_json=as_json)
    else:
        refuse_unused(context, f"with --format {form}", *_OF_PAPERS)
        _explained(source, "svg" if form == "svg" else "html", out, home, as_json=as_json)


def _speaker(lang: str) -> Speaker:
    from api.web.words import LANGUAGES, words

    if lang not in LANGUAGES:
        raise InputError.at("paper.language", "--lang", value=lang, known=", ".join(LANGUAGES))
    return words(lang)


def _paper(wish: PaperWish, said: Speaker, out: Path | None, *, as_json: bool) -> None:
    made = paper_of(wish, said)
    path = out or Path(made.name)
    write_lines(path, [made.content])
    reply({"file": str(path), "media_type": made.media, "bytes": len(made.content)}, f"Wrote {path}.", as_json=as_json)


def _explained(
    source: str, form: Literal["html", "svg"], out: Path | None, home: Path | None, *, as_json: bool
) -> None:
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
