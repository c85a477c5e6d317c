"""Two truths under one signature: one buyer is shown 41.2 kg and another 4.12 kg.

The issuer itself is the attacker, so every text here is really signed. An ordinary SD-JWT allows it (the first test
shows so with a common library); the closed form of a certificate doesn't.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from jwcrypto.jwk import JWK  # type: ignore[import-untyped]
from msgspec.structs import asdict
from sd_jwt.verifier import SDJWTVerifier  # type: ignore[import-untyped]

from ledger.seal.digest import from_base64url, text_digest, to_base64url
from ledger.seal.disclosure import Disclosure, seal_value
from ledger.seal.jws import CERTIFICATE_TYPE, sign_jws
from ledger.seal.sdjwt import open_certificate
from ledger.seal.view import payload
from schemas.certificate import CertificateRecord
from schemas.document import replace
from schemas.problem import InputError
from schemas.run import Hidden, Input, Run
from tests.support.worlds import sample_records as samples

ISSUER = samples.signer()
CERTIFICATE = samples.sealed_certificate()
JWS, *TEXTS = CERTIFICATE.text.split("~")[:-1]


def sealed(value: object, salt: str) -> Disclosure:
    """Return an ordinary disclosure, of an object's member or of an array's element."""
    text = to_base64url(json.dumps([salt, *value] if isinstance(value, tuple) else [salt, value]).encode())
    return Disclosure(text, text_digest(text))


def code(text: str) -> str:
    with pytest.raises(InputError) as refused:
        open_certificate(text)
    return refused.value.code


def with_payload(given: bytes, *texts: str) -> str:
    return "~".join((sign_jws(given, typ=CERTIFICATE_TYPE, signer=ISSUER), *texts, ""))


def with_run(run: Run, *below: str, salt: bytes = b"0123456789abcdef") -> str:
    """Return the sample certificate with another run, sealed by its own issuer."""
    sealed_run = seal_value(run, salt=salt)
    fields = asdict(CERTIFICATE.record)
    fields |= {"run": (hidden(sealed_run.digest),), "details": ()}
    return with_payload(payload(CertificateRecord(**fields)), sealed_run.text, *below)


def hidden(digest: str) -> Hidden:
    return Hidden(digest=digest)


def test_an_ordinary_sd_jwt_tells_two_truths() -> None:
    large, small = sealed(("mass_kg", "41.2"), "salt 1"), sealed(("mass_kg", "4.12"), "salt 2")
    ordinary = sign_jws(
        json.dumps({"_sd": [large.digest, small.digest], "_sd_alg": "sha-256"}).encode(),
        typ=CERTIFICATE_TYPE,
        signer=ISSUER,
    )
    key = JWK.from_json(json.dumps({"kty": "OKP", "crv": "Ed25519", "x": to_base64url(ISSUER.public)}))
    seen = [
        SDJWTVerifier(f"{ordinary}~{shown.text}~", lambda *_: key).get_verified_payload()["mass_kg"]
        for shown in (large, small)
    ]
    assert seen == ["41.2", "4.12"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"net_mass_kg":"498.25",', b""),
        (b'"oreprint":{"oreprint"', b'"oreprint":{"_sd":["%b","%b"],"oreprint"'),
        (b'"_sd_alg":', b'"_sd":["%b","%b"],"_sd_alg":'),
        (b'"idGranularity":"batch"', b'"idGranularity":"batch","_sd":["%b","%b"]'),
        (b'"counts":{', b'"counts":{"_sd":["%b","%b"],'),
    ],
)
def test_members_of_objects_are_never_hidden(before: bytes, after: bytes) -> None:
    large, small = sealed(("net_mass_kg", "41.2"), "salt 1"), sealed(("net_mass_kg", "4.12"), "salt 2")
    given = payload(CERTIFICATE.record)
    assert given.count(before) == 1
    digests = (large.digest.encode(), small.digest.encode())
    forged = given.replace(before, after % digests if after else after)
    for shown in ((), (large.text,), (small.text,)):
        assert code(with_payload(forged, *shown)) in {
            "document.foreign-member", "document.unknown-member", "document.missing-member", "document.not-json",
            "seal.payload",
        }  # fmt: skip


def test_an_input_with_two_masses_is_refused() -> None:
    run = samples.sealed_run()
    first = seal_value(Input(**input_of("41.2")), salt=b"a" * 16)
    second = seal_value(Input(**input_of("4.12")), salt=b"b" * 16)
    two_truths = replace(run.run, inputs=(hidden(first.digest), hidden(second.digest), run.run.inputs[1]))
    own = run.texts[-2]
    assert code(with_run(two_truths, first.text, own)) == "seal.counts"
    assert code(with_run(two_truths, second.text, own)) == "seal.counts"


def input_of(mass: str) -> dict[str, Any]:
    facts, _ = samples.inputs()[0]
    return {**asdict(facts), "mass_kg": mass, "source": (hidden(text_digest("a source")),)}


def test_an_output_with_two_faces_is_refused() -> None:
    run = samples.sealed_run()
    other = seal_value(replace(samples.outputs()[0], kind="magnet"), salt=b"c" * 16)
    two_faces = replace(run.run, outputs=(*run.run.outputs, hidden(other.digest)))
    assert code(with_run(two_faces, run.texts[-2])) == "seal.counts"
    assert code(with_run(two_faces, other.text)) == "seal.counts"


def test_one_digest_in_two_places_is_refused() -> None:
    run = samples.sealed_run()
    twice = replace(run.run, inputs=(run.run.inputs[0], run.run.inputs[0]))
    assert code(with_run(twice, *run.texts[1:3], run.texts[-2])) == "seal.digest-twice"
    assert code(with_run(twice, run.texts[-2])) == "seal.digest-twice"
    details = replace(CERTIFICATE.record, details=(CERTIFICATE.record.run[0],))
    assert code(with_payload(payload(details))) == "seal.digest-twice"


def test_a_disclosure_of_another_place_is_refused() -> None:
    run = samples.sealed_run()
    crossed = replace(run.run, outputs=(run.run.inputs[0], run.run.outputs[1]))
    crossed = replace(crossed, inputs=(run.run.outputs[0], run.run.inputs[1]))
    assert code(with_run(crossed, run.texts[1])).startswith("document.")
    swapped = replace(run.run, inventory=run.run.inventory[::-1])
    assert code(with_run(swapped, run.texts[-3])).startswith("document.")


def test_disclosures_in_another_order_are_refused() -> None:
    for at in range(len(TEXTS) - 1):
        texts = [*TEXTS]
        texts[at], texts[at + 1] = texts[at + 1], texts[at]
        refused = code("~".join((JWS, *texts, "")))
        assert refused in {"seal.disclosure-place", "seal.own-output"}


def test_a_disclosure_twice_or_without_a_place_is_refused() -> None:
    decoy = sealed({"label": "a", "text": "b"}, "AAAAAAAAAAAAAAAAAAAAAA")
    for at in range(len(TEXTS) + 1):
        for extra in (decoy.text, TEXTS[0], TEXTS[-1], ""):
            refused = code("~".join((JWS, *TEXTS[:at], extra, *TEXTS[at:], "")))
            assert refused in {"seal.disclosure-place", "seal.own-output"}


def test_a_child_without_its_parent_is_refused() -> None:
    source, own = TEXTS[2], TEXTS[-4]
    assert code(f"{JWS}~{source}~") == "seal.disclosure-place"
    assert code(f"{JWS}~{TEXTS[0]}~{source}~{own}~") == "seal.disclosure-place"


def test_a_run_without_the_own_output_is_refused() -> None:
    assert code("~".join((JWS, *TEXTS[:-4], *TEXTS[-3:], ""))) == "seal.own-output"


def test_counts_that_the_run_does_not_have_are_refused() -> None:
    for member in ("inputs", "holdings", "lines", "outputs"):
        counts = CERTIFICATE.record.counts
        fewer = replace(counts, **{member: getattr(counts, member) - 1})
        record = replace(CERTIFICATE.record, counts=fewer)
        assert code(with_payload(payload(record), *TEXTS)) == "seal.counts"


def test_a_view_that_says_something_else_is_refused() -> None:
    given = payload(CERTIFICATE.record)
    for before, after in (
        (b'"value":18.264927', b'"value":1.8264927'),
        (b'"value":18.264927', b'"value":18.2649270'),
        (b'"value":498.25', b'"value":4.9825e2'),
        (b'"batchNumber":"NB-26/03-0001"', b'"batchNumber":"NB-26\\/03-0001"'),
        (b'"statusListIndex":51907', b'"statusListIndex":51908'),
        (b'"countryCode":"TR"', b'"countryCode":"CN"'),
        (b'"_sd_alg":"sha-256"', b'"_sd_alg":"sha-512"'),
        (b'"validFrom"', b'"issuanceDate"'),
    ):
        assert before in given
        assert code(with_payload(given.replace(before, after, 1), *TEXTS)) in {"seal.payload", "document.not-one-of"}
    assert from_base64url(JWS.split(".")[1]) == given
