"""`oreprint verify`: judge a certificate, a presentation or a bundle, or evidence against a registry.

Rules: exit 0 genuine; 1 do not rely, withdrawn, superseded or expired (the last two 0 with ``--allow-superseded``); 2
could not be fully checked; 3 wrong usage or unreadable input.  The trust list is the reader's own, pinned beforehand,
and never taken from what is checked.

An address is asked only at an origin, that is scheme, host and port, that the pinned trust list names (https at a
registry's own domain) or that ``--ask`` names: what was scanned never decides by itself who is contacted. A file needs
no database. Nothing but addresses and digests opens a socket, and with ``--offline`` nothing does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, Final

import typer

from cli import settings
from cli.evidence import evidence_in, judge_evidence
from cli.files import read_bytes, read_trust, read_trust_note
from cli.parts import HomeOption, JsonOption, home_folder, now_ms, open_to_read
from cli.report import report_lines
from cli.source import of_home, open_source
from cli.terminal import tell
from cli.unused_options import refuse_unused
from cli.workers import ClusterOption, JobsOption, workers_of
from ledger.client.judging import ReceivedGoods, or_of_its_seal, policy_of, reported, tables_with, verified
from ledger.files.source import ADDRESS
from schemas.document import replace
from schemas.instant import epoch_ms
from schemas.problem import InputError, OreprintError, problems_in
from schemas.report import Report

if TYPE_CHECKING:
    from ledger.trust.pinned import Trust
    from ledger.verify.chain import Policy

_OF_CERTIFICATES: Final = (
    "at",
    "require_chain",
    "require_audit",
    "allow_superseded",
    "received",
    "receiver",
    "factors",
    "every",
)
"""Options that say how a certificate is judged."""

SourcesArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE|FOLDER|-|URL|DIGEST...",
        help="A certificate, presentation or bundle; - is standard input; the address of a page; or a file of evidence. Give several files, or a folder, to verify one after another.",
        show_default=False,
    ),
]
_OF_ONE: Final = ("received", "receiver", "ask", "every")
"""Options for one record."""


def command(  # noqa: PLR0913 - a parameter an option
    context: typer.Context,
    sources: SourcesArgument,
    trust: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="The trust list you pinned. Default: trust.json in the home. Repeat for several registries.",
        ),
    ] = None,
    home: HomeOption = None,
    *,
    offline: Annotated[
        bool, typer.Option("--offline", help="Open no network connection. Addresses are refused.")
    ] = False,
    ask: Annotated[
        list[str] | None,
        typer.Option(
            "--ask",
            metavar="ORIGIN",
            help="Allow this origin, such as http://127.0.0.1:8080. Default: only https://DOMAIN of a registry in the list.",
        ),
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="Verify as of this time, 2026-03-31T17:05:00Z.")
    ] = None,
    require_chain: Annotated[bool, typer.Option("--require-chain", help="Require the whole chain.")] = False,
    require_audit: Annotated[
        bool, typer.Option("--require-audit", help="Require as many auditors of the chain as your trust list asks for.")
    ] = False,
    allow_superseded: Annotated[
        bool, typer.Option("--allow-superseded", help="Exit 0 also if superseded or expired.")
    ] = False,
    received: Annotated[
        str | None, typer.Option(metavar="MASS", help='The mass received, such as "498.2 kg". Needs --as.')
    ] = None,
    receiver: Annotated[str | None, typer.Option("--as", metavar="DID", help="The party that received it.")] = None,
    factors: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="A producer's own factor table, TABLE.csv, as you received it. Repeat for several."
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Print every check and every figure.")] = False,
    jobs: JobsOption = 1,
    cluster: ClusterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Verify a certificate, a presentation or a bundle. Print the verdict, what it rests on, and what to do.

    It also verifies evidence that a monitor wrote, and prints the fault that it proves.

    A private link shows what its sender shared, and its registry says whether it holds the goods for you.

    A link from a label is looked up in the home's registry. Without one, the registry in the link is asked, if your
    trust list has it. If no registry can be asked, only the seal in the link is checked.

    Each of several files gets a line (with --json its report on one line), in their order. --jobs shares them among
    processes of this machine, --cluster among the workers of a Dask cluster, which need the files at the same paths.

    Exit codes: 0 genuine; 1 do not rely, withdrawn, superseded or expired; 2 could not be fully checked; 3 unreadable.
    With several files the worst one counts: 1, then 3, then 2.

    Example: oreprint verify magnet.oreprint --trust trust.json --offline
    """
    with problems_in("--at"):
        at_ms = now_ms() if at is None else epoch_ms(at)
    asked = policy_of(
        at_ms,
        ReceivedGoods(received, receiver, ("--received", "--as")),
        require_chain=require_chain,
        require_audit=require_audit,
    )
    lists = trust or [home_folder(home) / "trust.json"]
    if len(sources) > 1 or (sources[0] and Path(sources[0]).is_dir()):
        refuse_unused(context, "with several files", *_OF_ONE)
        from cli.several import VerifyOptions, files_in, judge_files

        notes = tuple(map(_note, lists))
        how = VerifyOptions(notes, _own_tables(factors or []), asked, allow_superseded)
        raise typer.Exit(judge_files(files_in(sources), how, workers_of(jobs, cluster), as_json=as_json))
    (source,) = sources
    if offline or not ADDRESS.match(source):
        refuse_unused(context, "without an address", "ask")
    evidence = evidence_in(source)
    if evidence is not None:
        refuse_unused(context, "with evidence", *_OF_CERTIFICATES)
        raise typer.Exit(judge_evidence(evidence, _pinned(lists), as_json=as_json))
    pinned = _pinned(lists)
    fetch = None if offline or not ADDRESS.match(source) else _asking(pinned, ask or [])
    verify = partial(_verified, source, home, pinned, factors or [], asked, fetch)
    result = or_of_its_seal(verify, source, trust=pinned, at_ms=asked.at_ms, tell=_tell)
    from ledger.verify.verdict import exit_code

    tell([result.to_text()] if as_json else report_lines(result, every=every))
    raise typer.Exit(exit_code(result, allow_superseded=allow_superseded))


