"""`oreprint bundle`: one offline file for a whole chain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.files import write_lines
from cli.output import reply
from cli.parts import HomeOption, JsonOption, ask_cosigners, home_of, open_to_sign, passphrase_of
from cli.source import digest_of, known_audience
from cli.terminal import plural
from ledger.admin.init import refresh_status
from ledger.bundles.build import bundle_lines
from ledger.files.atomic import PRIVATE, READABLE
from schemas.problem import placed


def command(
    source: Annotated[
        str, typer.Argument(metavar="DIGEST|FILE", help="The certificate's digest, zQm…, or the certificate itself.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The bundle to write, FILE.oreprint.")],
    audience: Annotated[
        str, typer.Option("--for", help="The audience: public, customer, partner or auditor.")
    ] = "customer",
    holder: Annotated[
        str | None, typer.Option("--as", metavar="DID", help="Also show the holding of this consignee.")
    ] = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Write a certificate with its chain, paths, proofs and status lists into one file that verifies offline.

    Example: oreprint bundle certificates/MG-88.sdjwt --for auditor -o magnet.oreprint
    """
    shown_to = known_audience(audience)
    digest = digest_of(source, home)
    place = home_of(home)
    registry = open_to_sign(home)
    refresh_status(place, registry, passphrase=passphrase_of(place))
    ask_cosigners(place, registry)
    with placed(digest):
        found = bundle_lines(registry, digest, audience=shown_to, holder=holder)
        lines = write_lines(output, found, mode=READABLE if audience == "public" and holder is None else PRIVATE)
    reply(
        {"bundle": str(output), "lines": lines, "audience": audience},
        f"Wrote {output}: {plural(lines, 'line')}, for {audience}.",
        as_json=as_json,
    )
