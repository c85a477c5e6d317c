from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from ledger.seal.view import payload, rounded, untp_view
from schemas.document import replace
from schemas.figures import CountryShare
from schemas.name import Name
from tests.support.worlds import sample_records as samples

if TYPE_CHECKING:
    from schemas.certificate import CertificateRecord

RECORD = samples.sealed_certificate().record


def members(record: CertificateRecord = RECORD) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(payload(record), parse_float=Decimal)
    return read


def test_the_payload_is_the_view_the_record_and_the_hash_algorithm() -> None:
    given = members()
    assert list(given)[-2:] == ["oreprint", "_sd_alg"]
    assert given["_sd_alg"] == "sha-256"
    assert payload(RECORD).endswith(b',"oreprint":' + RECORD.to_bytes() + b',"_sd_alg":"sha-256"}')
    view = json.loads(untp_view(RECORD))
    assert list(given)[:-2] == list(view)


def test_one_row_for_each_element_and_country() -> None:
    rows = [
        (row["name"], row["originCountry"]["countryCode"], row["massFraction"], row["recycledMassFraction"])
        for row in members()["credentialSubject"]["materialProvenance"]
    ]
    assert rows == [
        ("Fe", "ZZ", Decimal("0.679"), 0),
        ("Nd", "CN", Decimal("0.19635"), Decimal("0.15")),
        ("Nd", "ZZ", Decimal("0.03465"), Decimal("0.15")),
        ("Pr", "CN", Decimal("0.077"), Decimal("0.1")),
        ("B", "TR", Decimal("0.01"), 0),
        ("Al", "ZZ", Decimal("0.003"), 0),
    ]


def of_engine_2(**members: Any) -> CertificateRecord:  # noqa: ANN401 - members of any type
    return replace(RECORD, footprint=replace(RECORD.footprint, engine="2"), **members)


def recycled(record: CertificateRecord) -> list[tuple[str, str, Decimal | int | None]]:
    return [
        (row["name"], row["originCountry"]["countryCode"], row.get("recycledMassFraction"))
        for row in members(record)["credentialSubject"]["materialProvenance"]
    ]


def test_a_row_of_engine_2_says_its_own_recycled_share_or_none() -> None:
    """Nd of the sample is 15 % recycled in all: from China 0.02, from elsewhere the rest."""
    of_china, unknown = CountryShare(country="CN", share="0.85"), CountryShare(country="ZZ", share="0.15")
    told = (replace(of_china, recycled="0.02"), replace(unknown, recycled="0.886666666667"))
    open_one = (replace(of_china, recycled="0.02"), unknown)
    for extracted, expected in (
        (told, [("Nd", "CN", Decimal("0.02")), ("Nd", "ZZ", Decimal("0.886667"))]),
        (open_one, [("Nd", "CN", Decimal("0.02")), ("Nd", "ZZ", None)]),
        ((of_china, unknown), [("Nd", "CN", None), ("Nd", "ZZ", None)]),
    ):
        composition = tuple(
            replace(share, extracted=extracted) if share.element == "Nd" else share for share in RECORD.composition
        )
        rows = recycled(of_engine_2(composition=composition))
        assert [row for row in rows if row[0] == "Nd"] == expected
        assert [row for row in rows if row[0] != "Nd"] == [row for row in recycled(RECORD) if row[0] != "Nd"]
    whole = tuple(
        replace(share, pre="0.25", post="0.75", extracted=(of_china, unknown)) if share.element == "Nd" else share
        for share in RECORD.composition
    )
    assert [row for row in recycled(of_engine_2(composition=whole)) if row[0] == "Nd"] == [
        ("Nd", "CN", 1),
        ("Nd", "ZZ", 1),
    ]


def metrics(record: CertificateRecord) -> list[tuple[str, str]]:
    claim = members(record)["credentialSubject"]["performanceClaim"][0]
    return [(each["metric"]["id"], each["metric"]["name"]) for each in claim["claimedPerformance"]]


def test_location_and_market_based_figures_of_engine_2_are_two_metrics() -> None:
    place = "https://registry.example/ns/v1#product-carbon-footprint"
    assert [name for name, _ in metrics(of_engine_2())] == [f"{place}-location-based", f"{place}-market-based"]
    assert len({words for _, words in metrics(of_engine_2())}) == 2
    assert len({name for name, _ in metrics(RECORD)}) == 1, "the bytes of engine 1 never change"


def test_the_first_claim_is_the_footprint_rounded() -> None:
    claim = members()["credentialSubject"]["performanceClaim"][0]
    assert claim["type"] == ["Claim", "CarbonFootprintClaim"]
    values = [each["measure"]["value"] for each in claim["claimedPerformance"]]
    assert values == [Decimal("18.264927"), Decimal("17.661816")]


