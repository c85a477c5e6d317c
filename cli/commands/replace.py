"""`oreprint replace`: undo a run with a slip and issue it again under the next free name, in one commit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.acting import AsOption, acting
from cli.files import make_folder, read_document, write_certificate
from cli.output import reply
from cli.parts import CertificatesFolder, HomeOption, JsonOption, open_with_status, tables_of
from ledger.desk.replace import replace_run
from schemas.record import ProductionRecord


def command(
    lot: Annotated[
        str, typer.Argument(metavar="LOT|RUN", help="A lot of the run, its certificate's digest, or the run itself.")
    ],
    record: Annotated[Path, typer.Argument(metavar="RECORD", help="The corrected production record, YAML or JSON.")],
    out: CertificatesFolder = Path("certificates"),
    reason: Annotated[str, typer.Option("--reason", help="Why; an event and an approval tell it.")] = "",
    producer: AsOption = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Replace a run before anything of it has left the plant: its mass, inputs or lines were wrong.

    The old certificates are revoked. A lot whose name is taken gets the next free one, such as AL-41-2. Weigh the drum
    and print a new label.

    Example: oreprint replace AL-41 corrected.yaml
    """
    wanted = read_document(ProductionRecord, record)
    acts = acting(producer or wanted.producer, home)
    registry, status = open_with_status(home)
    make_folder(out)  # before anything is undone: who can't write there replaces nothing
    made = replace_run(registry, lot, wanted, producer=acts, tables=tables_of(home), status=status, reason=reason)
    for each in made.issued:
        write_certificate(out, each.lot, each.text)
    certificates = [{"lot": each.lot, "digest": each.digest} for each in made.issued]
    reply(
        {"undone": list(made.undone.lots), "run": made.undone.run, "certificates": certificates},
        f"Undone: {made.undone.run}, which made {', '.join(made.undone.lots)}. Its certificates are revoked.",
        *(f"issued {each.lot} {each.digest}" for each in made.issued),
        "Weigh the drums and print new labels: the old ones lead to the revoked certificates.",
        as_json=as_json,
    )
