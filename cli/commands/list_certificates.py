"""`oreprint list`: the certificates that a party issued or received, the newest first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Final, NamedTuple, get_args

import typer

from cli.acting import AsOption, acting
from cli.files import write_lines
from cli.output import reply
from cli.parts import HomeOption, JsonOption, open_to_read
from cli.remote_registry import AskedOption, client_at
from ledger.client.registry import certificates_at
from ledger.desk.listing import ListFilter, every_certificate
from schemas.answers.certificates import CertificateState, ListedCertificate
from schemas.columns import LANGUAGES
from schemas.problem import InputError

USUALLY: Final = 50
"""Certificates that are listed unless a number is given."""


def command(  # noqa: PLR0913, PLR0917 - every option is one
    lot: Annotated[str | None, typer.Argument(metavar="[LOT]", help="One lot. Default: all.")] = None,
    state: Annotated[
        str | None, typer.Option("--state", help=f"Only those that are {', '.join(get_args(CertificateState))}.")
    ] = None,
    product: Annotated[
        str | None, typer.Option("--product", help="Only those of this product of the vocabulary.")
    ] = None,
    text: Annotated[str | None, typer.Option("--find", help="Only those with this in the lot or product.")] = None,
    customer: Annotated[
        str | None, typer.Option("--customer", metavar="DID", help="Only lots of which this party got some from you.")
    ] = None,
    most: Annotated[
        int | None,
        typer.Option(
            "--most", metavar="N", min=1, help="At most so many, the newest first. Default: 50; all in a file."
        ),
    ] = None,
    form: Annotated[
        str | None,
        typer.Option("--format", metavar="FORMAT", help="Write a file that reads back as unchanged: xlsx or csv."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="The file for --format.")] = None,
    lang: Annotated[str, typer.Option("--lang", help="Language of its headings: en or zh-Hans.")] = "en",
    party: AsOption = None,
    home: HomeOption = None,
    server: AskedOption = None,
    *,
    received: Annotated[bool, typer.Option("--received", help="What you received, not what you issued.")] = False,
    at_hand: Annotated[bool, typer.Option("--at-hand", help="Only lots of which you have something unused.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the certificates that you issued, the newest first: lot, amount, what is left, state, day and digest.

    Example: oreprint list --state current --at-hand
    """
    chosen = next((each for each in get_args(CertificateState) if each == state), None)
    if state is not None and chosen is None:
        raise InputError.at(
            "document.not-one-of", "--state", value=state, expected=", ".join(get_args(CertificateState))
        )
    wanted = ListFilter(
        lot=lot,
        product=product,
        state=chosen,
        text=text,
        customer=customer,
        at_hand=at_hand,
        whose="received" if received else "issued",
    )
    acts = acting(party, home, server=server)
    listed = _listed_here(home, acts, wanted) if server is None else _listed_there(server, home, acts, wanted)
    if form is not None or out is not None:
        _export(acts, listed, Wanted(form, out, lang, most), home=home, as_json=as_json)
        return
    found = list(islice(listed, most or USUALLY))
    lines = [
        f"{each.lot}  {each.amount} {each.unit} {each.kind}  {each.left} {each.unit} left  {each.state}  {each.issued[:10]}  {each.digest}"
        for each in found
    ]
    rows = [each.model_dump(mode="json", exclude_none=True) for each in found]
    reply(rows, *(lines or ["No certificate fits."]), as_json=as_json)


class Wanted(NamedTuple):
    """The file that was asked for."""

    form: str | None
    out: Path | None
    lang: str
    most: int | None


def _export(
    party: str, listed: Iterator[ListedCertificate], wanted: Wanted, *, home: Path | None, as_json: bool
) -> None:
    """Write a workbook, or an archive of comma-separated files."""
    from ledger.desk.export import exported, exported_csv, exported_workbook

    if wanted.form not in {"xlsx", "csv"}:
        raise InputError.at("document.not-one-of", "--format", value=wanted.form or "nothing", expected="xlsx, csv")
    language = next((each for each in LANGUAGES if each == wanted.lang), None)
    if language is None:
        raise InputError.at("workbook.language", "--lang", value=wanted.lang, possible=", ".join(LANGUAGES))
    found = exported(open_to_read(home), party, islice(listed, wanted.most))
    out = wanted.out or Path("certificates.xlsx" if wanted.form == "xlsx" else "certificates.zip")
    made = exported_workbook(found, party, language) if wanted.form == "xlsx" else exported_csv(found, language)
    write_lines(out, [made])
    reply(
        {"file": str(out), "runs": len(found.rows["runs"])},
        f"Wrote {out}. Runs: {len(found.rows['runs'])}.",
        as_json=as_json,
    )


def _listed_here(home: Path | None, party: str, wanted: ListFilter) -> Iterator[ListedCertificate]:
    return every_certificate(open_to_read(home), party, wanted)


def _listed_there(server: str, home: Path | None, party: str, wanted: ListFilter) -> Iterator[ListedCertificate]:
    client = client_at(server, home)
    client.member(party)
    names = {**wanted._asdict(), "q": wanted.text}
    del names["text"]
    yield from certificates_at(client.remote, {name: value for name, value in names.items() if value is not None})