def indicators(record: CertificateRecord) -> list[tuple[str, Decimal | int, str]]:
    claims = members(record)["credentialSubject"]["performanceClaim"]
    return [
        (each["metric"]["name"], each["measure"]["value"], each["measure"]["unit"])
        for claim in claims
        if claim["id"].endswith("#indicators")
        for each in claim["claimedPerformance"]
    ]


def test_the_second_claim_is_energy_water_and_wastes() -> None:
    assert indicators(RECORD) == [
        ("energy", Decimal("61234.56789"), "3B"),
        ("water-withdrawn", Decimal("12.5"), "MTQ"),
        ("water-consumed", Decimal("11.25"), "MTQ"),
        ("waste-non-hazardous", Decimal("152.345679"), "KGM"),
        ("waste-radioactive", Decimal("3.21"), "KGM"),
        ("thorium", Decimal("0.004321"), "KGM"),
    ]


def test_what_is_only_partly_told_is_claimed_of_nobody() -> None:
    partial = replace(RECORD.indicators, partial=("energy", "thorium"))
    told = [name for name, _, _ in indicators(replace(RECORD, indicators=partial))]
    assert told == ["water-withdrawn", "water-consumed", "waste-non-hazardous", "waste-radioactive"]
    nothing = replace(RECORD.indicators, rows=())
    assert not indicators(replace(RECORD, indicators=nothing))


def test_what_is_proven_or_declared_is_a_claim_and_what_is_refuted_or_unknown_is_none() -> None:
    _, _, *claims = members()["credentialSubject"]["performanceClaim"]
    told = [
        (
            each["name"],
            each["claimedPerformance"][0]["score"]["code"],
            each["conformityTopic"][0]["id"].rpartition("/")[2],
        )
        for each in claims
    ]
    assert told == [
        ("zero-discharge (run)", "proven", "water-conservation"),
        ("recycled-content Nd 0.1 (chain)", "declared", "recycled-material-integration"),
        ("origin-outside KP, RU (run)", "proven", "origin-tracking"),
    ]
    assert {row.answer for row in RECORD.claims} == {"proven", "declared", "refuted", "unknown"}


def test_the_status_entry_names_the_list_of_the_registry() -> None:
    assert members()["credentialStatus"] == {
        "id": "https://registry.example/status/revocation-0#51907",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": 51_907,
        "statusListCredential": "https://registry.example/status/revocation-0",
    }


def test_an_end_of_validity_is_said_where_there_is_one() -> None:
    assert "validUntil" not in members()
    ending = replace(RECORD, valid_until="2031-03-07T08:00:00Z")
    assert members(ending)["validUntil"] == "2031-03-07T08:00:00Z"


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("0", "0"),
        ("100", "100"),
        ("0.0000005", "0"),
        ("0.0000015", "0.000002"),
        ("0.0000025", "0.000002"),
        ("-0.0000001", "0"),
        ("-1.5", "-1.5"),
        ("999999999999.123456789012", "999999999999.123457"),
        ("12.34", "12.34"),
    ],
)
def test_numbers_are_rounded_half_even_and_written_plainly(number: str, expected: str) -> None:
    footprint = RECORD.footprint
    per_kg = replace(footprint.per_kg, location=number)
    changed = replace(RECORD, footprint=replace(footprint, per_kg=per_kg))
    assert f'"measure":{{"value":{expected},"unit":"KGM"}}'.encode() in payload(changed)
    assert rounded(Decimal(number)) == expected


def test_a_number_has_no_zeros_at_its_end() -> None:
    assert rounded(Decimal("12.340000")) == "12.34"
    assert rounded(Decimal(100)) == "100"


def test_texts_of_people_are_escaped_in_the_view() -> None:
    sly = 'Oxide "A" \\ B'
    batch = replace(RECORD.batch, description=sly, lot='L"1')
    changed = members(replace(RECORD, batch=batch))
    assert changed["name"] == f'{sly}, L"1'
    assert changed["credentialSubject"]["name"] == sly
    assert changed["credentialSubject"]["batchNumber"] == 'L"1'
    assert changed["credentialSubject"]["id"].endswith("/L%221")


def test_a_text_in_the_view_can_not_pass_for_the_record() -> None:
    sly = '","oreprint":{"oreprint":"certificate/1"'
    issuer = replace(RECORD.issuer, names=(Name(lang="en", text=sly),))
    changed = replace(RECORD, issuer=issuer)
    assert json.loads(payload(changed))["issuer"]["name"] == sly
    assert payload(changed).count(b',"oreprint":{"oreprint":"certificate/1"') == 1
