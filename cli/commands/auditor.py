"""`oreprint auditor`: judge every step of a registry's chains by one's own memory, and sign the correct ones each hour.

Rules: exit 0 when a record was logged, 1 when the registry's log is wrong, 2 when something couldn't be read or the
record wasn't logged (with ``--once``; without it the command goes on until it is told to stop).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final

import typer

from cli import settings
from cli.files import read_trust
from cli.output import as_document, reply
from cli.parts import (
    HomeOption,
    JsonOption,
    home_folder,
    home_of,
    now_ms,
    open_with_status,
    own_key,
    runtime,
    tables_of,
)
from cli.progress import counted
from cli.public import public_reader, registry_named
from cli.remote_registry import remote_at
from cli.terminal import plural, tell, wrapped
from cli.unused_options import refuse_unused
from ledger.auditing.auditor import MEMORY_FOLDER, Auditor, AuditRound
from ledger.auditing.judging import why
from ledger.auditing.lists import follow_list
from ledger.auditing.own import registrys_auditor
from ledger.files.atomic import make_private_folder
from ledger.remote.client import RemoteServer
from ledger.trust.pinned import Trust
from ledger.trust.registries import TrustedRegistry
from ledger.trust.several import merged_trust
from schemas.answers.records import InsideAnswer
from schemas.door import validated
from schemas.problem import CheckError, InputError, OreprintError, Problem
from schemas.requests import InsideRequest

EXIT_WRONG: Final = 1
EXIT_UNREAD: Final = 2
MOST_PAGE_BYTES: Final = 256 * 1024 * 1024
"""One page of step views: some hundred kilobytes a step, and of a step with hundreds of inputs more."""
MEDIA: Final = "application/vnd.oreprint.audit"


_OF_OTHERS: Final = ("party", "trust", "registry", "at", "every", "once")
"""Options for an auditor of somebody else's registry."""


