"""Signatures, headers and doubled members that are brought to the HTTP door: CR-06, CR-08, CR-15, CR-19, CR-20, each
really signed.
"""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from ledger.seal.digest import from_base64url, to_base64url
from tests.support.http.server import ANN, BEN

if TYPE_CHECKING:
    from httpx2 import Response

    from ledger.seal.signer import Signer
    from tests.support.http.door import Door

KIND: Final = {"content-type": "application/vc+sd-jwt"}
MUTATIONS: Final = 50
"""Of one certificate over HTTP; the case's 500 of each of ten are made at the seal itself."""


class Parts(NamedTuple):
    """A certificate taken apart: header, payload, signature, and the texts of its disclosures."""

    header: bytes
    payload: bytes
    signature: str
    disclosures: tuple[str, ...]

    def signed(self, signer: Signer, **change: bytes) -> str:
        """Return its text with parts changed, signed anew."""
        made = self._replace(**change)  # type: ignore[arg-type]
        signing_input = f"{to_base64url(made.header)}.{to_base64url(made.payload)}"
        signature = to_base64url(signer.sign(signing_input.encode()))
        return "~".join((f"{signing_input}.{signature}", *made.disclosures))


@pytest.fixture(scope="module")
def parts(door: Door) -> Parts:
    text = door.client.get(f"/v1/certificates/{door.digest}", headers=door.ann).text
    jws, *disclosures = text.split("~")
    header, payload, signature = jws.split(".")
    return Parts(from_base64url(header), from_base64url(payload), signature, tuple(disclosures))


@pytest.fixture(scope="module")
def signer(door: Door) -> Signer:
    return door.served.registry.signers[ANN]


def verify(door: Door, text: str) -> Response:
    return door.client.post("/v1/verify", content=text, headers=KIND)


def refused(door: Door, text: str) -> list[str]:
    """Return the places that are told of a text that is refused as no certificate."""
    answer = verify(door, text)
    assert answer.status_code == 400, answer.text
    return [problem["place"] for problem in answer.json()["problems"]]


def test_cr_08_what_is_signed_anew_unchanged_is_believed(door: Door, parts: Parts, signer: Signer) -> None:
    """What the cases below would not see if this way of signing were wrong."""
    answer = verify(door, parts.signed(signer))
    assert (answer.status_code, answer.json()["verdict"]) == (200, "genuine")


HEADERS: Final[list[tuple[str, Any]]] = [
    *(
        ("alg", value)
        for value in ("none", "NONE", "", None, "HS256", "RS256", "unknown-2099", "ES256", "Ed448", ["EdDSA"])
    ),
    *(("typ", value) for value in ("vc+jwt", "vp+jwt", "oreprint-move+jwt", "VC+SD-JWT", None)),
    ("jwk", {"kty": "OKP", "crv": "Ed25519", "x": "A" * 43}),
    ("jku", "http://127.0.0.1:1/keys"),
    ("x5c", ["AA=="]),
    ("x5u", "http://127.0.0.1:1/cert"),
    ("crit", ["exp"]),
    ("b64", False),
]


@pytest.mark.parametrize(("member", "value"), HEADERS, ids=[f"{member} {value!r:.20}" for member, value in HEADERS])
def test_cr_08_another_header_is_refused_naming_its_member(
    door: Door, parts: Parts, signer: Signer, member: str, value: object
) -> None:
    header = json.dumps({**json.loads(parts.header), member: value}, separators=(",", ":")).encode()
    assert refused(door, parts.signed(signer, header=header)) == [f"header.{member}"]


def test_cr_08_a_signature_that_is_dropped_or_another_ones(door: Door, parts: Parts) -> None:
    first = f"{to_base64url(parts.header)}.{to_base64url(parts.payload)}"
    rest = "~".join(("", *parts.disclosures))
    assert refused(door, f"{first}.{rest}") == ["signature"]
    assert refused(door, f"{first}{rest}") == [""]
    other = f"{first}.{to_base64url(bytes(64))}{rest}"
    answer = verify(door, other)
    assert answer.status_code != 200 or answer.json()["verdict"] == "do-not-rely"


def test_cr_06_the_key_of_another_registered_party_does_not_speak_for_this_one(door: Door, parts: Parts) -> None:
    """Ben signs what says it is of Ann, with Ben's key named and with Ann's."""
    ben = door.served.registry.signers[BEN]
    named = parts.header.replace(b"ann.example", b"ben.example")
    assert named != parts.header
    assert refused(door, parts.signed(ben, header=named)) != []
    answer = verify(door, parts.signed(ben))
    assert (answer.status_code, answer.json()["verdict"]) == (200, "do-not-rely")
    told = answer.json()
    reply = told["replies"].pop("genuine")
    assert (told["state"], reply["code"]) == ("do-not-rely", "forged")
    assert "genuine" not in json.dumps([told, reply]).lower()


KIDS: Final = (
    "../../etc/passwd", "file:///x", "http://127.0.0.1:1/k", "x" * 10_000, "' OR 1=1--", "#key-1", "did:web:ann.example#a#b", "did:web:ann.example",
    "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK#z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
    "did:web:127.0.0.1%3A1#key-1",
)  # fmt: skip


