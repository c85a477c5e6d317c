"""`oreprint list`: the certificates that a party issued, the newest first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple, get_args

import typer

from cli.acting import AsOption, acting
from cli.parts import HomeOption, JsonOption, open_to_read
from schemas.answers.certificates import CertificateState
from schemas.problem import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.lots.certificates import IssuedFilter
    from schemas.answers.certificates import ListedCertificate

USUALLY: Final = 50
"""Certificates that are listed unless a number is given."""
PAGE: Final = 500
"""Certificates that are read at once."""


def command(  # noqa: PLR0913, PLR0917 - every option is one
    lot: Annotated[str | None, typer.Argument(metavar="[LOT]", help="One lot. Default: all.")] = None,
    state: Annotated[
        str | None, typer.Option("--state", help=f"Only those that are {', '.join(get_args(CertificateState))}.")
    ] = None,
    product: Annotated[
        str | None, typer.Option("--product", help="Only those of this product of the vocabulary.")
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
    *,
    as_json: JsonOption = False,
) -> None:
    """List the certificates that you issued, the newest first: lot, amount, state, day and digest.

    Example: oreprint list --state current
    """
    from itertools import islice

    from cli.output import print_json
    from ledger.lots.certificates import IssuedFilter

    chosen = next((each for each in get_args(CertificateState) if each == state), None)
    if state is not None and chosen is None:
        raise InputError.at(
            "document.not-one-of", "--state", value=state, expected=", ".join(get_args(CertificateState))
        )
    wanted = IssuedFilter(lot=lot, product=product, state=chosen)
    acts = acting(party, home)
    if form is not None or out is not None:
        _export(acts, _issued(home, acts, wanted), Wanted(form, out, lang, most), home=home, as_json=as_json)
        return
    found = list(islice(_issued(home, acts, wanted), most or USUALLY))
    if as_json:
        print_json([each.model_dump(mode="json", exclude_none=True) for each in found])
        return
    for each in found:
        print(f"{each.lot}  {each.amount} {each.unit} {each.kind}  {each.state}  {each.issued[:10]}  {each.digest}")
    if not found:
        print("No certificate fits.")


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
    from itertools import islice

    from cli.files import write_lines
    from cli.output import print_json
    from ledger.desk.export import exported, exported_csv, exported_workbook
    from schemas.columns import LANGUAGES

    if wanted.form not in {"xlsx", "csv"}:
        raise InputError.at("document.not-one-of", "--format", value=wanted.form or "nothing", expected="xlsx, csv")
    language = next((each for each in LANGUAGES if each == wanted.lang), None)
    if language is None:
        raise InputError.at("workbook.language", "--lang", value=wanted.lang, possible=", ".join(LANGUAGES))
    found = exported(open_to_read(home), party, islice(listed, wanted.most))
    out = wanted.out or Path("certificates.xlsx" if wanted.form == "xlsx" else "certificates.zip")
    made = exported_workbook(found, party, language) if wanted.form == "xlsx" else exported_csv(found, language)
    write_lines(out, [made])
    if as_json:
        print_json({"file": str(out), "runs": len(found.rows["runs"])})
        return
    print(f"Wrote {out}. Runs: {len(found.rows['runs'])}.")


def _issued(home: Path | None, party: str, wanted: IssuedFilter) -> Iterator[ListedCertificate]:
    """Yield the certificates page by page."""
    from ledger.lots.certificates import list_issued

    registry, cursor = open_to_read(home), None
    while True:
        page = list_issued(registry, party, wanted, limit=PAGE, cursor=cursor, origin=f"https://{registry.did}")
        yield from page.certificates
        cursor = page.next
        if cursor is None:
            return
