"""`oreprint issue`: production records in, certificates out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer

from cli.acting import party_of
from cli.deliver import check_offered, deliver, write_certificates
from cli.files import keep, kept, make_folder
from cli.issue_reporter import DryRunCounts, IssueReporter, Refusals
from cli.main import EXIT_USAGE
from cli.output import as_document, print_json
from cli.parts import CertificatesFolder, DatabaseOption, HomeOption, JsonOption, open_to_sign, own_key, tables_of
from cli.progress import counted
from cli.records import Given, RecordFile, read_records, record_files
from cli.remote_registry import ServerOption, remote_at, sealing
from cli.unused_options import refuse_unused
from cli.workbook_issue import HowToIssue, issue_workbooks
from cli.workbook_runs import is_workbook, workbook_runs
from ledger.client.issue import IssuingClient, issue_at
from ledger.desk.held import sign_lots
from ledger.factors.tables import FactorTables
from ledger.issuing.dry_run import Foreseen, rehearsal
from ledger.issuing.issue import IssuedRun, issue, used_by
from ledger.registry.registry import OpenRegistry
from schemas.problem import InputError, OreprintError, Problem, RefusedError

RECORDS_KEPT: Final = 256
"""Records that are kept once they are read.

Where there are more, they are read again, so that many take no more memory.
"""
RECORDS_AT_ONCE: Final = 64
"""Records that are read, issued, written and told before the next are read; with 256 it is no quicker (measured)."""


def command(  # noqa: PLR0913, PLR0917 - every option is one
    context: typer.Context,
    records: Annotated[
        list[Path],
        typer.Argument(
            metavar="RECORD...",
            help="Production records: YAML, JSON or JSON Lines, one or many a file, or a folder of them; a workbook of recipes (.xlsx, .csv, a .zip of .csv files); - is standard input.",
        ),
    ],
    out: CertificatesFolder = Path("certificates"),
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="PARTY",
            help="Offer the remaining mass of the certified lots to this party: a DID or a name.",
        ),
    ] = None,
    home: HomeOption = None,
    database_url: DatabaseOption = None,
    server: ServerOption = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and compute only. Change nothing.")] = False,
    skip_invalid: Annotated[
        bool, typer.Option("--skip-invalid", help="Issue the other records if some are refused.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Take the recipes of today for a workbook that does not name their versions.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Compute, sign and log the certificates of one or more runs, as OUT/<lot>.sdjwt. Repeating it is safe.

    If one record can't be read or would be refused, none is issued, unless you give --skip-invalid. All errors
    are reported at once, by file and line. Many records are issued in groups. Every reported group is on disk. After a
    stop the same command continues where it was.

    Example: oreprint issue run.yaml --out certificates
    """
    if server is not None:
        refuse_unused(context, "with --server", "dry_run", "skip_invalid", "to", "database_url")
    to = None if to is None else party_of(to, home, "--to")
    if server is None and all(map(is_workbook, records)):
        how = HowToIssue(out, to, dry_run=dry_run, skip_invalid=skip_invalid, as_json=as_json, confirmed=yes)
        issue_workbooks(records, how, home=home, database_url=database_url)
        return
    with record_files(records, partial(workbook_runs, home=home)) as files:
        tables = tables_of(home)
        seen = _looked_through(files, to)
        if seen.unfit and not (dry_run or skip_invalid):
            raise _none_of(seen, seen.unfit)
        if not dry_run:
            make_folder(out)
        if server is not None:
            _issue_there(server, _given(files, to, seen), tables, home=home, out=out, as_json=as_json)
            return
        registry = open_to_sign(home, database_url)
        with closing(IssueReporter(out, seen.whole, to, as_json=as_json)) as reporter:
            _issue_here(registry, files, seen, tables, reporter, dry_run=dry_run, skip_invalid=skip_invalid)
    if reporter.failed:
        raise typer.Exit(EXIT_USAGE)


def _issue_here(
    registry: OpenRegistry,
    files: Sequence[RecordFile],
    seen: Seen,
    tables: FactorTables,
    reporter: IssueReporter,
    *,
    dry_run: bool,
    skip_invalid: bool,
) -> None:
    """Rehearse, where that is due, then issue unless it is a dry run."""
    reporter.offering(registry)
    to = reporter.to
    if dry_run or (seen.whole > 1 and not skip_invalid):  # one alone is refused without that
        tell_of = reporter.could_be if dry_run else None
        rehearsal = _rehearse(registry, _given(files, to, seen), seen, tables, tell_of)
        if rehearsal.refused and not skip_invalid:
            raise _none_of(seen, rehearsal.refused)
        if dry_run:
            reporter.rehearsed(rehearsal)
    if not dry_run:
        _issue_all(registry, _given(files, to, seen), seen, tables, reporter)


class Seen(NamedTuple):
    """The result of reading all records once: the number of readable ones, and the problems of the others.

    `used` is what they use (`used_by`). `kept` are the records themselves, up to `RECORDS_KEPT`.
    """

    whole: int
    unfit: Refusals
    used: set[object]
    kept: list[Given]


