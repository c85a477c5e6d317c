"""Attestations in a test world: an attestor beside the cast, what it says, and bundles that carry it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from typing_extensions import override

from ledger.holdings.mark import attestation_digest
from ledger.log.entry import PurposeCode, StatusBit
from ledger.seal.attestation import open_attestation, seal_attestation
from ledger.seal.digest import to_base64url
from schemas.attestation import Attestation
from schemas.bundle import AttestationLine, Proof
from schemas.document import replace
from schemas.door import validated
from schemas.instant import instant_text
from schemas.name import Name
from schemas.statement import Ended, StatusChange
from schemas.trust import Attesting, Party, PartyKey
from schemas.vocabulary import ATTESTATION_SCOPES
from tests.support.worlds.drafts import HONEST, WEEK_MS, Cheat
from tests.support.worlds.parties import Cast, cast, did, key
from tests.support.worlds.world import Bundling, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.seal.certificate import SealedCertificate
    from schemas.bundle import BundleLine
    from schemas.trust import TrustList
    from schemas.vocabulary import AttestationScope
    from tests.support.worlds.world import Record

DOT: Final = "dot"
"""The attestor; it makes nothing."""
NOTHING: Final = Bundling(frozenset(), lambda _: "public")
NO_PROOF: Final = Proof(entry="AA", index=0, path=())
YEAR_MS: Final = 365 * 24 * 3600 * 1000


def attesting(name: str = DOT, *scopes: AttestationScope, **how: Any) -> Callable[[TrustList], TrustList]:  # noqa: ANN401
    """Return what adds an attestor to a trust list, or says of a party there what it may attest."""
    attests = Attesting(scopes=scopes or ATTESTATION_SCOPES, **{"since": "2020-01-01T00:00:00Z", **how})
    public = PartyKey(kid=key(name).kid, public=to_base64url(key(name).public), since="2020-01-01T00:00:00Z")
    party = Party(
        did=did(name),
        names=(Name(lang="en", text=name.title()),),
        keys=(public,),
        facilities=(),
        kinds=(),
        statements=("withdraw", "suspend", "lift"),
        custodial=False,
        attests=attests,
    )

    def changed(listed: TrustList) -> TrustList:
        others = tuple(each for each in listed.parties if each.did != party.did)
        known = [replace(each, attests=attests) for each in listed.parties if each.did == party.did]
        return replace(listed, parties=(*others, *(known or [party])))

    return changed


def with_dot(*scopes: AttestationScope, **how: Any) -> Cast:  # noqa: ANN401
    """Return the usual cast, and Dot, who may attest these scopes, by default all."""
    return cast().changed(attesting(DOT, *scopes, **how))


@dataclass
class Vouched(World):
    """A world in which Dot attests; every bundle carries all that was attested."""

    people: Cast = field(default_factory=with_dot)
    said: list[Record] = field(default_factory=list)

    def attest(
        self,
        made: SealedCertificate,
        by: str = DOT,
        *,
        change: dict[str, object] | None = None,
        cheat: Cheat = HONEST,
    ) -> Attestation:
        """Let somebody attest the footprint of a certificate's run, or with `change` something else."""
        record = made.record
        said: dict[str, Any] = {
            "oreprint": "attestation/1",
            "id": UUID(bytes=self.salt(), version=4).urn,
            "registry": record.registry,
            "status": {"list": 0, "index": next(self.indexes)},
            "attestor": {"did": did(by), "names": [{"lang": "en", "text": by.title()}]},
            "producer": record.issuer.did,
            "certificate": made.digest,
            "run": record.run[0].digest,
            "scopes": ["figure"],
            "level": "limited",
            "criteria": ["ISO 14064-3:2019"],
            "opinion": "unmodified",
            "examined": instant_text(self.now_ms),
            "issued": instant_text(self.now_ms),
            "valid_until": instant_text(self.now_ms + YEAR_MS),
            "not_logged_after": instant_text(self.now_ms + WEEK_MS),
            **(change or {}),
        }
        text = seal_attestation(validated(Attestation, said), signer=cheat.signer or key(by))
        digest = attestation_digest(text)

        def lines(_: Bundling, proof: Proof) -> list[BundleLine]:
            return [AttestationLine(t="attestation", registry=record.registry, attestation=text, proof=proof)]

        self.said.append(self.log(record.registry, digest, builds_on=(), lines=lines, cheat=cheat))
        return open_attestation(text).record

    def end(self, kind: str, number: int = 0, *, by: str = DOT) -> bytes:
        """Let somebody withdraw, suspend or lift an attestation; return the record to be shown."""
        (line,) = self.said[number].lines(NOTHING, NO_PROOF)
        assert isinstance(line, AttestationLine)
        opened = open_attestation(line.attestation)
        place = opened.record.status
        said = StatusChange.validated(
            oreprint=f"{kind}/1",
            registry=line.registry,
            ends=Ended(certificate=opened.digest, list=place.list, index=place.index),
            reason="found wrong on a second look",
            not_logged_after=instant_text(self.now_ms + WEEK_MS),
        )
        purpose = PurposeCode.REVOCATION if kind == "withdraw" else PurposeCode.SUSPENSION
        bit = StatusBit(place.list, place.index, purpose, int(kind != "lift"))
        return self._state(kind, said, key(by), (), [bit], (), HONEST)  # type: ignore[arg-type] # a kind of statement

    @override
    def bundle(self, subject: SealedCertificate, *args: Any, **how: Any) -> list[bytes]:
        """Return the bundle with all that was attested, after its records."""
        before = how.pop("change", lambda lines: lines)

        def carried(lines: list[BundleLine]) -> list[BundleLine]:
            *head, end = before(lines)
            said = [
                line
                for record in self.said
                for line in record.lines(NOTHING, self._proof(record.registry, record.index, record.entry))
            ]
            holding = [line for line in head if line.t == "holding"]
            records = [line for line in head if line.t != "holding"]
            whole = [*records, *said, *holding]
            return [*whole, replace(end, lines=len(whole) + 1)]

        return super().bundle(subject, *args, change=carried, **how)