def _verified(
    source: str,
    home: Path | None,
    trust: Trust,
    factors: Sequence[Path],
    policy: Policy,
    fetch: Callable[[str], BinaryIO] | None,
) -> Report:
    """Return the report on one source; a private link also tells what its holder has."""
    with open_source(source, home=home, holder=policy.received_as, fetch=fetch) as found:
        chain = verified(found, trust, tables_with(_own_tables(factors)), policy)
    if of_home(source, home):
        from ledger.bundles.recall import learn

        learn(open_to_read(home), chain)
    result = reported(chain, source)
    if not ADDRESS.match(source):
        return result
    from ledger.client.links import held_goods, private_link

    private = private_link(source)
    if private is None:
        return result
    return replace(result, held=held_goods(private, seconds=settings.remote_seconds()))


def _tell(error: OreprintError) -> None:
    print(f"oreprint: {error.problems[0].sentence()} [{error.code}]", file=sys.stderr)


def _asking(trust: Trust, named: Sequence[str]) -> Callable[[str], BinaryIO]:
    """Return the function that reads an address; raise InputError `remote.url` for what ``--ask`` names."""
    from ledger.client.links import fetched, named_origin

    with problems_in("--ask"):
        origins = [named_origin(each) for each in named]
    return partial(fetched, trust=trust, named=origins, seconds=settings.remote_seconds())


def _pinned(paths: Sequence[Path]) -> Trust:
    """Return the trust lists in files, read as one.

    Raises:
        InputError: `verify.trust-missing`; as `read_trust` and `merged_trust`.
    """
    from ledger.trust.several import merged_trust

    own, *others = (read_trust(_there(path)) for path in paths)
    return merged_trust(own, others)


def _note(path: Path) -> str:
    """Return the signed note of a trust list that can be opened; raise as `_pinned`."""
    read_trust(_there(path))
    return read_trust_note(path)


def _there(path: Path) -> Path:
    """Return the path of a file that is there, or raise InputError `verify.trust-missing`."""
    if not path.exists():
        raise InputError.at("verify.trust-missing", str(path))
    return path


def _own_tables(paths: Sequence[Path]) -> tuple[tuple[str, bytes], ...]:
    """Return name and bytes of the tables that producers gave to an auditor."""
    from ledger.factors.factor import MOST_BYTES

    return tuple((path.stem, read_bytes(path, most=MOST_BYTES)) for path in paths)
