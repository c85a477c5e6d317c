"""Attacks on status, by their ids in the catalogue: what lists say bit by bit, where places fall, and which time
decides.
"""

from __future__ import annotations

import gzip
import json
from base64 import urlsafe_b64decode
from random import Random
from typing import TYPE_CHECKING

import pytest

from ledger.issuing.issue import IssuedRun, issue
from ledger.log.entry import PurposeCode, StatusBit
from ledger.seal.jws import CREDENTIAL_TYPE, sign_jws
from ledger.seal.sdjwt import open_certificate
from ledger.tables import shipped_tables
from ledger.trust.status import StatusList, open_status_list, rebuild, sign_status_list
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.document import replace
from schemas.instant import instant_text
from schemas.problem import CheckError, InputError
from schemas.status import LIST_BITS, StatusRecord
from tests.support.registries.registry import open_registry
from tests.support.worlds.blends import blend
from tests.support.worlds.broken_histories import mined
from tests.support.worlds.parties import key
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.trust import TrustList

STANDARD = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"
"""The encoded list of the standard's example (Bitstring Status List 1.0, the example credential of a list): 131,072
bits, all 0.
"""
YEAR_MS = 365 * 24 * 3600 * 1000


def test_st_01_a_list_comes_back_bit_for_bit_and_index_0_is_the_left_most_bit() -> None:
    drawn = Random(5)  # noqa: S311 - a test repeats
    places = sorted({0, 7, 8, LIST_BITS - 1, *(drawn.randrange(LIST_BITS) for _ in range(200))})
    bits = rebuild([StatusBit(3, at, PurposeCode.REVOCATION, 1) for at in places], purpose="revocation", list_number=3)
    assert bits[0] & 0x80
    record = StatusRecord(oreprint="status/1", registry="r.example", purpose="revocation", list=3, number=1, size=9)
    signer = key("status")
    text = sign_status_list(record, bits, issued="2026-09-01T00:00:00Z", signer=signer)
    opened = open_status_list(text, keys=((signer.kid, signer.public),))
    assert opened.bits == bits
    assert [at for at in range(LIST_BITS) if opened.bit(at)] == places


def test_st_01_the_standards_own_list_is_read_as_ours_and_ours_as_its() -> None:
    """Our reader reads the standard's example, and the standard's way (gunzip of base64url behind the u) reads what
    we pack.
    """
    record = StatusRecord(oreprint="status/1", registry="r.example", purpose="revocation", list=0, number=0, size=1)
    signer = key("status")
    own = sign_status_list(record, bytes(LIST_BITS // 8), issued="2026-09-01T00:00:00Z", signer=signer)
    payload = json.loads(_unpadded(own.split(".")[1]))
    packed = payload["credentialSubject"]["encodedList"]
    assert gzip.decompress(_unpadded(packed[1:])) == gzip.decompress(_unpadded(STANDARD[1:])) == bytes(LIST_BITS // 8)
    payload["credentialSubject"]["encodedList"] = STANDARD
    written = json.dumps(payload, separators=(",", ":")).encode()
    theirs = open_status_list(
        sign_jws(written, typ=CREDENTIAL_TYPE, signer=signer), keys=((signer.kid, signer.public),)
    )
    assert theirs.bits == bytes(LIST_BITS // 8)
    assert not any(theirs.bit(at) for at in (0, 1, LIST_BITS - 1))


def test_st_a_list_names_the_context_of_its_own_registry_or_that_of_w3c_alone() -> None:
    """Hard use 23: lists of before the registry's context was named are read as before; another registry's is
    refused.
    """
    record = StatusRecord(oreprint="status/1", registry="r.example", purpose="revocation", list=0, number=0, size=1)
    signer = key("status")
    own = sign_status_list(record, bytes(LIST_BITS // 8), issued="2026-09-01T00:00:00Z", signer=signer)
    payload = json.loads(_unpadded(own.split(".")[1]))
    credentials, registry = payload["@context"]
    assert registry == "https://r.example/ns/v1"

    def opened(*contexts: str) -> StatusList:
        text = json.dumps(payload | {"@context": contexts}, separators=(",", ":")).encode()
        jws = sign_jws(text, typ=CREDENTIAL_TYPE, signer=signer)
        return open_status_list(jws, keys=((signer.kid, signer.public),))

    assert opened(credentials).record == opened(credentials, registry).record == record
    with pytest.raises(CheckError) as refused:
        opened(credentials, "https://s.example/ns/v1")
    assert refused.value.code == "trust.status-form"
    for contexts in ((), (registry,), (registry, credentials), (credentials, registry, registry)):
        with pytest.raises(InputError):
            opened(*contexts)


def _unpadded(text: str) -> bytes:
    return urlsafe_b64decode(text + "==")


@pytest.mark.slow
def test_st_07_a_thousand_places_of_three_producers_tell_no_order(tmp_path: Path) -> None:
    registry = open_registry(tmp_path / "home")
    plants = [f"https://plant.example/{number}" for number in range(3)]
    makers = [registry.producer(f"Maker {number}", plant) for number, plant in enumerate(plants)]
    records = [
        blend(f"L-{number}", "1 kg", producer=makers[number % 3], plant=plants[number % 3]) for number in range(1000)
    ]
    made = [each for each in issue(registry.opened, records, tables=shipped_tables()) if isinstance(each, IssuedRun)]
    assert len(made) == 1000
    places = [open_certificate(each.certificates[0].text).record.status for each in made]
    assert {place.list for place in places} == {0}, "the producers do not share one list"
    indexes = [place.index for place in places]
    assert len(set(indexes)) == len(indexes)
    assert abs(_rank_correlation(indexes)) < 0.1
    thirds = [sorted(indexes)[number::3] for number in range(3)]
    by_maker = [set(indexes[number::3]) for number in range(3)]
    assert all(len(by_maker[number] & set(thirds[number])) < 200 for number in range(3)), "they are dealt out in turn"


def _rank_correlation(values: list[int]) -> float:
    """Return Spearman's coefficient between values, all different, and their order."""
    count = len(values)
    ranks = {value: rank for rank, value in enumerate(sorted(values))}
    apart = sum((rank - ranks[value]) ** 2 for rank, value in enumerate(values))
    return 1 - 6 * apart / (count * (count**2 - 1))


def test_st_08_the_time_in_the_log_decides_whether_a_key_was_good() -> None:
    """Logged a second before a key ends: good for ever.

    Logged a second after: never, whatever the certificate says.
    """
    world = World()
    ends = world.now_ms + 60_000
    world.now_ms = ends - 2000
    before = mined(world)
    world.now_ms = ends
    after = mined(world)
    world.now_ms = ends + YEAR_MS

    def ended(listed: TrustList) -> TrustList:
        ann, *others = listed.parties
        keys = (replace(ann.keys[0], until=instant_text(ends)),)
        later = instant_text(world.now_ms + YEAR_MS)
        return replace(listed, parties=(replace(ann, keys=keys), *others), expires=later)

    people = world.people.changed(ended)
    policy = Policy(world.now_ms + 60_000)
    found = [
        report(
            verify_bundle(world.bundle(made.certificate), trust=people.trust, tables=shipped_tables(), policy=policy)
        )
        for made in (before, after)
    ]
    assert [each.verdict for each in found] == ["genuine", "do-not-rely"]
    failed = {check.code for check in found[1].checks if check.result == "failed"}
    assert failed == {"issuer.key", "inputs.producer-signed"}
