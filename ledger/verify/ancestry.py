"""Return the ancestors of a certificate: the certificates that its chain used, and those that it corrects."""

from __future__ import annotations

from ledger.verify.chain import Chain


def ancestors(chain: Chain, start: str | None) -> tuple[set[str], set[str]]:
    """Return the certificates that one stands on, itself included, and which of them runs used.

    It stands on what it corrects, too.
    """
    used: dict[bytes, list[str]] = {}
    for use in chain.inputs.consumed.values():
        used.setdefault(use.by.issuance, []).append(use.upstream.digest)
    above: set[str] = set()
    cited: set[str] = set()
    waiting = [start]
    while waiting:
        digest = waiting.pop()
        certificate = chain.seen.get(digest) if digest else None
        if certificate is None or certificate.digest in above:
            continue
        above.add(certificate.digest)
        upstream = used.get(certificate.issuance, [])
        waiting += upstream
        cited.update(upstream)
        waiting.append(certificate.follows)
    return above, cited


def behind(chain: Chain, number: int) -> int | None:
    """Return how many certificates input `number` of the subject's run stands on, its own included.

    None where it isn't shown.
    """
    subject = chain.seen.get(chain.subject or "")
    use = chain.inputs.consumed.get((subject.issuance, number)) if subject else None
    return None if use is None else len(ancestors(chain, use.upstream.digest)[0])


def tiers(chain: Chain) -> int:
    """Return the number of tiers in the subject's chain, counting batches weighed in kg."""
    found: dict[str, int] = {}
    for digest in chain.seen:
        found[digest] = 1 + max([found.get(each, 0) for each in chain.stands_on.get(digest, ())], default=0)
    return found.get(chain.subject or "", 0)
