"""What a process that judged a share of a bundle hands on, and the shares put together.

Rules: of a certificate so much is handed on as the end of a verification asks for (`ledger.verify.batch.Brief`), and nothing that only
fails.  What is put together is what one process would have, in the order of the records.  Of what is carried along a chain, the gains of
assays, a share knows only its own until then.

What this module does not do: it begins no process (`ledger.verification`).
"""

from __future__ import annotations

from itertools import starmap
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import astuple

from ledger.log.entry import Entry
from ledger.seal.digest import certificate_digest_bytes
from ledger.seal.sdjwt import open_certificate
from ledger.verify.batch import Brief, Seen
from ledger.verify.heads import Logged
from ledger.verify.inputs import Consumed
from ledger.verify.judge import Finding
from ledger.verify.reading import NotSharedError
from schemas.bundle import signed_part

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from ledger.verify.chain import Chain
    from ledger.verify.claims import Judged, Link
    from ledger.verify.heads import Change
    from ledger.verify.instruments import Key
    from ledger.verify.mass import RunBalance
    from ledger.verify.rule import Rule
    from schemas.certificate import CertificateRecord


class Handed(NamedTuple):
    """A certificate as it is handed on, all of it but the record: members as those of `Seen`, in bare tuples."""

    digest: str
    brief: tuple[object, ...]
    run_digest: str
    issuance: bytes
    values: tuple[bytes, ...]
    logged: tuple[str, int, tuple[Any, ...], str] | None
    signed: bool
    place: str

    @classmethod
    def of(cls, seen: Seen) -> Self:
        """Return a certificate as it is handed on."""
        logged = seen.logged
        where = None if logged is None else (logged.registry, logged.index, astuple(logged.entry), logged.origin)
        brief, run, values = tuple(seen.brief), seen.run_digest, seen.values
        return cls(seen.digest, brief, run, seen.issuance, values, where, seen.signed, seen.place)


class SeenElsewhere(Seen):
    """A certificate that another process judged: its record is read when it is asked for, which is seldom."""

    __slots__ = ("_lines",)

    def __init__(self, handed: Handed, lines: Mapping[bytes, tuple[bytes, bytes]]) -> None:
        """Take over what was handed on; the record is in a line of those that are followed, as of `Following.certificates`."""
        self.digest, brief, self.run_digest, self.issuance, self.values, logged, self.signed, self.place = handed
        self.brief, self._lines = Brief._make(brief), lines
        self.logged = None
        if logged is not None:
            registry, index, entry, origin = logged
            self.logged = Logged(registry, index, Entry(*entry), origin)

    def __getattr__(self, name: str) -> CertificateRecord:
        """Read the record, the only member that is not there from the beginning."""
        if name != "record":
            raise AttributeError(name)
        # whoever judged it held its line to the one spelling, so that the signed part is where it is looked for
        _, line = self._lines[certificate_digest_bytes(self.digest)]
        self.record = open_certificate(f"{signed_part(line).decode()}~", glance=True).record
        return self.record


class Shared(NamedTuple):
    """What was found in a share, and what the end of a verification asks for of its records; `digest` is of all lines up to there.

    `seen` and `findings` are bare tuples, which are handed on in a third of the time.  `followers` are certificates by the one that each
    corrects, `firsts` issuances by those that correct them.  `consumed` are, by issuance and number of an input, the
    certificates of what was used, of its user and of its first user, and the mass in mg.
    """

    digest: bytes
    made: dict[Rule, int]
    findings: list[tuple[object, ...]]
    seen: list[tuple[object, ...]]
    followers: dict[str, str]
    firsts: dict[bytes, bytes]
    marks: dict[bytes, tuple[str, int]]
    changes: dict[tuple[str, int, int, int], list[Change]]
    consumed: list[tuple[tuple[bytes, int], str, str, str, int]]
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
        if chain.judge.failed or len(chain.digests) <= chain.share.number or chain.subject in chain.seen:
            return None  # of the certificate that the report is about there is more to tell
        uses, seen, paths = chain.inputs.consumed, chain.seen.values(), chain.paths
        return cls(
            chain.digests[chain.share.number],
            chain.judge.made,
            [*map(astuple, chain.judge.findings)],
            [tuple(Handed.of(each)) for each in seen],
            {digest: after.digest for digest, after in chain.standing.followers.items()},
            {each.issuance: paths.first(each.issuance) for each in seen if each.brief.follows},
            chain.heads.marks,
            chain.heads.changes,
            [(place, use.upstream.digest, use.by.digest, use.first.digest, use.mass_mg) for place, use in uses.items()],
            chain.inputs.withheld_of,
            chain.mass.balances,
            chain.mass.gains,
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
    _put_certificates(chain, shares)
    for share in reversed(shares):
        _put_before(chain, share)
    if any(gains for share in shares for gains in share.gains.values()):
        chain.mass.carry(chain.inputs.consumed.values())


def _put_certificates(chain: Chain, shares: Sequence[Shared]) -> None:
    """Take in the certificates of all shares, before those of the last and in their order."""
    known = dict(chain.seen)
    chain.seen.clear()
    for bare in (each for share in shares for each in share.seen):
        seen = SeenElsewhere(Handed._make(bare), chain.following.certificates)
        chain.seen[seen.digest] = seen
    chain.seen.update(known)


def _put_before(chain: Chain, share: Shared) -> None:
    """Take in what was found in a share before all that is known."""
    chain.judge.join(share.made, starmap(Finding, share.findings))
    if any(share.marks[mark] != here for mark, here in chain.heads.marks.items() if mark in share.marks):
        raise NotSharedError  # a mark stands in two entries
    if share.gains.keys() & chain.mass.gains.keys():
        raise NotSharedError  # a run stands in two issuances
    chain.heads.marks |= share.marks
    seen, inputs = chain.seen, chain.inputs
    for place, changes in share.changes.items():
        known = {(each.logged.origin, each.logged.index) for each in changes}
        later = chain.heads.changes.get(place, ())
        changes += [each for each in later if (each.logged.origin, each.logged.index) not in known]
        chain.heads.changes[place] = changes
    followers = {digest: seen[after] for digest, after in share.followers.items()}
    chain.standing.followers = followers | chain.standing.followers
    chain.paths.firsts |= share.firsts
    uses = {
        place: Consumed(seen[upstream], seen[by], seen[first], mass)
        for place, upstream, by, first, mass in share.consumed
    }
    inputs.consumed = uses | inputs.consumed
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
