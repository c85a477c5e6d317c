"""Claims as a terminal shows them: the claim, its scope and the answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from cli.terminal import Style, styled, table, wrapped
from ledger.claims.rules import by_records, own_criteria
from schemas.sentences import OWN_CRITERIA, readable

if TYPE_CHECKING:
    from ledger.claims.answer import JudgedClaim
    from schemas.claim import Claim, KnownAnswer
    from schemas.report import ClaimAnswer

_STYLES: Final[dict[KnownAnswer, Style]] = {
    "proven": "good",
    "attested": "good",
    "refuted": "bad",
    "unknown": "doubt",
    "declared": "doubt",
}


def claim_name(claim: Claim | ClaimAnswer) -> str:
    """Return the claim: the rule, and what the producer chose."""
    chosen = [claim.element or "", ", ".join(claim.countries or ()), claim.threshold or ""]
    criteria = f"({OWN_CRITERIA})" if own_criteria(claim.id) else ""
    return " ".join(filter(None, [claim.id, *chosen, criteria]))


def row_lines(rows: Sequence[Claim]) -> list[str]:
    """Return the answers of a certificate as a table."""
    cells = [(claim_name(row), row.scope, by_records(row.id, row.answer), readable(row.value or "")) for row in rows]
    return table(("claim", "of", "answer", "figure"), cells, left=3)


def answered_lines(answers: Iterable[JudgedClaim]) -> Iterator[str]:
    """Yield answers that are not signed yet, each with its reason."""
    for each in answers:
        yield from _line(claim_name(each.row()), each.scope, each.answer, each.finding.path, each.sentence())


def report_lines(answers: Iterable[ClaimAnswer]) -> Iterator[str]:
    """Yield the answers of a report with their paths, and the certificate's own answer where it differs."""
    for each in answers:
        more = "" if each.said == each.answer else f" The certificate says: {each.said}."
        yield from _line(claim_name(each), each.scope, each.answer, each.path[1:], each.sentence + more)


def _line(name: str, scope: str, answer: KnownAnswer, path: Sequence[str], sentence: str) -> Iterator[str]:
    """Yield one answer: its word, the claim, and the reason by the lots that lead to it."""
    way = f"{' -> '.join(path)}: " if path else ""
    first, *others = wrapped(f"{answer}  {name}, {scope}: {way}{sentence}", first="  ", rest="      ")
    yield first.replace(answer, styled(answer, _STYLES[answer]), 1)
    yield from others