def _read(files: Sequence[RecordFile], to: str | None) -> Iterator[Given | OreprintError]:
    """Yield each record that was read, or its own problems.

    A lot that can't be offered to the party `to` is such a problem.
    """
    for each in read_records(files):
        if to is None or not isinstance(each, Given):
            yield each
            continue
        try:
            check_offered(each.record, to)
        except RefusedError as error:
            yield each.refused(error)
        else:
            yield each


def _given(files: Sequence[RecordFile], to: str | None, seen: Seen) -> Iterator[Given]:
    """Return the records that can be read; files are read again only where not all records were kept."""
    if seen.whole == len(seen.kept):
        return iter(seen.kept)
    return (each for each in _read(files, to) if isinstance(each, Given))


def _looked_through(files: Sequence[RecordFile], to: str | None) -> Seen:
    whole, unfit, used, kept = 0, list[OreprintError](), set[object](), list[Given]()
    for each in _read(files, to):
        if isinstance(each, Given):
            whole += 1
            kept += [each] if whole <= RECORDS_KEPT else []
            used |= used_by(each.record)
        else:
            unfit.append(each)
    return Seen(whole, unfit, used, kept)


def _none_of(seen: Seen, refused: Refusals) -> InputError:
    """Return all that keeps records from being issued, and, where others could be, that they weren't either."""
    problems = [problem for error in refused for problem in error.problems]
    others = seen.whole + len(seen.unfit) - len(refused)
    return InputError(*problems, *([Problem.at("issue.none", others=others)] if others else []))


def _rehearse(
    registry: OpenRegistry,
    given: Iterable[Given],
    seen: Seen,
    tables: FactorTables,
    tell_of: Callable[[Foreseen], None] | None = None,
) -> DryRunCounts:
    """Find out, changing nothing, which records could be issued, those of them alone that can be read."""
    refused, could, unchanged, progress = [*seen.unfit], 0, 0, counted("records looked at")
    with rehearsal(registry, tables=tables, used=seen.used) as made_of:
        for number, each in enumerate(given, 1):
            try:
                made = made_of(each.record)
            except OreprintError as error:
                refused.append(each.refused(error))
            else:
                could += made is not None
                unchanged += made is None
                if made is not None and tell_of is not None:
                    tell_of(made)
            progress(number, seen.whole)
    return DryRunCounts(could, unchanged, refused)


def _issue_all(
    registry: OpenRegistry, given: Iterator[Given], seen: Seen, tables: FactorTables, told: IssueReporter
) -> None:
    """Issue what can be issued, in groups, and tell what became of it."""
    told.refused(seen.unfit)
    while group := list(islice(given, RECORDS_AT_ONCE)):
        told.became(_issue(registry, group, tables, to=told.to, out=told.out))
    told.end()


def _issue(
    registry: OpenRegistry, given: Sequence[Given], tables: FactorTables, *, to: str | None, out: Path
) -> list[IssuedRun | OreprintError]:
    """Issue what was read; offer the lots where that was asked, and write the certificates.

    Return what became of each record.

    Offered first: whoever repeats the command because a file could not be written gets it, and nothing is offered a
    second time.

    Raises:
        StateError: `issue.unwritten`.
    """
    for record in (each.record for each in given):
        sign_lots(registry, record.producer, [used.lot for used in record.inputs if used.lot], tables=tables)
    outcomes = issue(registry, [each.record for each in given], tables=tables)
    deliver(registry, [(each.record.producer, one) for each, one in zip(given, outcomes, strict=True)], to=to, out=out)
    return [
        each.refused(one) if isinstance(one, OreprintError) else one for each, one in zip(given, outcomes, strict=True)
    ]


def _issue_there(
    server: str, given: Iterator[Given], tables: FactorTables, *, home: Path | None, out: Path, as_json: bool
) -> None:
    """Issue at another registry with the key in HOME/keys, one record after another until one is refused.

    What is signed is kept in OUT.

    Raises:
        OreprintError: why one was refused; as a document, what was issued before is told with it.
    """
    remote = remote_at(server)
    done: list[dict[str, str]] = []
    notes: list[str] = []

    def note(rule: str, sentence: str) -> None:
        notes.append(f"  note: {sentence} [{rule}]")

    for source in given:
        try:
            signer = own_key(home, source.record.producer)
            issued = issue_at(
                IssuingClient(remote, signer, tables, sealing, partial(keep, out), partial(kept, out), note),
                source.record,
            )
        except OreprintError as error:
            refused = source.refused(error)
            if not (as_json and done):
                raise refused from error
            problems = [as_document(problem) for problem in refused.problems]
            print_json({"issued": done, "refused": problems, "server": server})
            raise typer.Exit(EXIT_USAGE) from error
        write_certificates(issued, out, code="issue.unwritten-signed")
        done += ({"lot": lot, "record": source.place} for lot, _ in issued)
        if not as_json:
            for lot, _ in issued:
                print(f"issued {lot} at {remote.host}")
            print(*notes, sep="\n", end="\n" if notes else "", flush=True)
        notes.clear()
    if as_json:
        print_json({"issued": done, "server": server})
