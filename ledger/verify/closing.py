"""The end of a verification: what can only be judged when everything is known.

Rules: a certificate ends the subject where the subject stands on it; a batch must not have ended before it was used; what there is
only once is not used twice; the reader's own holding is of the subject and unused.

What this module does not do: judging a record as it comes (`ledger.verify.chain`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.verify.capacity import check_capacity
from ledger.verify.judge import Outcome
from ledger.verify.once import Once
from ledger.verify.rule import Rule
from schemas.problem import InputError

if TYPE_CHECKING:
    from ledger.verify.chain import Chain
    from ledger.verify.standing import Part


def close(chain: Chain) -> None:
    """Judge what can only be judged when everything is known: what stands, and what had ended before it was used."""
    if chain.subject not in chain.seen:
        chain.judge.refuse(1, "", InputError.at("bundle.subject", digest=chain.subject))
    for certificate, place in chain.inputs.awaited.items():
        late = certificate in chain.seen
        chain.judge.require(Rule.SOURCE_SHOWN, place, holds=not late, certificate=certificate)
    if chain.mass.late:
        chain.mass.carry_late(chain.inputs.consumed.values())
    chain.standing.check_list(chain.trust)
    chain.paths.check_undos()
    _own_holding(chain)
    above, chain.cited = _ancestors(chain, chain.subject)
    for digest, seen in chain.seen.items():
        undone = seen.issuance in chain.paths.undone
        part: Part = "subject" if digest == chain.subject else "cited" if digest in chain.cited else "corrected"
        chain.standing.check(seen, part if digest in above else "beside", undone=undone)
    chain.standing.check_endings(chain.endings, chain.seen)
    for use in chain.inputs.consumed.values():
        chain.standing.check_use(use)
    if chain.attestations.words:
        stands_on = [seen for digest, seen in chain.seen.items() if digest in above]
        chain.attestations.close(stands_on, chain.endings, chain.standing, chain.policy.at_ms)
    once = Once(chain.judge, chain.paths)
    once.check_batches(chain.inputs.consumed)
    once.check_instruments(chain.instruments.uses)
    once.check_certificates(chain.seen)
    check_capacity(chain)


def behind(chain: Chain, number: int) -> int | None:
    """Return how many certificates input `number` of the subject's run stands on, its own included; None where it isn't shown."""
    seen = chain.seen.get(chain.subject or "")
    use = chain.inputs.consumed.get((seen.issuance, number)) if seen else None
    return None if use is None else len(_ancestors(chain, use.upstream.digest)[0])


def tiers(chain: Chain) -> int:
    """Return how many tiers the subject's chain has, of what is weighed in kg."""
    found: dict[str, int] = {}
    for digest in chain.seen:
        found[digest] = 1 + max([found.get(each, 0) for each in chain.stands_on.get(digest, ())], default=0)
    return found.get(chain.subject or "", 0)


def _ancestors(chain: Chain, start: str | None) -> tuple[set[str], set[str]]:
    """Return the certificates that one stands on, itself included, and which of them runs used; it stands on what it corrects, too."""
    used: dict[bytes, list[str]] = {}
    for use in chain.inputs.consumed.values():
        used.setdefault(use.by.issuance, []).append(use.upstream.digest)
    above: set[str] = set()
    cited: set[str] = set()
    waiting = [start]
    while waiting:
        digest = waiting.pop()
        seen = chain.seen.get(digest) if digest else None
        if seen is None or seen.digest in above:
            continue
        above.add(seen.digest)
        waiting += used.get(seen.issuance, [])
        cited.update(used.get(seen.issuance, []))
        waiting.append(seen.follows)
    return above, cited


def _own_holding(chain: Chain) -> None:
    """Hold that the reader's own holdings are of the subject and unused here; one that was asked for is there."""
    policy = chain.policy
    if policy.received_as is not None:
        chain.owned = [own for own in chain.owned if own.holder.owner == policy.received_as]
    if not chain.owned and policy.received_mg is not None:
        chain.judge.note(Rule.OWN_HOLDING, Outcome.ABSENT, "", owner=policy.received_as)
    seen = chain.seen.get(chain.subject or "")
    lot = (chain.paths.first(seen.issuance), seen.record.output) if seen else None
    twice = len({own.mark for own in chain.owned}) < len(chain.owned)
    for own in tuple(chain.owned):
        used, root = own.mark in chain.heads.marks, own.held.root
        if not used and root in {None, (lot[0], None) if lot else None}:
            chain.owned.remove(own)
            _own_unknown(chain)
        else:
            chain.judge.require(Rule.OWN_HOLDING, "holding", holds=root == lot and not (used or twice))


def _own_unknown(chain: Chain) -> None:
    """Say that the way of the reader's own holding is withheld: what can't be told to be of this lot is no answer."""
    policy = chain.policy
    if policy.received_mg is None:
        chain.judge.note(Rule.ROOT, Outcome.WITHHELD, "holding")
    else:
        chain.judge.note(Rule.OWN_HOLDING, Outcome.ABSENT, "", owner=policy.received_as)
