"""Attacks on keys, headers, spelling and structure of what is signed (cases CR-01, CR-03, CR-08, CR-15, CR-20)."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest

from ledger.seal.digest import from_base64url, to_base58, to_base64url
from ledger.seal.jws import CERTIFICATE_TYPE, parse_jws, sign_jws
from ledger.seal.keys import check_public_key, did_key_public, verify_signature
from ledger.seal.sdjwt import open_certificate
from schemas.problem import CheckError, InputError, OreprintError
from tests.support.worlds import sample_records as samples

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.seal.certificate import SealedCertificate

CERTIFICATE = samples.sealed_certificate()
HEADER: Final = {"alg": "EdDSA", "kid": samples.signer().kid, "typ": CERTIFICATE_TYPE, "cty": "vc"}

MUTATIONS_EACH: Final = 500
"""Of each of ten certificates, as CR-20 says."""


def compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def signed(header: bytes, payload: bytes) -> str:
    """Return a JWS with any header, really signed with the issuer's key."""
    signing_input = f"{to_base64url(header)}.{to_base64url(payload)}"
    return f"{signing_input}.{to_base64url(samples.signer().sign(signing_input.encode()))}"


def refusal(text: str) -> OreprintError:
    with pytest.raises(InputError) as refused:
        open_certificate(text)
    return refused.value


def outcome(public: bytes, message: bytes, signature: bytes) -> str:
    """Return what came of a signature; any other exception than a wrong signature fails the test."""
    try:
        verify_signature(public, message, signature)
    except CheckError as error:
        return "invalid" if error.code == "seal.signature" else error.code
    return "valid"


def test_cr_01_wycheproof_ed25519(shared: Path) -> None:
    data = json.loads((shared / "vectors/ed25519/wycheproof_ed25519_test.json").read_text())["data"]
    answers = {"valid": 0, "invalid": 0}
    for group in data["testGroups"]:
        public = bytes.fromhex(group["publicKey"]["pk"])
        for case in group["tests"]:
            answer = outcome(public, bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"]))
            assert answer == case["result"], case["tcId"]
            answers[answer] += 1
    assert answers == {"valid": 88, "invalid": 63}


def test_cr_03_keys_that_anybody_can_sign_for_are_refused(shared: Path) -> None:
    vectors = json.loads((shared / "vectors/ed25519/ed25519_bad_keys.json").read_text())
    assert len(vectors["keys_hex"]) == 14
    for key in map(bytes.fromhex, vectors["keys_hex"]):
        with pytest.raises(InputError) as refused:
            check_public_key(key)
        assert refused.value.code == "seal.key-weak"
        with pytest.raises(InputError) as refused:
            did_key_public("did:key:z" + to_base58(b"\xed\x01" + key))
        assert refused.value.code == "seal.key-weak"
    forged = vectors["universal_forgery"]
    with pytest.raises(CheckError):
        verify_signature(bytes.fromhex(forged["key"]), forged["msg"].encode(), bytes.fromhex(forged["sig"]))


@pytest.mark.parametrize("key", [bytes(31), bytes(33), b"\xff" * 32, b"", b"\xff" * 31 + b"\x7f"])
def test_cr_03_other_bytes_are_no_keys(key: bytes) -> None:
    with pytest.raises(InputError) as refused:
        check_public_key(key)
    assert refused.value.code in {"seal.key-length", "seal.key-weak"}
    with pytest.raises(CheckError) as unverified:
        verify_signature(key, b"anything", bytes(64))
    assert unverified.value.code == "seal.signature"


ALGORITHMS: Final = ("none", "NONE", "", None, "HS256", "RS256", "unknown-2099", "ES256", "EDDSA", "Ed448", ["EdDSA"])
ADDED: Final = ("jwk", "jku", "x5c", "x5u", "x5t", "crit", "b64", "zip", "enc", "nonce", "iss")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        *(("alg", algorithm) for algorithm in ALGORITHMS),
        ("typ", "vc+jwt"),
        ("typ", "dc+sd-jwt"),
        ("typ", "vp+jwt"),
        ("typ", "oreprint-move+jwt"),
        ("typ", "VC+SD-JWT"),
        ("typ", None),
        ("cty", "vp"),
        ("cty", "VC"),
        ("kid", ""),
        ("kid", "did:key:z6Mk"),
        ("kid", None),
        *((member, "x") for member in ADDED),
    ],
)
def test_cr_08_another_header_is_refused_naming_its_member(member: str, value: object) -> None:
    payload = from_base64url(CERTIFICATE.jws.split(".")[1])
    refused = refusal(signed(compact({**HEADER, member: value}), payload) + "~")
    assert refused.code == "seal.header"
    assert refused.problems[0].place == f"header.{member}"


@pytest.mark.parametrize("member", HEADER)
def test_cr_08_a_member_left_out_is_named(member: str) -> None:
    payload = from_base64url(CERTIFICATE.jws.split(".")[1])
    header = {name: value for name, value in HEADER.items() if name != member}
    assert refusal(signed(compact(header), payload) + "~").problems[0].place == f"header.{member}"


def test_cr_08_the_signature_dropped_or_another_keys() -> None:
    head, payload, signature = CERTIFICATE.jws.split(".")
    assert refusal(f"{head}.{payload}.~").problems[0].place == "signature"
    assert refusal(f"{head}.{payload}~").code == "seal.jws-form"
    assert refusal(f".{payload}.{signature}~").code == "seal.header"
    other = samples.signer("another")
    stolen = sign_jws(from_base64url(payload), typ=CERTIFICATE_TYPE, signer=other)
    assert refusal(f"{stolen}~").code == "seal.issuer"


