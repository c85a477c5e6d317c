"""CF-01: what certificates are asked for by can't be guessed from those that one has seen."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import pytest

from ledger.issuing.issue import IssuedRun, issue
from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text, from_base64url
from ledger.seal.sdjwt import open_certificate
from schemas.problem import InputError
from tests.support.http.server import ANN, plant, tables
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    from tests.support.http.door import Door

NUMBER: Final = 300
"""Of the case's thousand."""
TRIED: Final = 60
"""Of which the neighbours are asked for."""


@pytest.fixture(scope="module")
def texts(door: Door) -> list[str]:
    """Give certificates of lots that follow one another, in the order of their issuance."""
    records = [blend(f"CF-01-{number:03}", "1 kg", producer=ANN, plant=plant(ANN)) for number in range(NUMBER)]
    made = [each for each in issue(door.served.registry, records, tables=tables()) if isinstance(each, IssuedRun)]
    assert len(made) == NUMBER
    print(f"N = {NUMBER} of 1,000")  # noqa: T201 - the size is told
    return [each.certificates[0].text for each in made]


def rank_correlation(values: list[int]) -> float:
    """Return Spearman's coefficient between values, all different, and their order."""
    ranks = {value: rank for rank, value in enumerate(sorted(values))}
    count = len(values)
    return 1 - 6 * sum((at - ranks[value]) ** 2 for at, value in enumerate(values)) / (count * (count**2 - 1))


@pytest.mark.parametrize("kind", ["digest", "id", "place"])
def test_cf_01_no_order_of_issuance_shows(texts: list[str], kind: str) -> None:
    opened = list(map(open_certificate, texts))
    numbers = {
        "digest": [int.from_bytes(each.digest_bytes) for each in opened],
        "id": [int(each.record.id.removeprefix("urn:uuid:").replace("-", ""), 16) for each in opened],
        "place": [each.record.status.index for each in opened],
    }[kind]
    assert len(set(numbers)) == NUMBER
    assert abs(rank_correlation(numbers)) < 0.4, (
        "random ranks correlate by more than this in no test that anybody lives to see"
    )
    gaps = sorted(abs(one - other) for one, other in zip(sorted(numbers), sorted(numbers)[1:], strict=False))
    assert gaps[-1] < max(numbers) / 10, "they lie in clusters"


def test_cf_01_an_address_has_at_least_128_random_bits(texts: list[str]) -> None:
    """A digest is as random as what it is made of: each certificate has salts of 128 bits that no other has."""
    salts = [json.loads(from_base64url(part))[0] for text in texts for part in text.split("~")[1:-1]]
    assert {len(from_base64url(salt)) for salt in salts} == {16}
    assert len(salts) >= NUMBER
    assert len(set(salts)) == len(salts)
    bits = [f"{int.from_bytes(open_certificate(text).digest_bytes):0256b}" for text in texts]
    for at in range(256):
        ones = sum(each[at] == "1" for each in bits)
        assert abs(ones - NUMBER / 2) < 7 * (NUMBER / 4) ** 0.5, f"bit {at} is one {ones} times of {NUMBER}"


def neighbours(digest: str) -> list[str]:
    """Return addresses that differ by one, by a bit, or by one letter."""
    raw = certificate_digest_bytes(digest)
    number = int.from_bytes(raw)
    found = [certificate_digest_text((number + step).to_bytes(32)) for step in (-2, -1, 1, 2)]
    found += [certificate_digest_text((number ^ (1 << bit)).to_bytes(32)) for bit in (7, 128, 255)]
    letter = "2" if digest[-1] != "2" else "3"
    return [*found, digest[:-1] + letter, digest[:3] + letter + digest[4:]]


def is_digest(text: str) -> bool:
    with suppress(InputError):
        return bool(certificate_digest_bytes(text))
    return False


def test_cf_01_no_neighbour_is_found(door: Door, texts: list[str]) -> None:
    known = [open_certificate(text) for text in texts[:TRIED]]
    tried = 0
    for each in known:
        assert door.client.get(f"/v1/certificates/{each.digest}").status_code == 200
        for digest in (*neighbours(each.digest), each.record.id, each.record.id.removeprefix("urn:uuid:")):
            answer = door.client.get(f"/v1/certificates/{digest}")
            # whether a text can be a digest anybody can tell; of those that can, none is told from another
            can_be = is_digest(digest)
            due = "store.record-missing" if can_be else "seal.certificate-digest"
            assert (answer.status_code, answer.json()["code"]) == (404, due), digest
            tried += 1
    assert tried > 500
