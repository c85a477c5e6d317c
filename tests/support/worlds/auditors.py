"""Auditors of a world: parties of the trust list with keys of their own, their records, and bundles that have these."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

from ledger.holdings.mark import audit_digest, trust_digest
from ledger.log.audit_tree import AuditTree
from ledger.log.merkle import Frontier, leaf_hash
from ledger.seal.audit import seal_audit
from ledger.seal.digest import certificate_digest_bytes, to_base64url
from ledger.tables import release_digest
from schemas.audit import AuditedHead, AuditLeaf, AuditRecord, AuditState
from schemas.bundle import AuditLine, ShownLeaf
from schemas.document import replace
from schemas.instant import instant_text
from schemas.name import Name
from schemas.trust import Attesting, Auditors, Party, PartyKey, TrustList
from tests.support.worlds.drafts import HONEST
from tests.support.worlds.key_places import with_registry
from tests.support.worlds.parties import Cast, cast, did, key
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ledger.seal.certificate import SealedCertificate
    from schemas.bundle import BundleLine, Proof
    from tests.support.worlds.drafts import Cheat, Issuance
    from tests.support.worlds.world import Bundling, Record

EVA: Final = "eva"
FAY: Final = "fay"
GUS: Final = "gus"
RULES: Final = release_digest()


@cache
def _filling(number: int) -> bytes:
    return sha256(b"%d" % number).digest()


def auditor(name: str) -> Party:
    """Return an auditor as a trust list names it."""
    own = PartyKey(kid=key(name).kid, public=to_base64url(key(name).public), since="2020-01-01T00:00:00Z")
    return Party(
        did=did(name),
        names=(Name(lang="en", text=name.title()),),
        keys=(own,),
        facilities=(),
        kinds=(),
        statements=(),
        custodial=False,
        attests=Attesting(scopes=("chain",), since="2020-01-01T00:00:00Z"),
    )


def with_auditors(listed: TrustList, *names: str, least: int = 1) -> TrustList:
    """Return a trust list whose first registry has these auditors."""
    found = replace(listed, parties=(*listed.parties, *map(auditor, names)))
    return with_registry(found, auditors=Auditors(least=least, parties=tuple(map(did, names)), rules=(RULES,)))


def audited_cast(*names: str, least: int = 2) -> Cast:
    """Return the usual cast, with Eva, Fay and Gus as auditors of the first registry."""
    return cast().changed(lambda listed: with_auditors(listed, *(names or (EVA, FAY, GUS)), least=least))


def leaf(
    made: Issuance,
    state: AuditState = AuditState.RIGHT,
    *,
    number: int = 0,
    inside: bytes = b"i" * 32,
    **change: Any,  # noqa: ANN401 - members of a leaf
) -> AuditLeaf:
    """Return a leaf about an output of an issuance, which says what its certificate says."""
    certificate = made.certificates[number]
    assert certificate is not None
    answers = tuple(row.answer for row in certificate.record.claims)
    digest = certificate_digest_bytes(certificate.digest)
    return replace(AuditLeaf(made.digest, number, digest, state, inside, answers), **change)


@dataclass(frozen=True)
class SaidAudit:
    """A record that was made: its text, its tree, and the leaves that are shown of it."""

    text: str
    registry: str
    tree: AuditTree
    leaves: tuple[bytes, ...]
    logged: Record

    def line(self, proof: Proof) -> AuditLine:
        """Return the record as a bundle shows it."""
        return AuditLine(t="audit", registry=self.registry, audit=self.text, proof=proof, leaves=self.shown())

    def shown(self) -> tuple[ShownLeaf, ...]:
        """Return its leaves with their paths."""
        placed = [(each, *self.tree.path(each)) for each in self.leaves]
        return tuple(
            ShownLeaf(leaf=to_base64url(raw), index=index, path=tuple(map(to_base64url, path)))
            for raw, index, path in placed
        )


@dataclass
class AuditedWorld(World):
    """A world with auditors; every bundle carries all their records."""

    people: Cast = field(default_factory=audited_cast)
    audits: list[SaidAudit] = field(default_factory=list)

    def head(self, registry: str = "one.example") -> AuditedHead:
        """Return the head of a log as an auditor has read it."""
        entries = self.logs[registry]
        root = Frontier().append(leaf_hash(each.to_bytes()) for each in entries).frontier.root()
        return AuditedHead(origin=f"{registry}/log", size=len(entries), root=to_base64url(root))

    def audit(
        self,
        by: str,
        leaves: Sequence[AuditLeaf],
        *,
        change: dict[str, Any] | None = None,
        shown: Iterable[AuditLeaf] | None = None,
        cheat: Cheat = HONEST,
    ) -> SaidAudit:
        """Let an auditor sign a record over these leaves, and log it."""
        tree = AuditTree.build((each.to_bytes() for each in leaves), map(_filling, count()))
        registry = (change or {}).get("registry", "one.example")
        self.now_ms += 1000
        said: dict[str, Any] = {
            "oreprint": "audit/1",
            "registry": registry,
            "auditor": did(by),
            "number": len(self.audits) + 1,
            "head": self.head(registry),
            "depth": tree.depth,
            "root": to_base64url(tree.root),
            "engine": "2",
            "rules": (RULES,),
            "trust": (to_base64url(trust_digest(self.people.note)),),
            "made": instant_text(self.now_ms),
            "not_logged_after": instant_text(self.now_ms + 30 * 60_000),
            **(change or {}),
        }
        text = seal_audit(AuditRecord(**said), signer=cheat.signer or key(by))

        def lines(_: Bundling, __: Proof) -> list[BundleLine]:
            return []

        logged = self.log(registry, audit_digest(text), builds_on=(), lines=lines, cheat=cheat)
        made = SaidAudit(text, registry, tree, tuple(each.to_bytes() for each in (shown or leaves)), logged)
        self.audits.append(made)
        return made

    @override
    def bundle(self, subject: SealedCertificate, *args: Any, **how: Any) -> list[bytes]:
        """Return the bundle with all `audits`, or those that are given, after its records."""
        change: Callable[[list[BundleLine]], list[BundleLine]] = how.pop("change", lambda lines: lines)
        audits: Sequence[SaidAudit] = how.pop("audits", self.audits)

        def carried(lines: list[BundleLine]) -> list[BundleLine]:
            said = []
            for each in audits:
                place = each.logged
                self._publish(place.registry)
                said.append(each.line(self._proof(place.registry, place.index, place.entry)))
            *head, end = lines
            holding = [line for line in head if line.t == "holding"]
            records = [line for line in head if line.t != "holding"]
            whole = [*records, *said, *holding]
            return change([*whole, replace(end, lines=len(whole) + 1)])

        return super().bundle(subject, *args, change=carried, **how)
