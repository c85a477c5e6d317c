"""`oreprint accuse`: write evidence that an auditor lied, of bundles at hand, for `oreprint verify` and everybody else.

Rules: exit 0 when evidence was written, 2 when the bundles prove nothing against an auditor.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from cli import settings
from cli.files import make_folder, read_bytes, read_trust, written
from cli.output import reply
from cli.parts import HomeOption, JsonOption, TrustOption, home_folder, now_ms
from cli.terminal import wrapped
from ledger.auditing.accusing import accusations
from ledger.remote.objects import ObjectStore
from ledger.tables import release_digest, shipped_tables
from ledger.transfers.refresh import PublishedLog
from ledger.trust.pinned import Trust
from ledger.verify.audit_evidence import Judging
from ledger.verify.evidence import Conviction
from schemas.bundle import MOST_BUNDLE_BYTES, Proof
from schemas.problem import problems_in

EXIT_NOTHING: Final = 2


def command(
    bundles: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Bundles, with the whole chain in one.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FOLDER", help="The folder for the files of evidence.")
    ],
    trust: TrustOption = None,
    log: Annotated[
        str | None,
        typer.Option(
            "--log", metavar="URL|FOLDER", help="Where the registry publishes its log, for bundles of two times."
        ),
    ] = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Write evidence against an auditor who called a false chain right, or signed two records with one number.

    Give a bundle that shows the whole chain, and one with the auditor's record about it. Both may be one file. A file
    is written only if it convicts. Anyone can verify it with `oreprint verify`.

    Exit codes: 0 evidence was written; 2 nothing is proven; 3 wrong usage.

    Example: oreprint accuse whole.oreprint scan.oreprint --trust trust.json -o evidence
    """
    pinned = read_trust(trust or home_folder(home) / "trust.json")
    read = [read_bytes(path, most=MOST_BUNDLE_BYTES).splitlines(keepends=True) for path in bundles]
    judging = Judging(shipped_tables(), release_digest())
    anew = partial(_anew, log, pinned) if log is not None else None
    with problems_in(", ".join(map(str, bundles))):
        found = accusations(read, pinned, judging, anew)
    files = []
    if found:
        make_folder(output)
    for number, each in enumerate(found, start=1):
        files.append(output / f"evidence-{number}.json")
        with written(files[-1]) as file:
            file.write(each.evidence.to_bytes() + b"\n")
    proven = [(each.conviction, path) for each, path in zip(found, files, strict=True)]
    reply(
        {
            "evidence": [
                {"file": str(path), "auditor": each.auditor, "code": each.problem.code} for each, path in proven
            ]
        },
        *_told(proven),
        as_json=as_json,
    )
    raise typer.Exit(0 if found else EXIT_NOTHING)


def _told(proven: Sequence[tuple[Conviction, Path]]) -> Iterator[str]:
    for conviction, path in proven:
        yield from wrapped(conviction.problem.sentence())
        yield f"Evidence, for `oreprint verify`: {path}"
    if not proven:
        yield from wrapped(
            "These bundles prove nothing against an auditor. One must show the whole chain, and one the auditor's "
            "record about it."
        )


def _anew(log: str, trust: Trust, head: str, index: int) -> tuple[str, Proof]:
    """Return the newest published checkpoint of the log of a head, and the proof of an entry to it."""
    origin = head.partition("\n")[0]
    registry = next((name for name, each in trust.registries.items() if origin in each.logs), "")
    place = ObjectStore.to_read(log, seconds=settings.remote_seconds())
    published = PublishedLog.at(place, head, trust=trust, registry=registry, now_ms=now_ms())
    return published.note, published.proof(index)