@pytest.mark.parametrize(
    "header",
    [
        b'{"alg":"EdDSA","alg":"none","kid":"%b","typ":"vc+sd-jwt","cty":"vc"}',
        b'{"alg":"none","alg":"EdDSA","kid":"%b","typ":"vc+sd-jwt","cty":"vc"}',
        b'{"kid":"%b","alg":"EdDSA","typ":"vc+sd-jwt","cty":"vc"}',
        b'{ "alg":"EdDSA","kid":"%b","typ":"vc+sd-jwt","cty":"vc"}',
        b'{"alg":"EdDSA","kid":"%b","typ":"vc+sd-jwt","cty":"vc"}\n',
        b'{"\\u0061lg":"EdDSA","kid":"%b","typ":"vc+sd-jwt","cty":"vc"}',
        b'\xef\xbb\xbf{"alg":"EdDSA","kid":"%b","typ":"vc+sd-jwt","cty":"vc"}',
        b'{"alg":"EdDSA","kid":"%b","typ":"vc+sd-jwt","cty":null}',
        b'["EdDSA","%b"]',
    ],
)
def test_cr_15_a_header_has_one_spelling(header: bytes) -> None:
    payload = from_base64url(CERTIFICATE.jws.split(".")[1])
    assert refusal(signed(header % samples.signer().kid.encode(), payload) + "~").code == "seal.header"


@pytest.mark.parametrize(
    ("member", "attackers"),
    [
        (b'"net_mass_kg":"498.25"', b'"net_mass_kg":"4982.5"'),
        (b'"_sd_alg":"sha-256"', b'"_sd_alg":"md5"'),
        (b'"idGranularity":"batch"', b'"idGranularity":"item"'),
        (b'"custody":"mass-balance"', b'"custody":"segregated"'),
    ],
)
def test_cr_15_a_duplicate_member_of_the_payload_is_refused(member: bytes, attackers: bytes) -> None:
    payload = from_base64url(CERTIFICATE.jws.split(".")[1])
    assert payload.count(member) == 1
    for both in (member + b"," + attackers, attackers + b"," + member, member + b"," + member):
        refusal(sign_jws(payload.replace(member, both), typ=CERTIFICATE_TYPE, signer=samples.signer()) + "~")


def test_cr_15_a_duplicate_member_of_a_disclosure_is_refused() -> None:
    for at in range(1, len(CERTIFICATE.text.split("~")) - 1):
        parts = CERTIFICATE.text.split("~")
        raw = from_base64url(parts[at])
        name, _, rest = raw[26:].removeprefix(b"{").partition(b":")
        parts[at] = to_base64url(raw[:26] + b"{" + name + b":0," + name + b":" + rest)
        refusal("~".join(parts))


def ten_certificates() -> list[SealedCertificate]:
    shapes = [(inputs, outputs) for inputs in range(5) for outputs in (1, 3)]
    return [samples.sealed_certificate(number_of_inputs=i, number_of_outputs=o) for i, o in shapes]


def containers(value: Any) -> list[Any]:  # noqa: ANN401 - any JSON
    """Return every object and array with something in it, outermost first."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return ([value] if isinstance(value, dict | list) and value else []) + [
        c for each in inner for c in containers(each)
    ]


def mutate(value: Any, random: Random) -> None:  # noqa: ANN401 - any JSON
    """Change the structure somewhere: swap, lift, duplicate, reorder, null, drop."""
    at = random.choice(containers(value))
    keys = list(at) if isinstance(at, dict) else list(range(len(at)))
    first, second = random.choice(keys), random.choice(keys)
    match random.randrange(6), at:
        case 0, _:
            at[first], at[second] = at[second], at[first]
        case 1, _ if isinstance(at[first], dict) and at[first]:
            inner = random.choice(list(at[first]))
            moved = at[first].pop(inner)
            at.update({inner: moved}) if isinstance(at, dict) else at.append(moved)
        case 2, list():
            at.append(at[first])
        case 3, list():
            random.shuffle(at)
        case 4, _:
            at[first] = None
        case _:
            del at[first]


def mutated(certificate: SealedCertificate, random: Random) -> str:
    """Return the certificate's text with one mutation, of its payload in two cases of three, else of a disclosure."""
    jws, *texts = certificate.text.split("~")
    head, payload, signature = jws.split(".")
    if random.randrange(3):
        value = json.loads(from_base64url(payload))
        mutate(value, random)
        return "~".join((f"{head}.{to_base64url(compact(value))}.{signature}", *texts))
    at = random.randrange(len(texts) - 1)
    value = json.loads(from_base64url(texts[at]))
    mutate(value, random)
    texts[at] = to_base64url(compact(value))
    return "~".join((jws, *texts))


def test_cr_20_structural_mutations_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    random = Random(20)  # noqa: S311 - the same mutations in each run
    refused, same = 0, 0
    for certificate in ten_certificates():
        for _ in range(MUTATIONS_EACH):
            text = mutated(certificate, random)
            if text == certificate.text:
                same += 1
                continue
            with pytest.raises(OreprintError):
                open_certificate(text).verify(samples.public_key())
            refused += 1
    with capsys.disabled():
        print(f"\nCR-20: {refused} mutations refused, {same} left the bytes as they were")  # noqa: T201 - N is the result
    assert refused + same == 10 * MUTATIONS_EACH
    assert refused > 8 * MUTATIONS_EACH


def test_a_certificate_read_as_another_type_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        parse_jws(CERTIFICATE.jws, typ="vc+jwt")
    assert refused.value.problems[0].place == "header.typ"
