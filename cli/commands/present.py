"""`oreprint present`: the same signed certificate with fewer disclosures.

Rules: the signed part never changes; ``--reveal`` adds single paths, with what they lie in, to what the audience sees;
what the receiver can work out all the same is said as a warning on stderr. Parts that were shown before cannot be
called back.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

import typer

from cli.output import warn
from cli.parts import HomeOption, JsonOption
from cli.source import open_source, subject_text
from cli.terminal import tell
from ledger.seal.presentation import Presentation, present
from ledger.seal.sdjwt import open_certificate
from schemas.problem import problems_in
from schemas.vocabulary import Audience


def command(
    source: Annotated[
        str, typer.Argument(metavar="FILE|-|DIGEST", help="A certificate, presentation or bundle; - is standard input.")
    ],
    audience: Annotated[str, typer.Option("--for", help="The audience: public, customer, partner or auditor.")],
    reveal: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="Also show this part, such as run/inputs/0. Repeat for several."),
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="The file to write.")] = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Write a certificate with only the parts that an audience may see. Its signature stays valid.

    Example: oreprint present PRND-26-03.sdjwt --for customer -o for-customer.sdjwt
    """
    import json

    with open_source(source, home=home) as found, problems_in(found.name):
        shown = _presented(subject_text(found), audience, reveal or [])
    warnings = warn(shown.warnings)
    if output is not None:
        from cli.files import write_lines
        from ledger.files.atomic import PRIVATE, READABLE

        mode = READABLE if audience == "public" and not reveal else PRIVATE
        write_lines(output, [f"{shown.text}\n".encode()], mode=mode)
    if as_json:
        tell([json.dumps({"certificate": shown.text, "warnings": warnings})])
    else:
        tell([shown.text] if output is None else [f"Wrote {output}, for {audience}."])


def _presented(text: str, audience: str, reveal: list[str]) -> Presentation:
    """Return what `audience` is to see of a certificate, and the paths in `reveal` beside it.

    Raises:
        InputError: `seal.*`, `document.*`.
    """
    shown = present(text, show=cast("Audience", audience))
    if not reveal:
        return shown
    places = set(open_certificate(shown.text).shown)
    return present(text, show=places | set(reveal))
