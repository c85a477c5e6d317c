"""`oreprint issue`: production records in, certificates out."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, TypeAlias

import typer

from cli import settings
from cli.files import read_document, write_lines
from cli.output import print_json
from cli.parts import (
    DatabaseOption,
    HomeOption,
    JsonOption,
    home_of,
    open_to_sign,
    passphrase_of,
    surroundings,
    tables_of,
)
from cli.terminal import tell
from schemas.problem import InputError, OreprintError, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.book import Book
    from ledger.footprint.draft import Draft
    from ledger.footprint.factors import FactorTables
    from ledger.issue import Issued
    from ledger.seal.signer import SoftwareSigner
    from ledger.sealing import Sealing
    from schemas.record import ProductionRecord


class Given(NamedTuple):
    """A production record and the file it stands in."""

    path: Path
    record: ProductionRecord


Refusals: TypeAlias = "list[OreprintError]"


def command(  # noqa: PLR0913 - every option is one
    records: Annotated[list[Path], typer.Argument(metavar="RECORD...", help="Production records, YAML or JSON.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the certificates go.")] = Path(
        "certificates"
    ),
    to: Annotated[
        str | None, typer.Option("--to", metavar="DID", help="Offer the certified lots to this party.")
    ] = None,
    home: HomeOption = None,
    database_url: DatabaseOption = None,
    server: Annotated[
        str | None,
        typer.Option("--server", metavar="URL", help="Sign here with your own key, and have that registry log it."),
    ] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and compute only; nothing is changed.")] = False,
    skip_invalid: Annotated[bool, typer.Option("--skip-invalid", help="Issue the rest if some can't be.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Compute, sign and log the certificates of one or more runs, as OUT/<lot>.sdjwt; again gives the first answer.

    If one record can't be read or computed, none is issued, unless --skip-invalid is given.

    Example: oreprint issue run.yaml --out certificates
    """
    tables = tables_of(home)
    given, refused = _read(records)
    if server is not None:
        _stop_at(refused, skip_invalid=False)
        _issue_there(server, given, tables, home=home, out=out, as_json=as_json)
        return
    book = open_to_sign(home, database_url)
    if dry_run:
        drafts, unfit = _computable(book, given, tables)
        _stop_at(refused + unfit, skip_invalid=False)
        _tell_claims(drafts)
        print(f"{len(drafts)} records could be issued; nothing was changed.")
        return
    _stop_at(refused, skip_invalid=skip_invalid)
    issued, unissued = _issue(book, given, tables, to=to, out=out)
    refused += unissued
    _tell(issued, refused, out=out, as_json=as_json)
    if refused:
        raise typer.Exit(3)


def _read(paths: Sequence[Path]) -> tuple[list[Given], Refusals]:
    """Read every record, keeping what can't be read apart."""
    from schemas.record import ProductionRecord

    given: list[Given] = []
    refused: Refusals = []
    for path in paths:
        try:
            given.append(Given(path, read_document(ProductionRecord, path)))
        except InputError as error:
            refused.append(error)
    return given, refused


def _computable(book: Book, given: Sequence[Given], tables: FactorTables) -> tuple[list[Draft], Refusals]:
    """Compute every record against the registry as it is, changing nothing."""
    from ledger.issue import dry_run

    fit: list[Draft] = []
    refused: Refusals = []
    for each in given:
        try:
            fit.append(dry_run(book, each.record, tables=tables))
        except OreprintError as error:
            refused.append(_named(each.path, error))
    return fit, refused


def _tell_claims(drafts: Sequence[Draft]) -> None:
    """Print what each certificate would answer to what is claimed."""
    from cli.claims import row_lines

    for made in drafts:
        for each in made.certified:
            if each.claims:
                print(f"{each.batch.lot}, claims:")
                tell(row_lines(each.claims))


def _stop_at(refused: Refusals, *, skip_invalid: bool) -> None:
    """Raise all refusals together, before anything is changed."""
    if refused and not skip_invalid:
        raise InputError(*(problem for error in refused for problem in error.problems))