def command(  # noqa: PLR0913, PLR0917 - a parameter an option
    context: typer.Context,
    server: Annotated[str | None, typer.Argument(metavar="URL", help="The registry's address.")] = None,
    party: Annotated[
        str | None, typer.Option("--as", metavar="DID", help="The auditor, whose key is in the home.")
    ] = None,
    trust: Annotated[
        list[Path] | None,
        typer.Option(
            "--trust",
            metavar="FILE",
            help="A trust list you pinned. Repeat for several. Default: trust.json in the home.",
        ),
    ] = None,
    registry: Annotated[
        str | None, typer.Option("--registry", metavar="NAME", help="The registry, if the lists name several.")
    ] = None,
    at: Annotated[
        list[str] | None,
        typer.Option(
            "--at", metavar="NAME=URL", help="Where another registry publishes its log. Default: https://NAME. Repeat."
        ),
    ] = None,
    home: HomeOption = None,
    every: Annotated[int, typer.Option("--every", min=60, help="Seconds between two records.")] = 3600,
    *,
    once: Annotated[bool, typer.Option("--once", help="Make one record and exit.")] = False,
    own: Annotated[
        bool, typer.Option("--own", help="Make the own record of the home's registry. No verifier counts it.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Read every step of a registry's chains, compute it again, and sign each hour what is right.

    It needs a token of the scope `audit` in OREPRINT_TOKEN, and a key made by `oreprint keys create`. What it learned
    is in the home; it keeps no recipe. After a stop it continues where it was. It follows the registry to a newer trust
    list that the pinned one's keys signed, too.

    With --own, whoever keeps a registry makes its own record: reports show it apart, as the registry's word.

    Exit codes with --once: 0 a record was logged; 1 the log is wrong; 2 something couldn't be read, or the record
    wasn't logged; 3 wrong usage.

    Example: oreprint auditor https://registry.example --as did:web:auditor-a.example --home my-audits
    """
    if own:
        refuse_unused(context, "with --own", "server", *_OF_OTHERS)
        made = _registrys(home)
        raise typer.Exit(_round(lambda: made, as_json=as_json))
    refuse_unused(context, *(("with --once", "every") if once else ("without --once", "as_json")))
    if server is None or party is None:
        raise InputError.at("auditor.whose")
    files, places = trust or [home_folder(home) / "trust.json"], _places(at or [])
    auditor = partial(_auditor, server, party, files, registry, places, home)
    made = auditor()  # what is typed wrongly is told at once, and not each hour
    if once:
        raise typer.Exit(_round(lambda: made, as_json=as_json))
    while True:
        _round(auditor, as_json=False)
        # at the same minute of each hour, whenever the command was started
        time.sleep(every - (now_ms() // 1000 - _phase(party, every)) % every)


def _registrys(home: Path | None) -> Auditor:
    """Return the auditor that makes the own record of a home's registry."""
    registry, status = open_with_status(home)
    return registrys_auditor(home_of(home), registry, tables_of(home), status)


def _phase(party: str, every: int) -> int:
    """Return at which second of each interval an auditor makes its record: its own, so that not all come at once."""
    return int.from_bytes(sha256(party.encode()).digest()[:4]) % every


def _round(auditor: Callable[[], Auditor], *, as_json: bool) -> int:
    """Make a round, print what came of it, and return its exit code."""
    try:
        found = auditor().round()
    except OreprintError as error:
        code = EXIT_WRONG if isinstance(error, CheckError) else EXIT_UNREAD
        lines = (line for problem in error.problems for line in wrapped(problem.sentence()))
        reply({"record": None, "problems": list(map(as_document, error.problems))}, *lines, as_json=as_json)
        return code
    number = None if found.record is None else found.record.number
    counts = {"right": found.right, "refused": found.refused, "waiting": found.waiting}
    reply({"record": number, "judged": found.judged, **counts}, *_told(found), as_json=as_json)
    return EXIT_UNREAD if found.record is None else 0


def _told(found: AuditRound) -> list[str]:
    """Return the lines about a round."""
    if found.record is None:
        return wrapped("The registry shows an older head than before. No record was made.")
    certificates = plural(found.right, "certificate is right", "certificates are right")
    lines = wrapped(
        f"Record {found.record.number} is logged: {certificates}, {found.refused} refused, at "
        f"{plural(found.record.head.size, 'entry', 'entries')}. {plural(found.judged, 'step was', 'steps were')} new."
    )
    for reason, count in found.waiting.items():
        lines += wrapped(f"{plural(count, 'step waits', 'steps wait')}: {why(reason)}", rest="  ")
    return lines


def _places(given: Sequence[str]) -> dict[str, str]:
    """Return the addresses of other registries, by name; raise InputError `auditor.at`."""
    places = dict(each.partition("=")[::2] for each in given)
    if not all(places.values()):
        raise InputError.at("auditor.at", "--at")
    return places


def _auditor(
    server: str, party: str, files: Sequence[Path], name: str | None, places: dict[str, str], home: Path | None
) -> Auditor:
    folder = home_folder(home) / MEMORY_FOLDER
    lists = [read_trust(path) for path in files]
    named = registry_named(lists[0] if name is None else merged_trust(lists[0], lists[1:]), name).listed.id
    read = _reader(named, server, places)
    own, *others = (_followed(each, folder, read) for each in lists)
    pinned = merged_trust(own, others)
    remote, of = replace(remote_at(server), most=MOST_PAGE_BYTES), pinned.registry(named)
    return Auditor(
        folder=folder,
        signer=own_key(home, party),
        trust=pinned,
        tables=tables_of(home),
        registry=of,
        read=read,
        steps=lambda after, most: remote.get(f"/v1/audit/steps?after={after}&limit={most}"),
        send=lambda body: remote.post("/v1/audit/records", body, media=MEDIA),
        now_ms=now_ms,
        random=runtime().random,
        insides=partial(_insides, places),
        progress=counted("entries"),
    )


def _followed(pinned: Trust, folder: Path, read: Callable[[TrustedRegistry], Callable[[str], bytes]]) -> Trust:
    """Return the newest list that follows a pinned one, and tell of one that doesn't."""
    make_private_folder(folder)
    found = follow_list(pinned, folder, read)
    if found.problem is not None:
        tell(
            wrapped(Problem.at("auditor.list", number=pinned.listed.number, reason=found.problem.sentence()).sentence())
        )
    return found.trust


def _insides(places: dict[str, str], registry: TrustedRegistry, certificate: str, holding: str) -> Sequence[str]:
    """Ask another registry what lies inside its auditors' leaves about a certificate."""
    name = registry.listed.id
    remote = RemoteServer.public(places.get(name, f"https://{name}"), seconds=settings.remote_seconds())
    asked = InsideRequest(certificate=certificate, holding=holding).model_dump_json().encode()
    return validated(InsideAnswer, remote.post("/v1/audit/inside", asked)).insides


def _reader(own: str, server: str, places: dict[str, str]) -> Callable[[TrustedRegistry], Callable[[str], bytes]]:
    """Return what gives a reader of the public files of a registry: at its address, else at its own name."""

    def reader(registry: TrustedRegistry) -> Callable[[str], bytes]:
        name = registry.listed.id
        return public_reader(server if name == own else places.get(name, f"https://{name}"))

    return reader
