"""Everything that a party has in a registry, as files in open formats that can be used without the registry.

Rules: only what the party owns or may see. Each file is listed with its hash in `SHA256SUMS`, which comes last, so a
set of files without it is not whole. Secrets that would open something here stay (`ledger.store.leaving`).
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import chain, islice
from typing import IO, Final, TypeAlias, cast

from ledger.bundles.build import bundle_lines
from ledger.bundles.views import shown_text, view_of
from ledger.desk.export import export_file
from ledger.desk.listing import ListFilter, every_certificate
from ledger.lots.certificates import is_certified_here
from ledger.lots.lineage import lineage
from ledger.registry.parties import check_registered
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_text
from ledger.store.abroad import pinned_notes
from ledger.store.contacts import guest
from ledger.store.engine import reading
from ledger.store.leaving import OWN, own_attestations, own_files, own_rows
from ledger.store.reading import latest_published
from ledger.transfers.export import audience_of, holdings_of, transfer_lines
from ledger.workbook.file_kinds import guarded_text
from schemas.answers.certificates import ListedCertificate
from schemas.instant import time_text
from schemas.lot import lot_file_stem
from schemas.trust import TrustFile

MANIFEST: Final = "SHA256SUMS"
PartyFile: TypeAlias = tuple[str, Iterable[bytes]]
"""The name of a file, with its folder, and its content in pieces."""

_README: Final = """\
# Everything that {party} has in the registry {registry}

Made on {day}. You need neither Oreprint nor the registry to read these files. All text is UTF-8.

| folder or file | content |
|---|---|
| `certificates/` | the certificate of each lot that you issued or received, as far as you may see it. Yours are whole: run, recipe and composition are in them |
| `bundles/` | for each lot one file with its whole chain and every proof. It shows the mass that you still hold of the lot |
| `certificates.csv` | the list of these lots: what is left, offered, shipped and used |
| `certificates.xlsx` | your runs as a workbook, in the columns in which you would upload them |
| `attestations/` | what others attest of your certificates, and what you attested |
| `recipes/`, `workbooks/` | your recipes, and the files that you uploaded, unchanged. `tables/uploads.csv` has their names |
| `tables/` | everything else: shipments, receipts, people, events, approvals, contacts. `tables/columns.csv` explains columns whose name does not |
| `trust/` | the trust list of this registry, and of those that your goods came from |
| `SHA256SUMS` | the SHA-256 of each file |

## Check that nothing is missing or changed

    sha256sum -c SHA256SUMS

## Verify a lot

Oreprint is free software. It verifies each bundle without a network and without this registry:

    oreprint verify bundles/NAME.oreprint {pinned} --offline

Another registry shows the same bundle: drop it on the page of the registry, or send it to `/v1/verify`.

## What to keep to yourself

A bundle proves to whoever has it what you hold of a lot. The tables have personal data of your people and customers.
A table without rows is left out. In a table, text that a spreadsheet could run as a formula begins with an apostrophe. Passwords, the secrets of tokens
and links, and private keys are not here. Oreprint stores no bills: a record names them, and you have them.
A lot that came from another registry and is used up has no bundle of its own. It is in the bundles of what was made of it.
"""


def party_files(registry: OpenRegistry, party: str) -> Iterator[PartyFile]:
    """Yield everything that a party owns and may see, a file at a time; the manifest of hashes is the last.

    Each file is to be read to its end before the next.

    Raises:
        RefusedError: `issue.unknown-producer`, where the party is none of this registry's.
    """
    hashes: dict[str, str] = {}
    for name, pieces in _files(registry, party):
        found = sha256()
        yield name, _counted(pieces, found.update)
        hashes[name] = found.hexdigest()
    yield MANIFEST, [f"{digest}  {name}\n".encode() for name, digest in sorted(hashes.items())]


def zipped(files: Iterable[PartyFile]) -> Iterator[bytes]:
    """Yield an archive of files, in pieces; it opens only if it is whole."""
    sink = _Pieces()
    with zipfile.ZipFile(cast("IO[bytes]", sink), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, pieces in files:
            told = zipfile.ZipInfo(name)
            told.external_attr, told.compress_type = 0o600 << 16, zipfile.ZIP_DEFLATED
            with archive.open(told, "w", force_zip64=True) as member:
                for piece in pieces:
                    member.write(piece)
                    yield sink.take()
    yield sink.take()


class _Pieces:
    """What an archive writes: taken away piece by piece, so nothing can be read back or sought."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, content: bytes) -> int:
        """Keep bytes until they are taken."""
        self._written += content
        return len(content)

    def flush(self) -> None:
        """Do nothing: nobody waits for what is kept."""

    def take(self) -> bytes:
        """Return what was written since the last time."""
        taken, self._written = bytes(self._written), bytearray()
        return taken


