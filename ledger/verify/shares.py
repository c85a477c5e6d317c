"""What a process that judged a share of a bundle hands on, and the shares put together.

Rules: what everybody reads of a record is not handed on (`ledger.verify.following`), nor what only fails.  What is put together is
what one process would have, in the order of the records.  Of what is carried along a chain, the gains of assays, a share knows
only its own until then.

What this module does not do: it begins no process (`ledger.verification`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ledger.verify.inputs import Consumed
from ledger.verify.judge import Finding
from ledger.verify.reading import NotSharedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ledger.verify.chain import Chain
    from ledger.verify.claims import Judged, Link
    from ledger.verify.instruments import Key
    from ledger.verify.mass import RunBalance
    from ledger.verify.rule import Rule


class Shared(NamedTuple):
    """What was found in a share, and what the end of a verification asks for of its records; `digest` is of all lines up to there.

    `findings` are bare tuples, which are handed on in a third of the time.  `consumed` are, by issuance and number of an input, the
    certificates of what was used, of its user and of its first user, and the mass in mg.
    """

    digest: bytes
    made: dict[Rule, int]
    findings: list[tuple[object, ...]]
    marks: dict[bytes, tuple[str, int]]
    consumed: list[tuple[tuple[bytes, int], str, str, str, int]]
    awaited: dict[str, str]
    withheld: dict[bytes, set[int]]
    balances: dict[str, RunBalance]
    gains: dict[str, Mapping[str, int]]
    branches_of: dict[bytes, int]
    stands_on: dict[str, tuple[str, ...]]
    links: dict[str, tuple[Link, ...]]
    judged: dict[str, Judged]
    instruments: tuple[dict[Key, dict[bytes, str]], bool, bool]

    @classmethod
    def of(cls, chain: Chain) -> Shared | None:
        """Return what a process found in its share; None where one process has to judge all."""
        if chain.judge.failed or len(chain.digests) <= chain.share.number:
            return None
        uses = chain.inputs.consumed
        return cls(
            chain.digests[chain.share.number],
            chain.judge.made,
            [*map(tuple, chain.judge.findings)],
            chain.heads.marks,
            [(place, use.upstream.digest, use.by.digest, use.first.digest, use.mass_mg) for place, use in uses.items()],
            chain.inputs.awaited,
            chain.inputs.withheld_of,
            chain.mass.balances,
            {run: gains for run, gains in chain.mass.gains.items() if gains},
            chain.branches_of,
            chain.stands_on,
            chain.claims.links,
            chain.claims.judged,
            (chain.instruments.uses, chain.instruments.homeless, chain.instruments.alone),
        )


def put_together(chain: Chain, shares: Sequence[Shared]) -> None:
    """Take what was found in the shares before into the last.

    Raises:
        NotSharedError: when one is missing, or anything failed, or they don't go together, so that one process has to judge all.

    """
    complete = len(shares) == chain.share.of - 1 and [share.digest for share in shares] == chain.digests
    if chain.judge.failed or not complete:
        raise NotSharedError
    for share in reversed(shares):
        _put_before(chain, share)
    if any(share.gains for share in shares):
        chain.mass.carry(chain.inputs.consumed.values())


def _put_before(chain: Chain, share: Shared) -> None:
    """Take in what was found in a share before all that is known."""
    chain.judge.join(share.made, map(Finding._make, share.findings))
    if any(share.marks[mark] != here for mark, here in chain.heads.marks.items() if mark in share.marks):
        raise NotSharedError  # a mark stands in two entries
    chain.heads.marks |= share.marks
    seen, inputs = chain.seen, chain.inputs
    uses = {
        place: Consumed(seen[upstream], seen[by], seen[first], mass)
        for place, upstream, by, first, mass in share.consumed
    }
    inputs.consumed = uses | inputs.consumed
    inputs.awaited = share.awaited | inputs.awaited
    inputs.withheld_of |= share.withheld
    chain.mass.balances = share.balances | chain.mass.balances
    chain.mass.gains |= share.gains
    chain.branches_of |= share.branches_of
    chain.stands_on |= share.stands_on
    chain.claims.links |= share.links
    chain.claims.judged |= share.judged
    uses_of, homeless, alone = share.instruments
    instruments = chain.instruments
    for key, users in uses_of.items():
        instruments.uses.setdefault(key, {}).update(users)
    instruments.homeless |= homeless
    instruments.alone |= alone
