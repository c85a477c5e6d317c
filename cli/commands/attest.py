"""`oreprint attest`: a third party says what it examined of a certificate or a run, and what it found.

Rules: the command verifies the file by the trust list first. If the verdict is not *genuine*, the attestation must
name an exception. Figures, balances and closed branches can be attested only for runs that the file shows. The command
counts the certificates behind an input; nobody types the number. The attestor examines meters, assays and the plant.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Final, get_args

import typer

from cli.acting import AsOption, acting
from cli.files import keep, kept
from cli.output import reply
from cli.parts import HomeOption, JsonOption, now_ms, open_to_sign, own_key, runtime, tables_of, trust_at_hand
from cli.remote_registry import ServerOption, remote_at
from cli.source import open_source, subject_text, with_subject
from cli.terminal import wrapped
from ledger.changes.attest import LoggedAttestation
from ledger.client.attest import AttestingClient, attest_at
from ledger.files.source import SourceBundle
from ledger.seal.digest import certificate_digest
from ledger.verify.ancestry import behind
from ledger.verify.chain import Chain, Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.door import validated
from schemas.problem import InputError, RefusedError, problems_in
from schemas.requests import AttestationRequest
from schemas.vocabulary import ATTESTATION_SCOPES, AssuranceLevel, Opinion

KEPT: Final = (
    "The registry keeps this attestor's key, so verifiers show this attestation but do not count it. To be counted, attest with a key of your own "
    "(--server)."
)


def command(  # noqa: PLR0913 - a parameter an option
    source: Annotated[
        str, typer.Argument(metavar="FILE|DIGEST", help="The bundle that you received, or a certificate in the home.")
    ],
    *,
    scopes: Annotated[
        list[str], typer.Option("--scope", metavar="SCOPE", help=f"What you examined: {', '.join(ATTESTATION_SCOPES)}.")
    ],
    criteria: Annotated[
        list[str], typer.Option("--by", metavar="CRITERION", help='The standard or method; "ISO 14064-3:2019".')
    ],
    level: Annotated[
        str | None, typer.Option(metavar="LEVEL", help=f"Level of assurance: {', '.join(get_args(AssuranceLevel))}.")
    ] = None,
    opinion: Annotated[str, typer.Option(help=f"What you found: {', '.join(get_args(Opinion))}.")] = "unmodified",
    note: Annotated[
        str | None, typer.Option(help="The exceptions of a modified opinion, in one line. They are public.")
    ] = None,
    behind: Annotated[
        list[int] | None,
        typer.Option(
            metavar="INPUT",
            help="closed-branch: an input whose supply chain you examined, counted from 0. Repeat for several.",
        ),
    ] = None,
    examined: Annotated[str | None, typer.Option(metavar="TIME", help="Time of the attestation. Default: now.")] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="End of its validity. Default: after a year.")
    ] = None,
    trust: Annotated[Path | None, typer.Option(metavar="FILE", help="The trust list you pinned.")] = None,
    attestor: AsOption = None,
    home: HomeOption = None,
    server: ServerOption = None,
    run: Annotated[
        bool, typer.Option("--run", help="It applies to the run, so to all certificates of the run.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Verify a certificate with its chain, and log your own attestation about it, as a third party.

    Withdraw it with `oreprint revoke DIGEST --as DID --reason WHY`.

    Example: oreprint attest magnet.oreprint --as did:web:verifier-a.example --scope figure --level limited --by "ISO
    14064-3:2019"
    """
    chain, shown = _verified(source, trust=trust, home=home)
    _check_genuine(chain, opinion)
    wanted = _wanted(
        {
            "certificate": chain.subject,
            "of": "run" if run else "certificate",
            "scopes": scopes,
            "level": level,
            "criteria": criteria,
            "opinion": opinion,
            "note": note,
            "branches": [_branch(chain, number) for number in behind or ()],
            "examined": examined,
            "valid_until": until,
            "shown": shown,
        }
    )
    made = _attested(wanted, chain, acting(attestor, home, server=server), server=server, home=home)
    reply(
        {"digest": made.digest, "attestation": made.text},
        f"Attested: {', '.join(made.record.scopes)}, until {made.record.valid_until}.",
        f"  {made.digest}",
        *(wrapped(KEPT, first="  ") if server is None else ()),
        as_json=as_json,
    )


def _verified(source: str, *, trust: Path | None, home: Path | None) -> tuple[Chain, str | None]:
    """Return the given bundle, verified whole, and the text of its certificate."""
    pinned = trust_at_hand(trust, home)
    if pinned is None:
        raise InputError.at("verify.trust-missing", "--trust")
    with open_source(source, home=home) as found, problems_in(found.name):
        if not isinstance(found, SourceBundle):
            digest = certificate_digest(subject_text(found).partition("~")[0])
            return _verified(digest, trust=trust, home=home)
        shown: list[str] = []
        lines = with_subject(found.lines, shown.append)
        chain = verify_bundle(lines, trust=pinned, tables=tables_of(home), policy=Policy(at_ms=now_ms()))
        return chain, shown[0] if shown else None


def _check_genuine(chain: Chain, opinion: str) -> None:
    found = report(chain)
    if opinion == "unmodified" and found.verdict != "genuine":
        raise RefusedError.at("attest.not-genuine", verdict=found.verdict, reason=found.headline)


def _branch(chain: Chain, number: int) -> dict[str, int]:
    count = behind(chain, number)
    if count is None:
        raise InputError.at("attest.shown", "--behind", input=number)
    return {"input": number, "certificates": count}


def _wanted(said: dict[str, object]) -> AttestationRequest:
    return validated(AttestationRequest, said)  # type: ignore[arg-type] # texts and whole numbers


def _attested(
    wanted: AttestationRequest, chain: Chain, attestor: str, *, server: str | None, home: Path | None
) -> LoggedAttestation:
    """Log the attestation in the home, or at another registry with the attestor's own key."""
    if server is None:
        from ledger.changes.attest import attest

        return attest(open_to_sign(home), wanted, attestor=attestor)
    folder = Path("attestations")
    bureau = AttestingClient(
        remote_at(server),
        own_key(home, attestor),
        runtime(),
        partial(keep, folder),
        partial(kept, folder),
        lambda name: (folder / name).unlink(),
    )
    return attest_at(bureau, wanted, chain.seen[wanted.certificate].record)
