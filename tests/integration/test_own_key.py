"""A producer with its own key: what it signs is judged, logged once, and verifies like any other."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson
import pytest

from ledger.admin.init import status_signer
from ledger.bundles.build import bundle_lines
from ledger.carrier.link import CertificateLink, parse_link
from ledger.carrier.seal import check_seal, make_seal, open_seal, verify_seal_against
from ledger.client.issue import issue_at
from ledger.files.atomic import write_durably
from ledger.holdings.move import TIME_TO_LOG_MS
from ledger.issuing.correct import correct
from ledger.issuing.issue import IssuedRun, issue
from ledger.issuing.reserve import KEPT_MS
from ledger.issuing.signing import Sealing, SignedRun, draft_run, sign_run
from ledger.registry.lists import publish_status
from ledger.seal.sdjwt import open_certificate
from ledger.store.desk_schema import RESERVED
from ledger.store.engine import reading, writing
from ledger.store.places import reserved_count
from ledger.store.reading import latest_published
from ledger.transfers.ship import Dispatch, accept, ship
from ledger.trust.pinned import open_trust
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.document import replace
from schemas.instant import instant_text, whole_second
from schemas.problem import RefusedError, StateError
from tests.support.browser.labels import digest, drawn
from tests.support.browser.labels import read as scanned
from tests.support.forked import command
from tests.support.http.server import ANN, BEN, CID, PASSPHRASE, Served, plant, runtime, serve, tables
from tests.support.registries.own_key import kept_places, office, own, served_later
from tests.support.worlds.blends import blend, read, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.drafting.draft import Draft
    from ledger.issuing.signing import Sealing
    from schemas.certificate import Facility
    from schemas.record import ProductionRecord
    from schemas.report import Report


HOUR_MS: Final = 3_600_000
ROOT: Final = Path(__file__).resolve().parents[2]


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return serve(tmp_path)


@pytest.fixture
def address(served: Served) -> Iterator[str]:
    with served.running() as address:
        yield address


def judged(served: Served, digest: str) -> Report:
    publish_status(served.registry, signer=status_signer(served.home, served.registry.did, passphrase=PASSPHRASE))
    with reading(served.registry.engine) as connection:
        note = latest_published(connection, "trust")
    assert note is not None
    lines = bundle_lines(served.registry, digest, audience="auditor")
    policy = Policy(at_ms=runtime().now_ms())
    return report(verify_bundle(lines, trust=open_trust(note.text), tables=tables(), policy=policy))


def test_a_chain_signed_by_its_producer_verifies_whole(served: Served, address: str, tmp_path: Path) -> None:
    desk = office(served, address, tmp_path / "out")
    issue_at(desk, own("C-1", "100 kg"))
    ((lot, text),) = issue_at(desk, own("C-2", "40 kg", {"C-1": "40 kg"}))
    found = judged(served, open_certificate(text).digest)
    assert lot == "C-2"
    assert found.verdict == "genuine"
    assert (found.chain.certificates, found.chain.withheld) == (2, 0)


def test_what_a_toll_plant_signs_is_the_owners_from_the_first(served: Served, address: str, tmp_path: Path) -> None:
    desk = office(served, address, tmp_path / "out")
    toll = written("C-T", "10 kg", producer=CID, plant=plant(CID))
    toll["outputs"][0]["owner"] = "did:web:nobody.example"
    with pytest.raises(RefusedError) as refused:
        issue_at(desk, read(toll))
    assert refused.value.problems[0].facts["theirs"] == "issue.unknown-owner"
    toll["outputs"][0]["owner"] = ANN
    ((_, text),) = issue_at(desk, read(toll))
    drawing = blend("A-T", "10 kg", producer=ANN, plant=plant(ANN), inputs={"C-T": "10 kg"})
    (made,) = issue(served.registry, [drawing], tables=tables())
    assert isinstance(made, IssuedRun)
    assert judged(served, made.certificates[0].digest).verdict == "genuine"
    assert judged(served, open_certificate(text).digest).verdict == "genuine"


def test_the_same_record_again_sends_the_same_bytes_and_gets_the_same_answer(
    served: Served, address: str, tmp_path: Path
) -> None:
    desk = office(served, address, tmp_path / "out")
    first = issue_at(desk, own("C-1", "100 kg"))
    assert issue_at(desk, own("C-1", "100 kg")) == first


def test_what_was_signed_is_sent_after_the_registry_was_away(served: Served, tmp_path: Path) -> None:
    with served.running() as address:
        desk = office(served, address, tmp_path / "out")
        issue_at(desk, own("C-1", "100 kg"))
        sent: list[bytes] = []

        def lost(name: str, raw: bytes) -> None:
            write_durably(tmp_path / "out" / name, raw)
            sent.append(raw)
            raise StateError.at("remote.unreachable", host="here", reason="the cable")

        with pytest.raises(StateError):
            issue_at(replace(desk, keep=lost), own("C-2", "40 kg", {"C-1": "40 kg"}))
        assert len(issue_at(desk, own("C-2", "40 kg", {"C-1": "40 kg"}))) == 1
    assert len(sent) == 1


def test_two_runs_can_not_use_one_holding(served: Served, address: str, tmp_path: Path) -> None:
    desk = office(served, address, tmp_path / "out")
    issue_at(desk, own("C-1", "100 kg"))
    held: list[bytes] = []

    def keep_only(_name: str, raw: bytes) -> None:
        held.append(raw)
        raise StateError.at("remote.unreachable", host="here", reason="not sent")

    for lot in ("C-2", "C-3"):  # the same mass of the same lot: the registry allots the same holding twice
        with pytest.raises(StateError):
            issue_at(replace(desk, keep=keep_only), own(lot, "40 kg", {"C-1": "40 kg"}))
    desk.remote.post("/v1/certificates", held[0], key="one")
    with pytest.raises(RefusedError) as refused:
        desk.remote.post("/v1/certificates", held[1], key="two")
    assert "holding." in str(refused.value)


def test_a_run_that_another_was_quicker_than_is_sent_as_it_is(served: Served, address: str, tmp_path: Path) -> None:
    """Until it has run out: its registry alone says that it was not logged."""
    desk, slow = office(served, address, tmp_path / "out"), own("C-2", "40 kg", {"C-1": "40 kg"})
    issue_at(desk, own("C-1", "100 kg"))

    def keep_only(name: str, raw: bytes) -> None:
        desk.keep(name, raw)
        raise StateError.at("remote.unreachable", host="here", reason="not sent")

    with pytest.raises(StateError):
        issue_at(replace(desk, keep=keep_only), slow)
    issue_at(desk, own("C-3", "40 kg", {"C-1": "40 kg"}))  # of the very holding that was allotted then
    kept = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    for _ in range(2):
        with pytest.raises(RefusedError, match=r"holding\.not-free") as refused:
            issue_at(desk, slow)
        assert refused.value.problems[-1].code == "issue.kept"
        assert refused.value.problems[-1].facts["file"] in kept
    assert kept == {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}


def test_nothing_of_a_signed_run_can_be_changed_on_the_way(served: Served, address: str, tmp_path: Path) -> None:
    desk = office(served, address, tmp_path / "out")
    held: list[bytes] = []

    def keep_only(_name: str, raw: bytes) -> None:
        held.append(raw)
        raise StateError.at("remote.unreachable", host="here", reason="not sent")

    with pytest.raises(StateError):
        issue_at(replace(desk, keep=keep_only), own("C-1", "100 kg"))
    good = orjson.loads(held[0])
    jws = good["certificates"][0]
    record = open_certificate(f"{jws}~").record
    flipped = jws[:-3] + ("A" if jws[-3] != "A" else "B") + jws[-2:]
    broken = {
        "signature": {**good, "certificates": [flipped]},
        "withheld": {**good, "disclosures": good["disclosures"][1:]},
        "holding": {**good, "holdings": [good["run"][:100]]},
        "twice": {**good, "certificates": [jws, jws]},
        "seal": {**good, "seals": ["AAAA"]},
        "seals": {**good, "seals": good["seals"] * 2},
        "other-seal": {**good, "seals": [make_seal(record, digest(1), signer=desk.signer)]},
        "extra": {**good, "log_index": 3},
    }
    for number, (name, body) in enumerate(broken.items()):
        with pytest.raises(RefusedError):
            desk.remote.post("/v1/certificates", orjson.dumps(body), key=f"{name}-{number}")
    desk.remote.post("/v1/certificates", held[0], key="good")


def test_the_seal_that_comes_with_a_certificate_is_on_its_label(served: Served, address: str, tmp_path: Path) -> None:
    desk = office(served, address, tmp_path / "out")
    ((_, text),) = issue_at(desk, own("C-1", "100 kg"))
    opened = open_certificate(text)
    with served.client() as client:
        label = client.get(f"/v1/certificates/{opened.digest}/label.png").content
    (link,) = scanned(drawn(label, suffix="png"))
    found = parse_link(link)
    assert isinstance(found, CertificateLink)
    assert (found.digest, found.seal is None) == (opened.digest, False)
    seal = open_seal(found.seal or "")
    with reading(served.registry.engine) as connection:
        note = latest_published(connection, "trust")
    assert note is not None
    assert check_seal(seal, trust=open_trust(note.text)).did == CID
    verify_seal_against(opened.record, opened.digest, seal)
    printed = subprocess.run(
        [*command(), "label", opened.digest, "--json", "--home", str(served.home.path), "--out", "o"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(ROOT), "OREPRINT_PASSPHRASE": PASSPHRASE.decode()},
    )  # fmt: skip
    assert printed.returncode == 0, printed.stderr
    assert json.loads(printed.stdout)["labels"][0]["link"] == link


def test_a_certificate_without_a_seal_has_the_short_label(
    served: Served, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = vars(SignedRun)["signed"].fget
    monkeypatch.setattr(SignedRun, "signed", property(lambda made: sealed(made).model_copy(update={"seals": ()})))
    ((_, text),) = issue_at(office(served, address, tmp_path / "out"), own("C-1", "100 kg"))
    digest = open_certificate(text).digest
    with served.client() as client:
        (link,) = scanned(drawn(client.get(f"/v1/certificates/{digest}/label.png").content, suffix="png"))
    assert link == f"https://registry.example/c/{digest}"


def two_lots() -> ProductionRecord:
    """Return a record of two lots of 1 kg."""
    value = written("C-1", "1 kg", producer=CID, plant=plant(CID))
    value["materials"][0]["mass"] = "2 kg"
    first = value["outputs"][0] | {"price": "100 CNY/kg"}
    value["outputs"] = [first, first | {"lot": "C-2"}]
    period = {"start": "2021-01-01", "end": "2025-12-31"}
    value["allocation"]["prices"] = {"period": period, "currency": "CNY", "source": "the exchange"}
    return read(value)


def test_a_run_that_nobody_could_verify_is_not_signed(served: Served, address: str, tmp_path: Path) -> None:
    record = own("C-1", "1 kg")
    uncertified = tuple(each.model_copy(update={"certify": False}) for each in record.outputs)
    for changed, code in (
        ({"outputs": uncertified}, "issue.nothing-certified"),
        ({"valid_until": instant_text(10**12)}, "issue.expired"),
    ):
        with pytest.raises(RefusedError) as refused:
            issue_at(office(served, address, tmp_path / "out"), record.model_copy(update=changed))
        assert (refused.value.code, places_kept(served)) == (code, 0)


def places_kept(served: Served) -> int:
    """Return how many places are kept for Cid."""
    with reading(served.registry.engine) as connection:
        return reserved_count(connection, CID)


def test_an_output_without_a_certificate_has_no_place_kept(served: Served, address: str, tmp_path: Path) -> None:
    first, other = (record := two_lots()).outputs
    record = record.model_copy(update={"outputs": (first, other.model_copy(update={"certify": False}))})
    ((lot, _),) = issue_at(office(served, address, tmp_path / "out"), record)
    assert (lot, places_kept(served)) == ("C-1", 0)


def test_a_run_that_is_refused_before_it_is_signed_has_no_place_kept(
    served: Served, address: str, tmp_path: Path
) -> None:
    more = own("C-1", "10 kg").model_copy(update={"outputs": own("C-1", "11 kg").outputs})
    with pytest.raises(RefusedError) as refused:
        issue_at(office(served, address, tmp_path / "out"), more)
    assert (refused.value.code, places_kept(served)) == ("rule.m-elem", 0)


def test_a_place_that_was_asked_for_and_not_signed_at_is_asked_for_anew_on_another_day(
    served: Served, address: str, tmp_path: Path
) -> None:
    desk = office(served, address, tmp_path / "out")

    def days_ago(registry: str) -> Sealing:
        return replace(desk.sealing(registry), now_ms=runtime().now_ms() - KEPT_MS)

    def crash(name: str, _: bytes) -> None:
        raise StateError.at("remote.unreachable", host="here", reason=f"it fell over before {name} was kept")

    with pytest.raises(StateError):
        issue_at(replace(desk, sealing=days_ago, keep=crash), own("C-1", "10 kg"))
    with writing(served.registry.engine) as connection:
        connection.execute(RESERVED.update().values(at_ms=RESERVED.c.at_ms - KEPT_MS - 1))
        connection.commit()
    kept_places(served, CID, 1)
    assert places_kept(served) == 1, "what was asked for then is free again"
    assert [lot for lot, _ in issue_at(desk, own("C-1", "10 kg"))] == ["C-1"]


def test_two_certificates_at_one_place_of_the_lists_are_refused(
    served: Served, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def at_one_place(*arguments: Any, places: list[tuple[int, int]], **named: Any) -> SignedRun:  # noqa: ANN401
        return sign_run(*arguments, places=[places[0], places[0]], **named)

    monkeypatch.setattr("ledger.client.issue.sign_run", at_one_place)
    with pytest.raises(RefusedError, match="is not reserved"):
        issue_at(office(served, address, tmp_path / "out"), two_lots())


def test_a_certificate_signed_long_ago_is_refused(
    served: Served, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, now = office(served, address, tmp_path / "out"), runtime().now_ms()
    monkeypatch.setattr(
        "ledger.issuing.signing.instant_text", lambda ms: instant_text(ms if ms > now + TIME_TO_LOG_MS // 2 else 10**12)
    )
    with pytest.raises(RefusedError, match=r"was not signed recently|is dated"):
        issue_at(desk, own("C-1", "1 kg"))


def test_a_run_that_ran_out_before_it_was_sent_is_signed_anew(served: Served, address: str, tmp_path: Path) -> None:
    desk = office(served, address, tmp_path / "out")
    issue_at(desk, own("C-1", "100 kg"))
    record = own("C-2", "40 kg", {"C-1": "40 kg"})

    def long_ago(registry: str) -> Sealing:
        return replace(desk.sealing(registry), now_ms=runtime().now_ms() - TIME_TO_LOG_MS - 60_000)

    with pytest.raises(RefusedError, match=r"issue.late.*had to be logged by .*, and was not. Sign it again"):
        issue_at(replace(desk, sealing=long_ago), record)
    issue_at(desk, own("C-4", "40 kg", {"C-1": "40 kg"}))  # of the very holding that was allotted then
    ((lot, text),) = found = issue_at(desk, record)
    assert (lot, judged(served, open_certificate(text).digest).verdict) == ("C-2", "genuine")
    assert issue_at(desk, record) == found
    with pytest.raises(RefusedError, match="had to be logged"):  # and so is one without inputs
        issue_at(replace(desk, sealing=long_ago), own("C-3", "1 kg"))
    assert [lot for lot, _ in issue_at(desk, own("C-3", "1 kg"))] == ["C-3"]


def test_a_run_whose_input_was_corrected_before_it_was_sent_is_refused(
    served: Served, address: str, tmp_path: Path
) -> None:
    """The plant's key is with the registry, which corrects the lot while what uses it waits to be sent."""
    registry = served.registry
    issue(registry, [blend("A-1", "100 kg", producer=ANN, plant=plant(ANN))], tables=tables())
    ship(registry, Dispatch("A-1", ANN, CID))
    accept(registry, consignee=CID)
    desk, record = office(served, address, tmp_path / "out"), own("C-1", "40 kg", {"A-1": "40 kg"})

    def keep_only(name: str, raw: bytes) -> None:
        desk.keep(name, raw)
        raise StateError.at("remote.unreachable", host="here", reason="not sent")

    with pytest.raises(StateError):
        issue_at(replace(desk, keep=keep_only), record)
    better = written("A-1", "100 kg", producer=ANN, plant=plant(ANN)) | {
        "excluded": [{"what": "heat", "why": "it is cold"}]
    }
    correct(
        registry, read(better), tables=tables(), status=status_signer(served.home, registry.did, passphrase=PASSPHRASE)
    )
    for _ in range(2):
        with pytest.raises(RefusedError, match=r"issue\.superseded"):
            issue_at(desk, record)
    other = own("C-2", "40 kg", {"A-1": "40 kg"})
    ((_, text),) = issue_at(desk, other)
    assert judged(served, open_certificate(text).digest).verdict == "genuine"


