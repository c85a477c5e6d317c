"""A registry and those who cosign its log: states, bundles, reports and the published head, with some of them slow,
away or lying.
"""

from __future__ import annotations

import json
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from api.app import create_app
from api.app_state import Parts
from api.cosigner import create_cosigner
from ledger.admin.init import open_book, status_signer
from ledger.admin.rotation import end_cosigner
from ledger.bundles.build import bundle_lines
from ledger.issuing.issue import IssuedRun, issue
from ledger.log.head import open_head
from ledger.log.witness import WitnessReply
from ledger.registry.folder import Home
from ledger.registry.lists import publish_status
from ledger.remote.client import RemoteServer
from ledger.remote.objects import ObjectStore
from ledger.seal.digest import certificate_digest_bytes
from ledger.store.engine import reading
from ledger.store.logs import latest_head
from ledger.store.reading import certificate, record
from ledger.transfers.export import leave
from ledger.transfers.mirror import mirror
from ledger.transfers.ship import Dispatch, send, ship
from ledger.trust.pinned import open_trust
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from ledger.witnessing.collect import Cosigning, own_registry
from ledger.witnessing.cosigners import cosigners, make_cosigner
from ledger.witnessing.monitor import Monitor
from ledger.witnessing.witness import Witness
from schemas.bundle import HeadLine, TrustLine, read_line
from schemas.problem import StateError
from schemas.trust import TrustFile
from tests.faults.disks import NoDiskError, small_disk
from tests.support.http.server import ANN, BEN, ORIGIN, PASSPHRASE, Served, listening, plant, runtime, serve, tables
from tests.support.registries.lived_in import code_of
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ledger.log.vkey import VerifierKey
    from ledger.seal.signer import SoftwareSigner
    from ledger.witnessing.collect import CosignerClient
    from schemas.report import Report


def registry(folder: Path, **more: object) -> Served:
    """Make a registry that runs four witnesses and a monitor by itself; once more, to change `more` of its parties
    file.
    """
    keys = {at: _key(folder / "registry" / at, at.replace("/", "-") + ".example") for at in (*WITNESSES, "monitor")}
    return serve(
        folder,
        witnesses={"keys": tuple({"key": keys[at], "at": at} for at in WITNESSES)},
        monitors={"keys": ({"key": keys["monitor"], "at": "monitor"},)},
        **more,  # type: ignore[arg-type]
    )


WITNESSES = tuple(f"witnesses/{number}" for number in range(1, 5))
WITNESS_NAMES = tuple(at.replace("/", "-") + ".example" for at in WITNESSES)


def _key(folder: Path, name: str) -> str:
    return make_cosigner(Home(folder), name, runtime(), passphrase=PASSPHRASE)[0].to_text()


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return registry(tmp_path)


def asked(served: Served) -> list[CosignerClient]:
    return cosigners(served.home, served.registry, passphrase=lambda: PASSPHRASE)


def one_lot(served: Served, lot: str = "A-1") -> str:
    """Issue a lot and publish its status lists; return its certificate's digest."""
    (made,) = issue(served.registry, [blend(lot, "10 kg", producer=ANN, plant=plant(ANN))], tables=tables())
    assert isinstance(made, IssuedRun)
    key = status(served)
    publish_status(served.registry, signer=key)
    return made.certificates[0].digest


def status(served: Served) -> SoftwareSigner:
    return status_signer(served.home, served.registry.did, passphrase=PASSPHRASE)


def judged(served: Served, digest: str) -> Report:
    trust = open_trust(TrustFile.from_text(served.home.trust.read_bytes().rstrip(b"\n")).note)
    lines = bundle_lines(served.registry, digest, audience="auditor")
    return report(verify_bundle(lines, trust=trust, tables=tables(), policy=Policy(at_ms=runtime().now_ms())))


def state(served: Served) -> str:
    with reading(served.registry.engine) as connection:
        head = latest_head(connection)
    return served.registry.state(head.size - 1, head)


