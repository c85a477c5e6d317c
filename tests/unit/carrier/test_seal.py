from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cbor2
import pytest

from ledger.carrier.seal import check_seal, judge_seal, make_seal, open_seal, seal_of, verify_seal_against
from ledger.seal.digest import from_base64url, to_base64url
from ledger.trust.pinned import Trust, open_trust
from schemas.document import replace
from schemas.problem import CheckError, InputError
from schemas.seal import Seal
from tests.support.browser.labels import certificate, digest, seal
from tests.support.worlds import sample_records as samples
from tests.support.worlds.parties import cast, key
from tests.support.worlds.recipe import Make
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.seal.certificate import SealedCertificate


def made() -> SealedCertificate:
    """A certificate of a party that the cast's trust list names, with a did:web."""
    return World().issue("ann", makes=(Make(1_000_000),)).certificate


def trust() -> Trust:
    return cast().trust


def signed() -> str:
    sealed = made()
    return make_seal(sealed.record, sealed.digest, signer=key("ann"))


def test_a_seal_says_what_the_record_says_and_is_small() -> None:
    opened = open_seal(seal())
    record = certificate().record
    assert opened.value == seal_of(record, certificate().digest)
    assert opened.value.lot == record.batch.lot
    assert opened.value.kg_co2e_per_kg == record.footprint.per_kg.location
    assert opened.kid == samples.signer().kid
    assert len(from_base64url(seal())) < 260
    verify_seal_against(record, certificate().digest, opened)
    opened.verify(samples.public_key())


def test_the_seal_is_the_same_whenever_it_is_made() -> None:
    assert make_seal(certificate().record, certificate().digest, signer=samples.signer()) == seal()


def test_only_the_issuers_key_makes_a_seal() -> None:
    with pytest.raises(InputError) as refused:
        make_seal(certificate().record, certificate().digest, signer=samples.signer("another"))
    assert refused.value.code == "seal.issuer"


def test_a_seal_verifies_by_the_pinned_trust_list_alone_and_is_never_genuine() -> None:
    finding = judge_seal(signed(), trust=trust())
    assert finding.verdict == "incomplete"
    assert finding.party is not None
    assert finding.party.names[0].text == "Ann"
    assert finding.problem is None


def test_a_seal_of_nobody_known_is_not_relied_on() -> None:
    finding = judge_seal(seal(), trust=trust())
    assert (finding.verdict, finding.problem and finding.problem.code) == ("do-not-rely", "trust.key-unknown")
    assert finding.party is None


def test_a_seal_that_another_key_signed_is_not_relied_on() -> None:
    raw = from_base64url(signed())
    other = bytearray(raw)
    other[-1] ^= 1
    finding = judge_seal(to_base64url(bytes(other)), trust=trust())
    assert (finding.verdict, finding.problem and finding.problem.code) == ("do-not-rely", "seal.signature")


def test_a_seal_made_after_its_key_ended_is_not_relied_on() -> None:
    listed = cast().listed
    until = made().record.issued
    ended = replace_key(lambda key: replace(key, until=until))
    assert listed != ended.listed
    with pytest.raises(CheckError) as refused:
        check_seal(open_seal(signed()), trust=ended)
    assert refused.value.code == "trust.key-time"


def replace_key(change: Callable[[Any], Any]) -> Trust:
    people = cast().changed(
        lambda listed: replace(
            listed, parties=tuple(replace(party, keys=tuple(map(change, party.keys))) for party in listed.parties)
        )
    )
    return open_trust(people.note)


@pytest.mark.parametrize("member", list(Seal.__struct_fields__))
def test_a_seal_that_differs_in_any_member_is_refused(member: str) -> None:
    opened = open_seal(seal())
    other = {
        "issuer": "did:web:other.example",
        "issued": "2026-03-07T08:00:01Z",
        "registry": "other.example",
        "status": replace(opened.value.status, index=1),
        "lot": "OTHER",
        "net_mass_kg": "498.250001",
        "kg_co2e_per_kg": "18.264927245358",
        "certificate": digest(1),
    }
    changed = replace(opened, value=replace(opened.value, **{member: other[member]}))
    with pytest.raises(CheckError) as refused:
        verify_seal_against(certificate().record, certificate().digest, changed)
    assert (refused.value.code, refused.value.problems[0].place) == ("carrier.seal-differs", member)


def parts() -> list[Any]:
    return list(cbor2.loads(from_base64url(seal())).value)


def claims() -> dict[int, Any]:
    return {
        key: list(value) if isinstance(value, tuple | list) else value for key, value in cbor2.loads(parts()[2]).items()
    }


def resealed(*, tag: int = 18, **changed: object) -> str:
    names = ("protected", "unprotected", "payload", "signature")
    values = dict(zip(names, parts(), strict=True)) | changed
    return to_base64url(cbor2.dumps(cbor2.CBORTag(tag, [values[name] for name in names])))


def with_claim(key: int, place: int | None, value: object) -> str:
    changed = claims()
    if place is None:
        changed[key] = value
    else:
        changed[key][place] = value
    return resealed(payload=cbor2.dumps(changed))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "AA",
        seal() + "AA",
        seal()[:-4],
        "A" * 701,
        to_base64url(from_base64url(seal())[1:]),  # no tag
        resealed(tag=98),
        resealed(unprotected={4: b"x"}),
        resealed(protected=b""),
        resealed(protected=cbor2.dumps({1: -7})),
        resealed(protected=cbor2.dumps({1: -8, 4: b"key-1"})),
        resealed(signature="text"),
        resealed(payload=b""),
        resealed(payload=cbor2.dumps(claims() | {4: 1})),
        resealed(payload=cbor2.dumps(dict(reversed(claims().items())))),
        resealed(payload=cbor2.dumps([1])),
        with_claim(1, None, "did:ftp:x"),
        with_claim(1, None, 7),
        with_claim(6, None, 1.5),
        with_claim(6, None, -1),
        with_claim(-65537, 0, 2),
        with_claim(-65537, 1, "Registry.example"),
        with_claim(-65537, 2, value=True),
        with_claim(-65537, 4, "a\u202eb"),
        with_claim(-65537, 5, 0),
        with_claim(-65537, 5, -1),
        with_claim(-65537, 5, "1"),
        with_claim(-65537, 6, 10**30),
        with_claim(-65537, 7, b"short"),
        with_claim(-65537, 7, "text"),
        with_claim(-65537, None, [1]),
        with_claim(-65537, None, 1),
        to_base64url(b"\x81" * 500),
        to_base64url(b"\xd2\x84\x40\xa0\x40"),
    ],
)
def test_any_other_bytes_are_no_seal(text: str) -> None:
    with pytest.raises(InputError):
        open_seal(text)
    assert judge_seal(text, trust=trust()).verdict == "do-not-rely"


def test_a_longer_spelling_of_the_same_values_is_no_seal() -> None:
    raw = from_base64url(seal())
    assert raw[:2] == b"\xd2\x84"
    for other in (b"\xd8\x12" + raw[1:], b"\xd2\x98\x04" + raw[2:], b"\xd2\x9f" + raw[2:] + b"\xff"):
        assert cbor2.loads(other) == cbor2.loads(raw) or other[1] == 0x9F
        with pytest.raises(InputError) as refused:
            open_seal(to_base64url(other))
        assert refused.value.code == "carrier.seal-form"