def _files(registry: OpenRegistry, party: str) -> Iterator[PartyFile]:
    with reading(registry.engine) as connection:
        if guest(connection, party) is None:
            check_registered(connection, party)
        trust = latest_published(connection, "trust")
        notes = {**({registry.did: trust.text} if trust else {}), **pinned_notes(connection)}
    pinned = [f"trust/{name}.json" for name in notes]
    day, options = time_text(registry.runtime.now_ms()), " ".join(f"--trust {name}" for name in pinned)
    yield "README.md", [_README.format(party=party, registry=registry.did, day=day, pinned=options).encode()]
    for name, note in zip(pinned, notes.values(), strict=True):
        yield name, [TrustFile(note=note).to_bytes(), b"\n"]
    yield from _lots(registry, party)
    yield "certificates.xlsx", [export_file(registry, party, "xlsx", "en")]
    with reading(registry.engine, long=True) as connection:
        for digest, text in own_attestations(connection, party):
            yield f"attestations/{digest.hex()}.jws", [f"{text}\n".encode()]
        for kept in own_files(connection, party):
            yield f"{kept.folder}/{lot_file_stem(kept.name)}", [kept.content]
        for each in OWN:
            heading, *first = islice(rows := own_rows(connection, each, party), 2)
            if first:
                yield f"tables/{each.table.name}.csv", _csv(chain([heading], first, rows))
    yield "tables/columns.csv", _csv(_columns())


def _lots(registry: OpenRegistry, party: str) -> Iterator[PartyFile]:
    """Yield the list of a party's certificates, then each of them with the bundle of its lot, the newest first."""
    listed = [*every_certificate(registry, party, ListFilter(whose="all"))]
    yield "certificates.csv", _csv([[*ListedCertificate.model_fields], *(_values(each) for each in listed)])
    held = holdings_of(registry, party, offered=True)
    with reading(registry.engine) as connection:
        newest = {certificate_digest_text(lineage(connection, lot).latest): lot for lot in held}
    for number, each in enumerate(listed, 1):
        name, lot = f"{number:04}-{lot_file_stem(each.lot)}", newest.get(each.digest)
        yield f"certificates/{name}.sdjwt", [f"{shown_text(registry, each.digest, party)}\n".encode()]
        if lot is not None:
            audience = audience_of(registry, lot, party)
            yield f"bundles/{name}.oreprint", transfer_lines(registry, held[lot], audience=audience)
        elif is_certified_here(registry, each.digest):
            view = view_of(registry, each.digest, party)
            yield f"bundles/{name}.oreprint", bundle_lines(registry, each.digest, audience=view)


def _values(each: ListedCertificate) -> list[str]:
    return ["" if value is None else str(value) for value in each.model_dump(mode="json").values()]


def _columns() -> Iterator[list[str]]:
    """Yield what each column of a table means, where its name does not tell."""
    yield ["table", "column", "meaning"]
    for each in OWN:
        for column in each.columns:
            yield [each.table.name, column.name.removesuffix("_ms"), column.comment or ""]


def _counted(pieces: Iterable[bytes], count: Callable[[bytes], None]) -> Iterator[bytes]:
    for piece in pieces:
        count(piece)
        yield piece


def _csv(rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """Yield the lines of a comma-separated file (RFC 4180)."""
    for row in rows:
        line = io.StringIO()
        csv.writer(line).writerow([guarded_text(each) for each in row])
        yield line.getvalue().encode()
