"""`oreprint correct`: certificates that follow, with better words or better inventory lines, for the same batches."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from cli.files import keep, kept, make_folder, read_document, write_certificate
from cli.output import reply
from cli.parts import CertificatesFolder, HomeOption, JsonOption, open_with_status, own_key, tables_of
from cli.remote_registry import ServerOption, remote_at, sealing
from ledger.client.correct import correct_at
from ledger.client.issue import IssuingClient
from ledger.issuing.correct import correct
from ledger.lots.issuance import IssuedText
from ledger.seal.sdjwt import open_certificate
from schemas.record import ProductionRecord


def command(
    record: Annotated[Path, typer.Argument(metavar="RECORD", help="The corrected production record, YAML or JSON.")],
    out: CertificatesFolder = Path("certificates"),
    home: HomeOption = None,
    server: ServerOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Correct the certificates of a run: its texts, its inventory lines and the figures computed from them.

    Inputs, outputs, masses, compositions and prices must not change. The old certificates are superseded at once.

    Example: oreprint correct 03-SEP-2026-02.yaml --out certificates
    """
    wanted = read_document(ProductionRecord, record)
    made, unchanged = (
        _corrected_here(wanted, out, home) if server is None else _corrected_there(server, wanted, out, home)
    )
    for certificate in made:
        write_certificate(out, certificate.lot, certificate.text)
    state = "unchanged" if unchanged else "corrected"
    certificates = [{"lot": each.lot, "digest": each.digest, "id": each.id} for each in made]
    lines = (f"{state} {each.lot} {each.digest}" for each in made)
    reply({"state": state, "certificates": certificates}, *lines, f"certificates in {out}", as_json=as_json)


def _corrected_here(record: ProductionRecord, out: Path, home: Path | None) -> tuple[Sequence[IssuedText], bool]:
    """Correct in the home; return the certificates, and whether they are as they were."""
    registry, status = open_with_status(home)
    make_folder(out)  # before anything is superseded: who can't write there corrects nothing
    made = correct(registry, record, tables=tables_of(home), status=status)
    return made.certificates, made.unchanged


def _corrected_there(
    server: str, record: ProductionRecord, out: Path, home: Path | None
) -> tuple[Sequence[IssuedText], bool]:
    """Correct at another registry with the key in the home; keep the signed request in OUT, as `issue` does."""
    make_folder(out)
    signer = own_key(home, record.producer)
    office = IssuingClient(remote_at(server), signer, tables_of(home), sealing, partial(keep, out), partial(kept, out))
    made = correct_at(office, record)
    opened = [(lot, text, open_certificate(text)) for lot, text in made.certificates]
    return [IssuedText(lot, each.digest, each.record.id, text) for lot, text, each in opened], made.unchanged