def test_by_default_three_of_four_witnesses_and_the_monitor_must_cosign(served: Served) -> None:
    listed = own_registry(served.registry).listed
    assert (listed.witnesses.least, len(listed.witnesses.keys)) == (3, 4)
    assert (listed.monitors.least, len(listed.monitors.keys)) == (1, 1)


def test_a_record_is_logged_then_monitored_and_its_bundle_says_so(served: Served) -> None:
    digest = one_lot(served)
    before = judged(served, digest)
    assert (state(served), before.verdict, before.assurance) == ("logged", "incomplete", "registry-only")
    with Cosigning(served.registry, asked(served)) as cosigning:
        assert cosigning.round(wait_s=30) == {}
    after = judged(served, digest)
    assert (state(served), after.verdict, after.assurance) == ("monitored", "genuine", "monitored")
    one_lot(served, "A-2")
    assert state(served) == "logged"
    again = judged(served, digest)
    assert (again.verdict, again.assurance) == ("genuine", "monitored"), "an older head still proves what it holds"


def test_a_newer_trust_list_is_shown_beside_an_older_head(tmp_path: Path) -> None:
    served = registry(tmp_path)
    digest = one_lot(served)
    monitored(served)
    trust, head = shown(served, digest)
    again = registry(tmp_path, voided=(0,))
    assert shown(again, digest) == (newest := own_trust_note(again), head)
    assert newest != trust


def shown(served: Served, digest: str) -> tuple[str, str]:
    """Return the trust list and the head in a bundle."""
    lines = [read_line(line, "bundle") for line in bundle_lines(served.registry, digest, audience="auditor")]
    (trust,) = [line.note for line in lines if isinstance(line, TrustLine)]
    (head,) = [line.checkpoint for line in lines if isinstance(line, HeadLine)]
    return trust, head


def own_trust_note(served: Served) -> str:
    return TrustFile.from_text(served.home.trust.read_bytes().rstrip(b"\n")).note


@dataclass
class Odd:
    """A cosigner that behaves in its own way."""

    key: VerifierKey
    answer: Callable[[bytes], WitnessReply]
    calls: list[bytes] = field(default_factory=list)

    def add(self, body: bytes) -> WitnessReply:
        self.calls.append(body)
        return self.answer(body)


def away(_: bytes) -> WitnessReply:
    raise StateError.at("remote.unreachable", host="w.example", reason="no route")


def garbage(_: bytes) -> WitnessReply:
    return WitnessReply(200, "<html>\n")


def of_another(served: Served) -> Callable[[bytes], WitnessReply]:
    """Return the answer of a witness that signs in its own name what another has signed."""
    other = asked(served)[3]
    return other.add


def test_what_the_disk_refuses_is_told_and_asked_for_again(served: Served) -> None:
    one_lot(served)
    in_the_way = served.home.path / "witnessed.new"
    in_the_way.mkdir()
    with Cosigning(served.registry, asked(served)) as cosigning:
        assert {error.code for error in cosigning.round(wait_s=30).values()} == {"home.unwritable"}
        assert state(served) == "logged"
        in_the_way.rmdir()
        assert cosigning.round(wait_s=30) == {}
    assert state(served) == "monitored"


def test_ft_05_a_full_disk_ends_no_cosigning(tmp_path: Path) -> None:
    try:
        with small_disk(tmp_path / "disk", "16m") as disk:
            served = registry(disk.path)
            one_lot(served)
            with Cosigning(served.registry, asked(served)) as cosigning:
                disk.fill()
                failed = cosigning.round(wait_s=30)
                assert [failed[each].code for each in WITNESS_NAMES] == ["home.unwritable"] * 4
                disk.free()
                assert cosigning.round(wait_s=30) == {}
            assert state(served) == "monitored"
            served.registry.engine.dispose()
    except NoDiskError as error:
        pytest.skip(str(error))