def _issue(
    book: Book, given: Sequence[Given], tables: FactorTables, *, to: str | None, out: Path
) -> tuple[list[Issued], Refusals]:
    """Issue what was read; write the certificates, and offer them where that was asked."""
    from ledger.issue import issue
    from ledger.ship import Dispatch, ship
    from schemas.lot import lot_file_stem

    issued: list[Issued] = []
    refused: Refusals = []
    outcomes = issue(book, [each.record for each in given], tables=tables)
    for each, outcome in zip(given, outcomes, strict=True):
        if isinstance(outcome, OreprintError):
            refused.append(_named(each.path, outcome))
            continue
        issued.append(outcome)
        for certificate in outcome.certificates:
            write_lines(out / f"{lot_file_stem(certificate.lot)}.sdjwt", [certificate.text.encode("ascii"), b"\n"])
            if to is not None and not outcome.unchanged:
                ship(book, Dispatch(certificate.digest, each.record.producer, to))
    return issued, refused


def _issue_there(
    server: str, given: Sequence[Given], tables: FactorTables, *, home: Path | None, out: Path, as_json: bool
) -> None:
    """Issue at another registry with the key in HOME/keys; what is signed is kept in OUT until the registry has it."""
    from ledger.issue_at import Office, issue_at
    from ledger.remote.client import Remote
    from schemas.lot import lot_file_stem

    remote = Remote.at(server, settings.read("OREPRINT_TOKEN") or "")
    done: list[dict[str, str]] = []
    for each in given:
        office = Office(
            remote, _own_key(home, each.record.producer), tables, _sealing, partial(_keep, out), partial(_kept, out)
        )
        for lot, text in issue_at(office, each.record):
            write_lines(out / f"{lot_file_stem(lot)}.sdjwt", [text.encode("ascii"), b"\n"])
            done.append({"lot": lot, "record": str(each.path)})
            if not as_json:
                print(f"issued {lot} at {remote.host}")
    if as_json:
        print_json({"issued": done, "server": server})


def _own_key(home: Path | None, did: str) -> SoftwareSigner:
    from ledger.init import first_kid, key_name

    place = home_of(home)
    kid = first_kid(did)
    return place.read_key(key_name(kid), kid=kid, passphrase=passphrase_of(place))


def _sealing(registry: str) -> Sealing:
    from ledger.sealing import Sealing

    around = surroundings()
    return Sealing(registry, around.now_ms(), around.random)


def _keep(folder: Path, name: str, content: bytes) -> None:
    from ledger.durable import write_durably

    folder.mkdir(parents=True, exist_ok=True)
    write_durably(folder / name, content, mode=0o600)


def _kept(folder: Path, name: str) -> bytes | None:
    path = folder / name
    return path.read_bytes() if path.exists() else None


def _named(path: Path, error: OreprintError) -> OreprintError:
    """Return a refusal with the file's name in the place of each problem."""
    named = (
        Problem(each.code, f"{path}: {each.place}" if each.place else str(path), each.facts) for each in error.problems
    )
    return type(error)(*named)


def _tell(issued: Sequence[Issued], refused: Refusals, *, out: Path, as_json: bool) -> None:
    """Print what became of each record, and the summary."""
    if as_json:
        print_json(_document(issued, refused))
        return
    for each in issued:
        word = "unchanged" if each.unchanged else "issued"
        for certificate in each.certificates:
            print(f"{word} {certificate.lot} {certificate.digest}")
        for finding in each.findings:
            print(f"  note: {finding.problem.sentence()} [{finding.rule.id}]")
    for error in refused:
        for problem in error.problems:
            print(f"refused: {problem.sentence()} [{problem.code}]")
    unchanged = sum(each.unchanged for each in issued)
    print(f"issued {len(issued) - unchanged}, unchanged {unchanged}, failed {len(refused)}; certificates in {out}")


def _document(issued: Sequence[Issued], refused: Refusals) -> dict[str, object]:
    return {
        "issued": [
            {
                "state": "unchanged" if each.unchanged else "logged",
                "certificates": [
                    {"lot": certificate.lot, "digest": certificate.digest, "id": certificate.id}
                    for certificate in each.certificates
                ],
            }
            for each in issued
        ],
        "refused": [
            {"code": problem.code, "place": problem.place, "sentence": problem.sentence()}
            for error in refused
            for problem in error.problems
        ],
    }
