from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from ledger.seal.certificate import seal_certificate, seal_run
from ledger.seal.digest import certificate_digest_bytes, to_base64url
from ledger.seal.disclosure import open_value, seal_value
from ledger.seal.sdjwt import open_certificate, open_clear
from schemas.certificate import Counts, Detail
from schemas.document import replace
from schemas.door import validated
from schemas.holding import Holder
from schemas.problem import CheckError, InputError
from schemas.run import MOST_LINES
from tests.support.worlds import sample_records as samples

if TYPE_CHECKING:
    from schemas.door.json_text import JsonValue

CERTIFICATE = samples.sealed_certificate()
EVERYTHING = open_certificate(CERTIFICATE.text)


def test_a_certificate_is_opened_as_it_was_sealed() -> None:
    assert EVERYTHING.record == CERTIFICATE.record
    assert EVERYTHING.digest == CERTIFICATE.digest
    assert EVERYTHING.digest_bytes == sha256(CERTIFICATE.jws.encode()).digest()
    assert certificate_digest_bytes(EVERYTHING.digest) == EVERYTHING.digest_bytes
    assert EVERYTHING.kid == samples.signer().kid
    assert EVERYTHING.details == samples.details()
    run = EVERYTHING.run
    assert run is not None
    assert run.lines_shown
    assert run.inventory == samples.inventory()
    assert run.outputs == samples.outputs()
    assert tuple(each and each.source for each in run.inputs) == tuple(source for _, source in samples.inputs())
    assert [each and each.value.mark for each in run.inputs] == [facts.mark for facts, _ in samples.inputs()]
    assert run.digest == CERTIFICATE.record.run[0].digest == samples.sealed_run().digest


@pytest.mark.parametrize("verified", [None, samples.public_key()])
def test_its_signature_is_that_of_the_issuers_key_only(verified: bytes | None) -> None:
    opened = open_clear(CERTIFICATE.text).open(verified=verified)
    opened.verify(samples.public_key())
    with pytest.raises(CheckError) as refused:
        opened.verify(samples.signer("another").public)
    assert refused.value.code == "seal.signature"


def test_a_certificate_without_disclosures_withholds_them_all() -> None:
    opened = open_certificate(f"{CERTIFICATE.jws}~")
    assert (opened.run, opened.details, opened.shown) == (None, (None, None), {})
    assert opened.digest == CERTIFICATE.digest


def test_certificates_of_one_run_share_its_words() -> None:
    run = samples.sealed_run()
    facts = samples.certificate_facts()
    second = replace(facts, output=1)
    texts = [
        seal_certificate(each, run=run, signer=samples.signer(), new_salt=samples.salts()).text
        for each in (facts, second)
    ]
    assert texts[0].split("~")[1:] == texts[1].split("~")[1:]
    assert texts[0] != texts[1]


@pytest.mark.parametrize("member", ["inputs", "holdings", "lines", "outputs"])
def test_counts_that_are_not_the_runs_are_not_sealed(member: str) -> None:
    facts = samples.certificate_facts()
    counts = replace(facts.counts, **{member: 3})
    with pytest.raises(InputError) as refused:
        seal_certificate(
            replace(facts, counts=counts),
            run=samples.sealed_run(),
            signer=samples.signer(),
            new_salt=samples.salts(),
        )
    assert refused.value.code == "seal.counts"


def test_no_certificate_is_of_a_run_with_more_lines_than_one_has() -> None:
    whole: dict[str, JsonValue] = {"inputs": 0, "holdings": 0, "lines": MOST_LINES, "outputs": 1}
    assert validated(Counts, whole).lines == MOST_LINES
    with pytest.raises(InputError) as refused:
        validated(Counts, {**whole, "lines": MOST_LINES + 1})
    assert refused.value.problems[0].place == "lines"


def test_an_output_that_the_run_lacks_is_not_sealed() -> None:
    with pytest.raises(InputError) as refused:
        seal_certificate(
            replace(samples.certificate_facts(), output=2),
            run=samples.sealed_run(),
            signer=samples.signer(),
            new_salt=samples.salts(),
        )
    assert refused.value.problems[0].place == "oreprint/output"


def test_another_issuers_key_seals_nothing() -> None:
    with pytest.raises(InputError) as refused:
        seal_certificate(
            samples.certificate_facts(),
            run=samples.sealed_run(),
            signer=samples.signer("another"),
            new_salt=samples.salts(),
        )
    assert refused.value.code == "seal.issuer"