def test_a_mistake_of_ours_ends_no_cosigning(served: Served) -> None:
    those = asked(served)
    honest, mistaken = those[0], list[bytes]()

    def answer(body: bytes) -> WitnessReply:
        if starting or len(mistaken) > 2:
            return honest.add(body)
        mistaken.append(body)
        raise RuntimeError("a mistake of ours")

    starting = True
    odd = Odd(honest.key, answer)
    app = create_app(Parts(served.registry, tables(), status(served), ORIGIN, [odd, *those[1:]]))
    with capture_logs() as told, listening(app):
        starting = False
        one_lot(served, "A-1")
        wait_until(lambda: len(mistaken) > 2)
        one_lot(served, "A-2")
        wait_until(lambda: state(served) == "monitored")
    assert {each["event"] for each in told if each["log_level"] == "error"} == {"not cosigned"}


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait half a minute at most for what a server does by itself."""
    until = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b'{"w.example": "many"}', b"registry.example\n1\n"])
def test_what_is_kept_of_cosigners_and_is_damaged_is_told_and_asked_for_again(served: Served, content: bytes) -> None:
    one_lot(served)
    monitored(served)
    files = [served.home.path / name for name in ("witnessed", "monitored", "ahead")]
    for file in files:
        file.write_bytes(content)
    for call in (
        lambda: served.registry.cosigned.read("witnessed", served.registry.log.name),
        served.registry.cosigned.ahead,
        lambda: one_lot(served, "A-2"),
    ):
        assert code_of(call) == "cosign.unreadable"
    for file in files:
        file.unlink()
    one_lot(served, "A-2")
    monitored(served)
    assert state(served) == "monitored"


@pytest.mark.parametrize("way", ["away", "garbage", "of another"])
@pytest.mark.parametrize(("odd", "reached"), [(1, "monitored"), (2, "logged")])
def test_ft_19_as_long_as_enough_witnesses_answer_the_head_is_published(
    way: str, odd: int, reached: str, served: Served
) -> None:
    one_lot(served)
    answer = {"away": away, "garbage": garbage, "of another": of_another(served)}[way]
    those = asked(served)
    those[:odd] = [Odd(each.key, answer) for each in those[:odd]]
    with Cosigning(served.registry, those) as cosigning:
        failed = cosigning.round(wait_s=30)
        assert set(failed) == {each.key.name for each in those[:odd]}
    assert state(served) == reached


def test_ft_19_who_is_slow_is_asked_once_and_holds_up_nobody(served: Served) -> None:
    one_lot(served)
    let_go = threading.Event()
    those = asked(served)
    slow, honest = Odd(those[0].key, lambda body: (let_go.wait(60), those_add(body))[1]), those[0]
    those_add = honest.add
    monitor = those[4]
    late = Odd(monitor.key, lambda body: (let_go.wait(60), monitor.add(body))[1])
    threads = threading.active_count()
    with Cosigning(served.registry, [slow, *those[1:4], late]) as cosigning:
        begun = time.monotonic()
        cosigning.round(wait_s=1)
        assert time.monotonic() - begun < 10
        assert state(served) == "witnessed"
        with reading(served.registry.engine) as connection:
            first = latest_head(connection).size
        for number in range(3):
            one_lot(served, f"B-{number}")
            cosigning.round(wait_s=1)
            assert state(served) == "witnessed"
        assert (len(slow.calls), len(late.calls)) == (1, 1)
        assert threading.active_count() <= threads + 5
        let_go.set()
        cosigning.round(wait_s=30)
        kept = served.registry.cosigned.read("monitored", served.registry.log.name)
        assert kept is not None
        assert kept.size >= first  # the late answer still counts for the head it was about
        cosigning.round(wait_s=30)
    assert state(served) == "monitored"


def test_a_witness_that_knows_more_than_this_registry_is_told_of(served: Served, tmp_path: Path) -> None:
    one_lot(served)
    with Cosigning(served.registry, asked(served)) as cosigning:
        cosigning.round(wait_s=30)
    behind = tmp_path / "behind"
    behind.mkdir()
    ahead = Odd(asked(served)[0].key, lambda _: WitnessReply(409, "100000\n", "text/x.tlog.size"))
    one_lot(served, "A-2")
    with Cosigning(served.registry, [ahead]) as cosigning:
        assert cosigning.round(wait_s=30)[ahead.key.name].code == "cosign.ahead"


def monitored(served: Served) -> None:
    with Cosigning(served.registry, asked(served)) as cosigning:
        assert cosigning.round(wait_s=30) == {}


def test_a_mass_leaves_only_once_a_monitor_has_cosigned_where_it_comes_from(served: Served) -> None:
    one_lot(served)
    away = Dispatch("A-1", ANN, BEN, 4_000_000, registry="other.example")
    for_nothing = partial(send, served.registry, away)
    with Cosigning(served.registry, asked(served)[:4]) as cosigning:
        cosigning.round(wait_s=30)
    assert state(served) == "witnessed"
    with reading(served.registry.engine) as connection:
        before = latest_head(connection)
    assert code_of(for_nothing) == "holding.not-monitored"
    assert code_of(partial(leave, served.registry, ANN, registry="other.example")) == "holding.not-monitored"
    with reading(served.registry.engine) as connection:
        assert latest_head(connection) == before, "nothing was split for it"
    monitored(served)
    assert send(served.registry, away).mass_mg == 4_000_000
    assert code_of(for_nothing) == "holding.not-monitored", "what is left comes of a split that nobody has looked at"
    one_lot(served, "A-2")  # in its own registry a lot is used at once
    ship(served.registry, Dispatch("A-2", ANN, BEN))
    monitored(served)
    assert list(map(len, leave(served.registry, ANN, registry="other.example").values())) == [1], (
        "what is offered stays"
    )


def test_an_entry_that_the_parties_file_voids_counts_for_nothing_for_ever(tmp_path: Path) -> None:
    served = serve(tmp_path)
    first, second = one_lot(served, "A-1"), one_lot(served, "A-2")
    with reading(served.registry.engine) as connection:
        entry = record(connection, certificate(connection, certificate_digest_bytes(first)).row.issuance).entry
    for voided in ((entry,), ()):
        again = serve(tmp_path, voided=voided)
        publish_status(again.registry, signer=status(again))
        assert own_registry(again.registry).logs[again.registry.log.name].voided == {entry}
        assert [judged(again, each).verdict for each in (first, second)] == ["do-not-rely", "genuine"]


def test_a_pilot_without_monitors_waits_for_nobody(tmp_path: Path) -> None:
    served = serve(tmp_path)
    one_lot(served)
    assert state(served) == "logged"
    assert send(served.registry, Dispatch("A-1", ANN, BEN, registry="other.example")).mass_mg == 10_000_000


def test_a_monitor_follows_a_published_folder(served: Served, tmp_path: Path) -> None:
    one_lot(served)
    with Cosigning(served.registry, asked(served)[:4]) as cosigning:
        cosigning.round(wait_s=30)
    place = ObjectStore.at(str(tmp_path / "public"))
    size = mirror(served.registry, place).size
    trust = open_trust(TrustFile.from_text(served.home.trust.read_bytes().rstrip(b"\n")).note)
    key, signer = make_cosigner(Home(tmp_path / "own"), "own.example", runtime(), passphrase=PASSPHRASE)
    monitor = Monitor(
        tmp_path / "own",
        key,
        signer.sign,
        trust,
        trust.registry(served.registry.did),
        lambda path: place.read(path) or b"",
        runtime().now_ms,
    )
    reply = monitor.follow()
    assert reply is not None
    assert reply.status == 200, reply
    assert monitor.followed.place().noted.size == size


def test_over_http_a_record_is_monitored_within_seconds(tmp_path: Path) -> None:
    names = ["w1.example", "w2.example", "w3.example", "w4.example", "monitor.example"]
    homes = {name: Home(tmp_path / name) for name in names}
    made = {name: make_cosigner(homes[name], name, runtime(), passphrase=PASSPHRASE) for name in names}
    late: dict[str, Callable[[bytes], WitnessReply]] = {}
    with ExitStack() as stack:
        at = {
            name: stack.enter_context(listening(create_cosigner(lambda body, name=name: late[name](body))))  # type: ignore[misc]
            for name in names
        }
        told = [{"key": made[name][0].to_text(), "at": at[name]} for name in names]
        served = serve(tmp_path, witnesses={"keys": tuple(told[:4])}, monitors={"keys": tuple(told[4:])})
        trust = open_trust(TrustFile.from_text(served.home.trust.read_bytes().rstrip(b"\n")).note)
        logs = {served.registry.log.name: served.registry.log}
        for name in names[:4]:
            key, signer = made[name]
            late[name] = Witness(homes[name].path, key, signer.sign, logs, runtime().now_ms).add
        status = status_signer(served.home, served.registry.did, passphrase=PASSPHRASE)
        app = create_app(Parts(served.registry, tables(), status, ORIGIN, asked(served)))
        address = stack.enter_context(listening(app))
        remote = RemoteServer.public(address)
        key, signer = made["monitor.example"]
        monitor = Monitor(
            homes["monitor.example"].path,
            key,
            signer.sign,
            trust,
            trust.registry(served.registry.did),
            lambda path: remote.get(f"/{path}"),
            runtime().now_ms,
        )
        late["monitor.example"] = monitor.add
        digest = one_lot(served)
        until, found = time.monotonic() + 30, {"assurance": ""}
        while found["assurance"] != "monitored" and time.monotonic() < until:
            time.sleep(0.2)
            found = json.loads(remote.get(f"/v1/certificates/{digest}/verification"))
        assert (found["verdict"], found["assurance"]) == ("genuine", "monitored")
        listed = own_registry(served.registry)
        head = open_head(
            remote.get("/checkpoint"), served.registry.log, cosigners=(*listed.witnesses, *listed.monitors)
        )
        assert len(head.cosignatures) >= 4
        assert listed.vouched(head) == (True, True)


def test_init_again_keeps_those_who_cosign(served: Served) -> None:
    before = own_registry(served.registry).listed
    again = open_book(served.home, runtime(), passphrase=PASSPHRASE)
    assert own_registry(again).listed == before
    assert len(asked(served)) == 5


def test_a_witness_ends_and_what_it_cosigned_counts_until_it_turns_out_to_have_leaked(served: Served) -> None:
    digest = one_lot(served)
    with Cosigning(served.registry, asked(served)) as cosigning:
        assert cosigning.round(wait_s=30) == {}
    kept = list(bundle_lines(served.registry, digest, audience="auditor"))

    def ended(name: str, compromised: str | None = None) -> str:
        end_cosigner(served.home, served.registry, name, compromised=compromised, passphrase=PASSPHRASE)
        trust = open_trust(TrustFile.from_text(served.home.trust.read_bytes().rstrip(b"\n")).note)
        now = Policy(at_ms=runtime().now_ms())
        return report(verify_bundle(kept, trust=trust, tables=tables(), policy=now)).assurance

    assert ended(WITNESS_NAMES[0]) == "monitored"
    assert code_of(lambda: ended(WITNESS_NAMES[0])) == "key.ended"
    assert code_of(lambda: ended(WITNESS_NAMES[1])) == "key.quorum"
    assert code_of(lambda: ended("nobody.example")) == "key.unknown"
    assert ended(WITNESS_NAMES[0], "2026-01-01T00:00:00Z") == "monitored", "three others had cosigned, too"
    assert len(asked(served)) == 4
    with Cosigning(served.registry, asked(served)) as cosigning:
        assert cosigning.round(wait_s=30) == {}
    assert judged(served, digest).assurance == "monitored"
    assert own_registry(open_book(served.home, runtime(), passphrase=PASSPHRASE)).listed.witnesses.least == 3
    assert code_of(lambda: registry(served.home.path.parent)) == "trust.key-ended", "it never comes back"
