"""Evidence against a registry or an auditor, as `oreprint verify` tells it: whether it convicts, and of what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cli.files import STDIN, read_bytes
from cli.output import reply
from cli.terminal import plural, printable, wrapped
from schemas.evidence import MOST_EVIDENCE_BYTES, OPENING, Evidence, read_evidence
from schemas.problem import CheckError, problems_in

if TYPE_CHECKING:
    from ledger.trust.pinned import Trust

EXIT_CONVICTED = 1
EXIT_NOT_SHOWN = 2


def evidence_in(source: str) -> Evidence | None:
    """Return the evidence in a file, or None where it is something else.

    Raises:
        InputError: `evidence.kind`, or what its document refuses.
    """
    path = Path(source)
    if source == STDIN or not path.is_file():
        return None
    with path.open("rb") as file:
        if file.read(len(OPENING)) != OPENING.encode():
            return None
    with problems_in(printable(source)):
        return read_evidence(read_bytes(path, most=MOST_EVIDENCE_BYTES))


def judge_evidence(evidence: Evidence, trust: Trust, *, as_json: bool) -> int:
    """Print the fault that a file proves. Return the exit code: 1 proven, 2 not shown."""
    from ledger.tables import release_digest, shipped_tables
    from ledger.verify.audit_evidence import Judging
    from ledger.verify.evidence import convict

    try:
        conviction = convict(evidence, trust, Judging(shipped_tables(), release_digest()))
    except CheckError as error:
        problem = error.problems[0]
        reply(
            {"convicted": False, "code": problem.code, "sentence": problem.sentence()},
            "NOT SHOWN",
            *wrapped(f"{problem.sentence()} [{problem.code}]", first="  "),
            as_json=as_json,
        )
        return EXIT_NOT_SHOWN
    whose = f"auditor {conviction.auditor}" if conviction.auditor else f"registry {conviction.registry}"
    head = f"head of {plural(conviction.size, 'entry', 'entries')}"
    reply(
        {
            "convicted": True,
            "registry": conviction.registry,
            "auditor": conviction.auditor,
            "origin": conviction.origin,
            "size": conviction.size,
            "code": conviction.problem.code,
            "sentence": conviction.problem.sentence(),
        },
        f"PROVEN FAULT of the {whose}",
        *wrapped(f"{conviction.problem.sentence()} [{conviction.problem.code}]", first="  "),
        *wrapped(f"The registry's own key signed the log {conviction.origin}, {head}.", first="  "),
        as_json=as_json,
    )
    return EXIT_CONVICTED