@pytest.mark.parametrize("kid", KIDS, ids=[each[:24] for each in KIDS])
def test_cr_19_a_key_elsewhere_is_looked_up_nowhere(
    door: Door, parts: Parts, signer: Signer, kid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_socket(*_: object, **__: object) -> None:
        pytest.fail("the server connects somewhere")

    monkeypatch.setattr("socket.create_connection", no_socket)
    monkeypatch.setattr("socket.getaddrinfo", no_socket)
    header = parts.header.replace(b'"did:web:ann.example#key-1"', json.dumps(kid).encode())
    assert header != parts.header
    answer = verify(door, parts.signed(signer, header=header))
    assert answer.status_code == 400 or answer.json()["verdict"] == "do-not-rely"
    assert answer.status_code < 500


def doubled(raw: bytes, member: bytes, other: bytes) -> list[bytes]:
    """Return JSON with a member twice: the attacker's last, the attacker's first, the same twice, and one escaped."""
    assert raw.count(member) == 1
    escaped = b'"\\u%04x' % other[1] + other[2:]
    return [
        raw.replace(member, b",".join(both))
        for both in ((member, other), (other, member), (member, member), (member, escaped))
    ]


@pytest.mark.parametrize(
    ("member", "other"),
    [
        (b'"lot":"A-1"', b'"lot":"A-2"'),
        (b'"net_mass_kg":"100"', b'"net_mass_kg":"1000"'),
        (b'"_sd_alg":"sha-256"', b'"_sd_alg":"md5"'),
        (b'"custody":"mass-balance"', b'"custody":"segregated"'),
    ],
)
def test_cr_15_a_member_twice_in_the_payload_is_refused(
    door: Door, parts: Parts, signer: Signer, member: bytes, other: bytes
) -> None:
    for payload in doubled(parts.payload, member, other):
        refused(door, parts.signed(signer, payload=payload))


def test_cr_15_a_member_twice_in_the_header_is_refused(door: Door, parts: Parts, signer: Signer) -> None:
    for member, other in ((b'"alg":"EdDSA"', b'"alg":"none"'), (b'"typ":"vc+sd-jwt"', b'"typ":"vc+jwt"')):
        for header in doubled(parts.header, member, other):
            refused(door, parts.signed(signer, header=header))


def test_cr_15_a_member_twice_in_a_disclosure_is_refused(door: Door, parts: Parts, signer: Signer) -> None:
    tried = 0
    for at, text in enumerate(parts.disclosures[:-1]):
        raw = from_base64url(text)
        start = raw.index(b'",', 1) + 2
        if raw[start : start + 2] != b'{"':
            continue
        name = raw[start + 1 : raw.index(b":", start)]
        twice = raw[: start + 1] + name + b":0," + raw[start + 1 :]
        disclosures = [*parts.disclosures[:at], to_base64url(twice), *parts.disclosures[at + 1 :]]
        refused(door, parts._replace(disclosures=tuple(disclosures)).signed(signer))
        tried += 1
    assert tried > 3


def test_cr_15_a_member_twice_in_what_is_submitted_is_refused(door: Door) -> None:
    for body in (
        b'{"run":"x","run":"y","disclosures":[],"certificates":["x"],"holdings":["x"]}',
        b'{"certificates":["x"],"certificates":["y"],"run":"x","disclosures":[],"holdings":["x"]}',
    ):
        headers = {"content-type": "application/json", **door.ann}
        answer = door.client.post("/v1/certificates", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "json.duplicate-member")


def mutate(value: Any, random: Random) -> None:  # noqa: ANN401 - any JSON
    """Change the structure of an object somewhere: swap two members, move one up, null or drop one."""
    inner = [each for each in value.values() if isinstance(each, dict) and len(each) > 1]
    at = random.choice([value, *inner])
    one, two = random.sample(list(at), 2)
    match random.randrange(4):
        case 0:
            at[one], at[two] = at[two], at[one]
        case 1:
            value[f"{one}x"] = at.pop(one)
        case 2:
            at[one] = None
        case _:
            del at[one]


def test_cr_20_no_changed_structure_is_genuine_even_when_its_issuer_signs_it(
    door: Door, parts: Parts, signer: Signer
) -> None:
    random, same = Random(20), 0  # noqa: S311 - the same mutations in each run
    print(f"N = {MUTATIONS} over HTTP")  # noqa: T201 - the size is told
    for turn in range(MUTATIONS):
        value = json.loads(parts.payload)
        mutate(value, random)
        payload = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
        if payload == parts.payload:
            same += 1
            continue
        text = parts._replace(payload=payload).signed(signer) if turn % 2 else (
            "~".join((f"{to_base64url(parts.header)}.{to_base64url(payload)}.{parts.signature}", *parts.disclosures))
        )  # fmt: skip
        answer = verify(door, text)
        assert answer.status_code in {400, 422} or answer.json()["verdict"] in {"do-not-rely", "incomplete"}, value
        assert "genuine" not in answer.text
    assert same < MUTATIONS // 5