def test_a_signed_part_that_no_log_could_hold_is_refused() -> None:
    facts = samples.certificate_facts()
    long = replace(facts, composition=facts.composition * 60)
    with pytest.raises(InputError) as refused:
        seal_certificate(long, run=samples.sealed_run(), signer=samples.signer(), new_salt=samples.salts())
    assert refused.value.code == "seal.signed-size"
    with pytest.raises(InputError) as refused:
        open_certificate("A" * 65_536 + "~")
    assert refused.value.code == "seal.signed-size"


def test_the_inventory_has_all_seven_groups_in_order() -> None:
    for groups in (samples.inventory()[:-1], samples.inventory()[::-1]):
        with pytest.raises(InputError) as refused:
            seal_run(samples.run_facts(), inputs=(), inventory=groups, outputs=(), new_salt=samples.salts())
        assert refused.value.code == "seal.groups"


@pytest.mark.parametrize("text", ["", "~", "a.b.c", f"{CERTIFICATE.jws}", f"{CERTIFICATE.text}x", "ä~"])
def test_what_is_no_certificate_is_refused(text: str) -> None:
    with pytest.raises(InputError) as refused:
        open_certificate(text)
    assert refused.value.code in {"seal.text-form", "seal.jws-form"}


def test_more_disclosures_than_there_are_places_are_not_looked_at() -> None:
    with pytest.raises(InputError) as refused:
        open_certificate(CERTIFICATE.jws + "~AA" * 605 + "~")
    assert refused.value.code == "seal.text-form"


def test_a_run_without_inputs_is_sealed_too() -> None:
    certificate = samples.sealed_certificate(number_of_inputs=0, number_of_outputs=1)
    run = open_certificate(certificate.text).run
    assert run is not None
    assert (run.inputs, len(run.outputs)) == ((), 1)


def test_values_are_frozen() -> None:
    changed = replace(EVERYTHING, digest="zQm")
    assert EVERYTHING.digest != changed.digest
    with pytest.raises(AttributeError):
        EVERYTHING.digest = "zQm"  # type: ignore[misc]


def test_a_disclosure_has_a_salt_of_16_or_32_bytes() -> None:
    detail = Detail(label="a", text="b")
    sealed = seal_value(detail, salt=bytes(16))
    assert open_value(sealed.text, Detail) == detail
    assert sealed.digest == to_base64url(sha256(sealed.text.encode()).digest())
    with pytest.raises(InputError) as refused:
        open_value(sealed.text, Detail, salt_bytes=32)
    assert refused.value.code == "seal.disclosure-form"
    with pytest.raises(InputError) as refused:
        seal_value(detail, salt=bytes(15))
    assert refused.value.code == "seal.salt"
    holder = Holder(owner=samples.did_of(samples.signer()), registry="a.example")
    assert open_value(seal_value(holder, salt=bytes(32)).text, Holder, salt_bytes=32) == holder


@pytest.mark.parametrize(
    "raw",
    [
        b'["AAAAAAAAAAAAAAAAAAAAAA", {"label":"a","text":"b"}]',
        b'["AAAAAAAAAAAAAAAAAAAAAB",{"label":"a","text":"b"}]',
        b'["AAAAAAAAAAAAAAAAAAAAAA",{"label":"a","text":"b"}] ',
        b'["AAAAAAAAAAAAAAAAAAAAAA",{"label":"a","text":"b"},1]',
        b'["AAAAAAAAAAAAAAAAAAAAAA",{"text":"b","label":"a"}]',
        b'["AAAAAAAAAAAAAAAAAAAAAA",{"label":"a","label":"a","text":"b"}]',
        b'["AAAAAAAAAAAAAAAAAAAAAA",{"label":"\\u0061","text":"b"}]',
        b'["AAAAAAAAAAAAAAAAAAAAAA","label",{"label":"a","text":"b"}]',
        b'["AAAAAAAAAAAAAAAAAAAAAA",null]',
        b"[]",
        b"",
        b"\xff",
    ],
)
def test_a_disclosure_has_one_spelling(raw: bytes) -> None:
    with pytest.raises(InputError) as refused:
        open_value(to_base64url(raw), Detail, place="details/0")
    assert refused.value.problems[0].place.startswith("details/0")


def test_counts_name_the_place() -> None:
    assert Counts(inputs=2, holdings=2, lines=20, outputs=2) == CERTIFICATE.record.counts