def test_a_run_that_was_logged_in_time_gets_its_first_answer_however_late(served: Served, tmp_path: Path) -> None:
    with served.running() as address:
        first = issue_at(office(served, address, tmp_path / "out"), own("C-1", "1 kg"))
    later = served_later(served, 2 * TIME_TO_LOG_MS)
    with later.running() as address:
        assert issue_at(office(later, address, tmp_path / "out"), own("C-1", "1 kg")) == first


def test_what_is_refused_for_another_reason_is_never_signed_anew(served: Served, address: str, tmp_path: Path) -> None:
    desk, kept = office(served, address, tmp_path / "out"), []
    issue_at(desk, own("C-1", "1 kg"))
    for _ in range(2):
        with pytest.raises(RefusedError, match="lot-taken"):
            issue_at(desk, own("C-1", "2 kg"))
        kept.append({path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()})
    assert len(kept[0]) == 2
    assert kept[0] == kept[1]


def test_a_lot_whose_certificate_has_expired_is_used_by_nobody(served: Served, tmp_path: Path) -> None:
    until = instant_text(whole_second(runtime().now_ms()) + HOUR_MS)
    with served.running() as address:
        desk = office(served, address, tmp_path / "out")
        issue_at(desk, own("C-1", "1 kg").model_copy(update={"valid_until": until}))
    later = served_later(served, 2 * HOUR_MS)
    with later.running() as address, pytest.raises(RefusedError, match=f"C-1 expired on {until[:10]}"):
        issue_at(office(later, address, tmp_path / "out"), own("C-2", "1 kg", {"C-1": "1 kg"}))


