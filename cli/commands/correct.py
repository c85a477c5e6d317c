"""`oreprint correct`: certificates that follow, with better words or better inventory lines, for the same batches."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.parts import HomeOption, JsonOption, tables_of


def command(
    record: Annotated[Path, typer.Argument(metavar="RECORD", help="The corrected production record, YAML or JSON.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the certificates go.")] = Path(
        "certificates"
    ),
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Correct the certificates of a run: words, inventory lines, and the figures that follow from them.

    Inputs, outputs, masses, compositions and prices must be as they were. The old certificates are superseded at once.

    Example: oreprint correct 03-SEP-2026-02.yaml --out certificates
    """
    from cli.files import make_folder, read_document, write_certificate
    from cli.output import print_json
    from cli.status import open_with_status
    from ledger.correct import correct
    from schemas.record import ProductionRecord

    wanted = read_document(ProductionRecord, record)
    book, status = open_with_status(home)
    make_folder(out)  # before anything is superseded: who can't write there corrects nothing
    made = correct(book, wanted, tables=tables_of(home), status=status)
    for certificate in made.certificates:
        write_certificate(out, certificate.lot, certificate.text)
    state = "unchanged" if made.unchanged else "corrected"
    if as_json:
        certificates = [{"lot": each.lot, "digest": each.digest, "id": each.id} for each in made.certificates]
        print_json({"state": state, "certificates": certificates})
        return
    for certificate in made.certificates:
        print(f"{state} {certificate.lot} {certificate.digest}")
    print(f"certificates in {out}")
