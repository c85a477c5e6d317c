"""Issue the runs of workbooks by the verbs of the desk (`ledger.desk.uploads`), which keep the state of each row.

Rules: repeating the command is safe. What was issued stays as it is, and a command that was cut off goes on.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import typer

from cli.acting import acting
from cli.deliver import check_offered, deliver
from cli.files import make_folder, told
from cli.issue_reporter import DryRunCounts, IssueReporter
from cli.main import EXIT_USAGE
from cli.parts import open_to_sign, tables_of
from cli.workbook_runs import workbook_bytes
from ledger.desk.judge_workbook import JudgedWorkbook, judge_workbook
from ledger.desk.upload_rows import UploadedRun
from ledger.desk.upload_shipping import NOT_SHIPPED, planned_ship, shown_ships
from ledger.desk.uploads import IssueWish, Upload, issue_upload, upload_records, upload_runs, upload_workbook
from ledger.factors.tables import FactorTables
from ledger.registry.registry import OpenRegistry
from schemas.problem import InputError, OreprintError, Problem, RefusedError, within


class HowToIssue(NamedTuple):
    """The options: the folder for certificates, whom the lots are offered to, and how far to go."""

    out: Path
    to: str | None
    dry_run: bool
    skip_invalid: bool
    as_json: bool
    confirmed: bool


def issue_workbooks(paths: Sequence[Path], how: HowToIssue, *, home: Path | None, database_url: str | None) -> None:
    """Issue the runs of workbooks of the party that acts, one workbook after another.

    Raises:
        InputError: ``workbook.*``, `issue.none`; `party.several`.
    """
    contents = [(path, workbook_bytes(path)) for path in paths]
    party, tables = acting(None, home), tables_of(home)
    registry = open_to_sign(home, database_url)
    with closing(IssueReporter(how.out, 0, how.to, as_json=how.as_json)) as reporter:
        reporter.offering(registry)
        if how.dry_run:
            _rehearse(registry, party, contents, tables, reporter)
        else:
            kept = [_kept(registry, party, path, content, tables) for path, content in contents]
            _issue(registry, kept, tables, how, reporter)
    if reporter.failed:
        raise typer.Exit(EXIT_USAGE)


def _rehearse(
    registry: OpenRegistry,
    party: str,
    contents: Sequence[tuple[Path, bytes]],
    tables: FactorTables,
    reporter: IssueReporter,
) -> None:
    counts, refused = Counter[str](), list[OreprintError]()
    for path, content in contents:
        judged = judge_workbook(registry, party, content, tables, name=path.name, tell=reporter.could_be)
        name = told(path)
        _tell(name, [*judged.read.notes, *(one for each in judged.rows for one in each.warnings)])
        counts.update(each.state for each in judged.rows)
        refused += _refused(name, judged)
        for each in judged.rows:
            ship = planned_ship(each.read.ship, each.read.facts) if each.state == "ready" else None
            if ship is not None:
                reporter.would_ship(each.read.run, ship)
    reporter.rehearsed(DryRunCounts(counts["ready"], counts["unchanged"], refused))


def _refused(name: str, judged: JudgedWorkbook) -> list[OreprintError]:
    """Return the problems that keep rows from being issued, by row, and those of the workbook as a whole."""
    wrong = [each.problems for each in judged.rows if each.problems]
    return [
        InputError(*(within(name, each) for each in some))
        for some in (*wrong, *([judged.read.problems] if judged.read.problems else ()))
    ]


class _Kept(NamedTuple):
    """A workbook that is kept: its name, its upload, and the rows that can't be issued."""

    name: str
    upload: Upload
    unfit: list[UploadedRun]

    @property
    def problems(self) -> list[Problem]:
        """The problems that keep rows from being issued, each at its cell."""
        return [within(self.name, one) for each in self.unfit for one in each.problems] + [
            within(self.name, one) for one in self.upload.problems
        ]


def _kept(registry: OpenRegistry, party: str, path: Path, content: bytes, tables: FactorTables) -> _Kept:
    upload = upload_workbook(registry, party, path.name, content, tables=tables)
    rows = upload_runs(registry, party, upload.id)
    _tell(told(path), [*upload.notes, *(one for each in rows for one in each.warnings)])
    return _Kept(told(path), upload, [each for each in rows if each.problems])


def _tell(name: str, notes: Iterable[Problem]) -> None:
    for note in notes:
        print(f"note: {within(name, note).sentence()} [{note.code}]", file=sys.stderr)


def _issue(
    registry: OpenRegistry, kept: Sequence[_Kept], tables: FactorTables, how: HowToIssue, reporter: IssueReporter
) -> None:
    problems = [problem for each in kept for problem in each.problems]
    fitting = sum(sum(each.upload.counts.values()) - len(each.unfit) for each in kept)
    if problems and not how.skip_invalid:
        raise InputError(*problems, *([Problem.at("issue.none", others=fitting)] if fitting else []))
    if how.to is not None:
        for each in kept:
            if shown_ships(registry, each.upload.party, each.upload.id):
                raise RefusedError.at("upload.both-ship", "--to", name=each.name)
            for record in upload_records(registry, each.upload.party, each.upload.id):
                check_offered(record, how.to)
    reporter.whole = fitting
    make_folder(how.out)
    reporter.refused([InputError(*each.problems) for each in kept if each.problems])
    for each in kept:
        confirmed = how.confirmed or (each.upload.versions_unsaid and _confirmed(each.upload))
        wish = IssueWish("ready" if how.skip_invalid else "all", confirmed, again=True)
        rounds = issue_upload(registry, each.upload.party, each.upload.id, tables=tables, wish=wish)
        for outcomes in rounds:
            made = [(each.upload.party, one.became) for one in outcomes]
            deliver(registry, made, to=how.to, out=how.out)
            reporter.became(
                [
                    type(became)(*(within(each.name, problem) for problem in became.problems))
                    if isinstance(became := one.became, OreprintError)
                    else became
                    for one in outcomes
                ]
            )
        _tell_shipped(registry, each, reporter)
    reporter.end()


def _tell_shipped(registry: OpenRegistry, kept: _Kept, reporter: IssueReporter) -> None:
    """Tell what the rows of a workbook shipped, and why a lot was not shipped."""
    ships = shown_ships(registry, kept.upload.party, kept.upload.id)
    for each in upload_runs(registry, kept.upload.party, kept.upload.id) if ships else ():
        if each.number in ships:
            reporter.shipped(each.run, ships[each.number])
        unshipped = [within(kept.name, one) for one in each.warnings if one.code == NOT_SHIPPED]
        reporter.refused([InputError(*unshipped)] if unshipped else [])


def _confirmed(upload: Upload) -> bool:
    """Ask a person whether the recipes of today are right for a file that does not say for which it was made."""
    recipes = ", ".join(f"{name} v{version}" for name, version in upload.versions.items())
    if sys.stdin.isatty() and sys.stderr.isatty():
        return typer.confirm(f"The file names no versions of its recipes. Take {recipes}?", err=True)
    raise RefusedError.at("upload.unconfirmed", "--yes", recipes=recipes)