def test_a_certificate_that_has_expired_is_not_logged_whoever_signed_it(
    served: Served, address: str, tmp_path: Path
) -> None:
    desk, now = office(served, address, tmp_path / "out"), whole_second(runtime().now_ms())

    def before(registry: str) -> Sealing:
        return replace(desk.sealing(registry), now_ms=now - 2 * HOUR_MS)

    expired = own("C-1", "1 kg").model_copy(update={"valid_until": instant_text(now - HOUR_MS)})
    with pytest.raises(RefusedError, match=r"issue\.expired"):
        issue_at(replace(desk, sealing=before), expired)


def test_a_producer_signs_for_its_plant_as_it_is_registered(
    served: Served, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def elsewhere(*arguments: Any, facility: Facility, **named: Any) -> Draft:  # noqa: ANN401
        return draft_run(*arguments, facility=replace(facility, name="Another Company's plant"), **named)

    monkeypatch.setattr("ledger.client.issue.draft_run", elsewhere)
    with pytest.raises(RefusedError, match="describes the issuer or the plant differently"):
        issue_at(office(served, address, tmp_path / "out"), two_lots())


def test_az_03_a_run_of_another_party_is_refused(served: Served, tmp_path: Path) -> None:
    with served.client() as client:
        for record, tenant in (
            (written("B-1", "1 kg", producer=BEN, plant=plant(BEN)), ANN),
            (written("B-1", "1 kg", producer=ANN, plant=plant(BEN)), ANN),
            (written("B-1", "1 kg", producer=ANN, plant="https://nowhere.example/1"), ANN),
        ):
            answer = client.post("/v1/certificates", json=record, headers=served.token(tenant))
            assert answer.status_code == 403, answer.text
