"""`oreprint audit`: recompute everything in a home, or all that a registry shows to everybody; name what does not hold.

Rules: exit 0 when everything holds, 1 when something does not, 2 when a public log couldn't be read, 3 for wrong usage
or a database that can't be read. The command needs no passphrase and writes nothing in a home. Of a public log it keeps
how far it read, and goes on from there. Of a home it keeps that only in a file that you name.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer

from cli.files import read_trust
from cli.output import as_document, print_json, reply
from cli.parts import DatabaseOption, HomeOption, JsonOption, home_folder, home_of, now_ms, tables_of
from cli.progress import counted
from cli.public import public_reader, registry_named
from cli.terminal import plural, printable, tell, wrapped
from cli.unused_options import refuse_unused
from cli.workers import ClusterOption, JobsOption, workers_of
from ledger.audit.everything import Audit, Sharing, audit
from ledger.log.head import Head
from ledger.witnessing.monitor import Monitor
from schemas.problem import MissingError, OreprintError, StateError

EXIT_UNREAD: Final = 2
PUBLIC_ON_WORD: Final = (
    "the content of records (masses, owners, figures), because a log shows only digests; a bundle shows the content",
    "that each entry's marks match the holdings that its record used; the record shows them",
)
"""The parts that cannot be recomputed from public data."""


def command(  # noqa: PLR0913 - a parameter an option
    context: typer.Context,
    log: Annotated[
        str | None,
        typer.Option("--log", metavar="URL|FOLDER", help="Audit the public log at this address, instead of a home."),
    ] = None,
    trust: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With --log: the trust list you pinned. Default: trust.json in the home."),
    ] = None,
    registry: Annotated[
        str | None,
        typer.Option(
            "--registry", metavar="NAME", help="With --log: the registry to audit, if the list names several."
        ),
    ] = None,
    home: HomeOption = None,
    database_url: DatabaseOption = None,
    *,
    jobs: JobsOption = 1,
    cluster: ClusterOption = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Save progress in FILE and resume from there after a stop. Keep it where only you can write.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Recompute a registry's log, records, balances and lists. Report the first fault.

    The audit reads one snapshot of the database. --jobs shares a long log among processes of this machine, --cluster
    among the workers of a Dask cluster. The answer is the same.

    With --resume a stopped audit continues. It skips what it has already checked only if every row of every table is
    unchanged; else it checks everything again. It removes the file when it ends.

    With --log the audit sees only public data: tree, entries, marks, times, status lists. It keeps what it read in
    the home (folder `audit`), beside evidence of any fault. If you stop it and start it again, it continues where it
    was.

    Exit codes: 0 no fault; 1 a fault; 2 the log couldn't be read; 3 wrong usage, or an unreadable
    database.

    Example: oreprint audit --home build/registry
    """
    if log is not None:
        refuse_unused(context, "with --log", "database_url", "jobs", "cluster", "resume")
        _audit_log(_reader_of(log, trust or home_folder(home) / "trust.json", registry, home), as_json=as_json)
    refuse_unused(context, "without --log", "trust", "registry")
    sharing = Sharing(workers_of(jobs, cluster), resume)
    report = audit(home_of(home, database_url), tables=tables_of(home), progress=counted("entries"), sharing=sharing)
    reply(
        {
            "registry": report.registry,
            "holds": not report.faults,
            "rows": report.counts,
            "faults": [each._asdict() for each in report.faults],
            "whole": report.whole,
            "on_word": list(report.on_word),
        },
        *_lines(report),
        as_json=as_json,
    )
    raise typer.Exit(1 if report.faults else 0)


def _lines(found: Audit) -> Iterator[str]:
    """Yield the answer in sentences: the first fault or none, and what could not be checked."""
    rows = found.counts
    if found.faults:
        first, others = found.faults[0], len(found.faults) - 1
        yield "FAULT FOUND"
        yield f"  {printable(first.place)}"
        yield from wrapped(f"{first.sentence} [{first.code}]", first="  ")
        if others:
            more = "" if found.whole else " at least"
            yield from wrapped(f"{others}{more} more follow. --json lists them.", first="  ")
    else:
        yield from wrapped(
            f"No fault in the registry {found.registry}: {plural(rows['entries'], 'entry', 'entries')} of the log, "
            f"{plural(rows['certificates'], 'certificate')}, {plural(rows['holdings'], 'holding')}, "
            f"{plural(sum(rows.values()), 'row')} in all, each "
            "recomputed from the records."
        )
    for each in found.on_word:
        yield from wrapped(f"Not checked: {each}. You rely on the registry alone.", rest="  ")


def _reader_of(place: str, trust: Path, name: str | None, home: Path | None) -> Monitor:
    """Return the reader of a public log; it has no key and cosigns nothing."""
    pinned = read_trust(trust)
    of = registry_named(pinned, name)
    folder = home_folder(home) / "audit" / of.listed.id
    return Monitor.that_only_reads(folder, pinned, of, public_reader(place), now_ms, counted("entries"))


def _audit_log(reader: Monitor, *, as_json: bool) -> NoReturn:
    """Read all that is public, print what came of it, and end with its exit code."""
    head: Head | None = None
    faults: list[dict[str, str]] = []
    code = 0
    try:
        head = reader.audit()
    except OreprintError as error:
        code = EXIT_UNREAD if isinstance(error, StateError | MissingError) else 1
        faults = list(map(as_document, error.problems))
    entries, files = reader.entries(), [str(path) for path in reader.evidence()]
    words = [*PUBLIC_ON_WORD, *_unvouched(reader, head)]
    if as_json:
        told = {
            "registry": reader.registry.listed.id,
            "holds": not code,
            "rows": {"entries": entries},
            "faults": faults,
        }
        print_json({**told, "whole": head is not None, "on_word": words, "evidence": files})
    else:
        tell(_told(reader, entries, code, faults))
        tell([f"Evidence, for `oreprint verify`: {path}" for path in files])
        tell(
            line
            for each in words
            for line in wrapped(f"Not checked: {each}. You rely on the registry alone.", rest="  ")
        )
    raise typer.Exit(code)


def _told(reader: Monitor, entries: int, code: int, faults: list[dict[str, str]]) -> Iterator[str]:
    if code:
        yield "FAULT FOUND" if code == 1 else "COULD NOT BE READ"
        yield from wrapped(f"{faults[0]['sentence']} [{faults[0]['code']}]", first="  ")
        yield from wrapped(f"The {plural(entries, 'entry before it is', 'entries before it are')} correct.", first="  ")
    else:
        yield from wrapped(
            f"No fault in the public log of {reader.registry.listed.id}: {plural(entries, 'entry', 'entries')}, no mark or record "
            "twice, nothing removed, each status list correct."
        )


def _unvouched(reader: Monitor, head: Head | None) -> Iterator[str]:
    """Yield what is not checked if a quorum of cosigners is missing."""
    asked = reader.registry.listed
    witnessed, monitored = reader.registry.vouched(head) if head else (False, False)
    if not (witnessed and asked.witnesses.least):
        yield "that everybody sees this history, because too few witnesses have cosigned the head"
    if not (monitored and asked.monitors.least):
        yield "that a monitor sees the same log, because no monitor has cosigned the head"
