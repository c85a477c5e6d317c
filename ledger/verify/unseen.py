"""Checks that were not made because a bundle withholds the run or the source of an input.

Rules: a check that could not be made of something withheld is listed as not checked, also where it was made of
everything that is shown. What is shown of a run in part says so where it is judged; here are the runs and sources of
which nothing is shown.  Checks of what a bundle tells in clear (moves, splits, undos, withdrawals, attestations) are
not among these: they are made wherever there is such a record.  Nor are those of certificates that an auditor knows: it
made them when it judged these.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from ledger.verify.chain import Chain
from ledger.verify.findings import Finding, Outcome
from ledger.verify.rule import Rule

OF_RUN: Final = frozenset(
    {
        Rule.SAME_ISSUER,
        Rule.SAME_REGISTRY,
        Rule.OUTPUT_AS_CLEAR,
        Rule.ENTRY_MARKS,
        Rule.PRODUCER_SIGNED,
        Rule.BITS,
        Rule.ELEMENTS,
        Rule.COMPOSITION,
        Rule.SIZE,
        Rule.SHARES,
        Rule.ORIGIN,
        Rule.PHYSICS,
        Rule.FLAGGED,
        Rule.FLAGS_STATED,
        Rule.WHOLE,
        Rule.FACTORS,
        Rule.RECOMPUTED,
        Rule.TERMS,
        Rule.ALLOCATION,
        Rule.NEGATIVE,
        Rule.INDICATORS,
        Rule.QUALITY,
    }
)
"""Checks of every run."""
OF_SOURCE: Final = frozenset(
    {
        Rule.AS_CITED,
        Rule.CUSTODY,
        Rule.ROOT,
        Rule.PATH,
        Rule.MARK,
        Rule.OWNER,
        Rule.HOME,
        Rule.TAKEN,
        Rule.WITHIN_BATCH,
        Rule.SPLIT_SUM,
        Rule.SPLIT_KEEPS,
        Rule.MOVE_MASS,
        Rule.MOVE_SIGNED,
        Rule.TIME_ORDER,
        Rule.SOURCE_STANDS,
        Rule.GAINS,
        Rule.CONTRIBUTION,
        Rule.INSTRUMENTS,
        Rule.INSTRUMENT_DRAWN,
    }
)
"""Checks of every input whose source is shown: of what it is, and of the way by which it came."""
OF_CORRECTION: Final = frozenset({Rule.FIRST_RUN, Rule.FOLLOWS_REPEATS, Rule.FOLLOWS_ENDS, Rule.SUCCESSOR_HOME})
"""Checks of every run that corrects another."""


class Unseen(NamedTuple):
    """A check that was not made of everything, since so many runs and so many inputs are withheld."""

    rule: Rule
    runs: int
    inputs: int


def unseen(chain: Chain) -> Iterator[Unseen]:
    """Yield every check that could not be made of a run or an input that a bundle withholds, in the order of `Rule`."""
    hidden = {
        seen.issuance: seen
        for seen in chain.seen.values()
        if seen.issuance not in chain.branches_of and chain.memory.get(seen.digest) is None
    }
    inputs = sum(int(found.facts["inputs"]) for found in chain.findings.all if _is_hidden_source(found))
    corrections = any(seen.follows for seen in hidden.values())
    for rule in Rule:
        missed = (
            (rule in OF_RUN and hidden) or (rule in OF_SOURCE and inputs) or (rule in OF_CORRECTION and corrections)
        )
        if missed:
            yield Unseen(rule, len(hidden), inputs)


def _is_hidden_source(found: Finding) -> bool:
    """Return whether a finding is about sources that are withheld, and that no auditor checked when it judged them."""
    if "certificate" in found.facts:
        return False
    return found.code == Rule.SOURCE_SHOWN.code and found.outcome is Outcome.WITHHELD
