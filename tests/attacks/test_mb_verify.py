"""MB-09, MB-11, MB-15, LG-17 and the two truths, at the verifier: bundles that somebody with keys has put together
by hand.
"""

from __future__ import annotations

from time import process_time
from typing import TYPE_CHECKING

import pytest

from ledger.seal.digest import certificate_digest, from_base64url, to_base64url
from ledger.seal.disclosure import seal_value
from ledger.verify.chain import Chain, Policy
from ledger.verify.verdict import exit_code, report
from ledger.verify.verify import verify_bundle
from schemas.bundle import BundleLine, CertificateLine, HeadLine, StatusLine, read_line
from schemas.document import replace
from schemas.instant import instant_text, whole_second
from tests.support.worlds.broken_histories import drawn, mined
from tests.support.worlds.drafts import Cheat, Issuance, Lump
from tests.support.worlds.parties import key
from tests.support.worlds.recipe import Make, tables
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.run import InputFacts, Source


def judged(world: World, lines: list[bytes]) -> Chain:
    return verify_bundle(lines, trust=world.people.trust, tables=tables(), policy=Policy(world.now_ms + 60_000))


def codes(chain: Chain, *results: str) -> set[str]:
    return {check.code for check in report(chain).checks if check.result in (results or ("failed",))}


def citing(digest: str) -> Cheat:
    """Cite another certificate than the one that the holding is of."""

    def cites(inputs: list[tuple[InputFacts, Source]]) -> list[tuple[InputFacts, Source]]:
        return [(facts, replace(source, certificate=digest)) for facts, source in inputs]

    return Cheat(inputs=cites)


def ring(world: World, length: int) -> list[bytes]:
    """Return a bundle in which each certificate cites the one before it, and the first one cites the last.

    A cycle can't be hashed, so the first is a forgery of a certificate that the second really cites.
    """
    lump: Lump | None = None
    made: list[Issuance] = []
    for _ in range(length):
        made.append(world.issue("ann", [lump] if lump else [], [Make(1_000_000)]))
        lump = made[-1].lumps[0]
    last = made[-1].certificate
    forged = replace(made[0].lumps[0], issuance=made[-1])
    closing = world.issue("ann", [forged], [Make(1_000_000)])

    def close(lines: list[BundleLine]) -> list[BundleLine]:
        certificates = [line for line in lines if isinstance(line, CertificateLine)]
        rest = [line for line in lines if not isinstance(line, CertificateLine)]
        first = next(line for line in certificates if line.certificate == closing.certificate.text)
        others = [line for line in certificates if line is not first and line.certificate != made[0].certificate.text]
        return [*rest[:-1], first, *others, rest[-1]]

    return world.bundle(last, also=[closing.digest], change=close)


def _one_signature() -> float:
    """Return the seconds that one raw verification takes on this machine at this moment (65 us where nothing else
    runs).
    """
    message, signer = bytes(2_200), key("ann")
    public, signature = signer.key.public_key(), signer.sign(message)
    start = process_time()
    for _ in range(1_000):
        public.verify(signature, message)
    return (process_time() - start) / 1_000


@pytest.mark.parametrize("length", [2, 1000])
def test_mb_09_a_cycle_in_a_bundle_is_invalid_at_once(length: int) -> None:
    world = World()
    lines = ring(world, length)
    start = process_time()
    chain = judged(world, lines)
    took = process_time() - start
    result = report(chain)
    assert result.verdict == "do-not-rely"
    assert exit_code(result) == 1
    assert "inputs.certificate" in codes(chain)
    assert took < 1 or took < length * 25 * _one_signature(), took


def test_mb_09_a_batch_that_names_itself_as_its_input() -> None:
    world = World()
    lump = drawn(world)
    honest = world.issue("ben", [lump], [Make(300_000)])
    selfish = world.issue("ben", [replace(lump, issuance=honest)], [Make(300_000)], cheat=citing("zQm" + "1" * 44))
    result = report(judged(world, world.bundle(selfish.certificate)))
    assert result.verdict == "do-not-rely"
    assert exit_code(result) == 1


def _flipped(digest: str) -> str:
    return certificate_digest("another text than " + digest)


@pytest.mark.parametrize("other", ["one bit", "other version", "unlogged"])
def test_mb_11_a_reference_to_another_digest_is_not_valid(other: str) -> None:
    world = World()
    lump = drawn(world)
    cited = {
        "one bit": _flipped(lump.issuance.certificate.digest),
        "other version": mined(world).certificate.digest,
        "unlogged": certificate_digest("never logged"),
    }[other]
    batch = world.issue("ben", [lump], [Make(300_000)], cheat=citing(cited))
    also = [world.makers[cited]] if cited in world.makers else []
    chain = judged(world, world.bundle(batch.certificate, also=also))
    assert exit_code(report(chain)) in {1, 2}
    assert codes(chain, "failed", "not-checked") & {"inputs.certificate", "inputs.root"}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda digest: digest.upper(), id="upper case"),
        pytest.param(lambda digest: digest[:-1], id="truncated"),
        pytest.param(lambda digest: digest + "1", id="longer"),
        pytest.param(lambda _: "d41d8cd98f00b204e9800998ecf8427e", id="md5"),
        pytest.param(lambda _: "da39a3ee5e6b4b0d3255bfef95601890afd80709", id="sha-1"),
        pytest.param(lambda digest: "sha1-" + digest, id="named sha-1"),
    ],
)
def test_mb_11_a_reference_of_another_form_is_no_reference(change: Callable[[str], str]) -> None:
    world = World()
    lump = drawn(world)
    batch = world.issue("ben", [lump], [Make(300_000)], cheat=citing(change(lump.issuance.certificate.digest)))
    chain = judged(world, world.bundle(batch.certificate))
    assert report(chain).verdict == "do-not-rely"
    assert {finding.step for finding in chain.findings.all} & {1}


def test_lg_17_a_proof_of_another_record_or_registry_is_none() -> None:
    world = World()
    batch = world.issue(
        "cat", [world.move(drawn(world), "cat", "two.example")], [Make(300_000)], registry="two.example"
    )
    lines = [read_line(line, "") for line in world.bundle(batch.certificate)]
    places = [number for number, line in enumerate(lines) if hasattr(line, "proof")]
    for one in places:
        for two in places:
            proof = lines[two].proof  # type: ignore[union-attr]
            if one == two or proof == lines[one].proof:  # type: ignore[union-attr]
                continue
            changed = [*lines[:one], replace(lines[one], proof=proof), *lines[one + 1 :]]
            chain = judged(world, [line.to_bytes() + b"\n" for line in changed])
            assert report(chain).verdict == "do-not-rely", (one, two)


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        (HeadLine, ("checkpoint",)),
        (StatusLine, ("credential",)),
        (StatusLine, ("credential", "proof")),
        (StatusLine, ("proof",)),
    ],
    ids=["its head", "its list", "its list and proof", "its proof of a list"],
)
def test_lg_17_what_is_another_registry_s_is_not_this_one_s(
    kind: type[HeadLine | StatusLine], members: tuple[str, ...]
) -> None:
    world = World()
    lump = world.move(drawn(world), "cat", "two.example")
    batch = world.issue("cat", [lump], [Make(300_000)], registry="two.example")
    lines = [read_line(line, "") for line in world.bundle(batch.certificate)]
    assert report(judged(world, [line.to_bytes() + b"\n" for line in lines])).verdict == "genuine"
    here = [number for number, line in enumerate(lines) if isinstance(line, kind)]
    by = {name: [at for at in here if lines[at].registry == name] for name in ("one.example", "two.example")}  # type: ignore[union-attr]
    for one, two in zip(by["one.example"], by["two.example"], strict=True):
        for at, other in ((one, two), (two, one)):
            taken = {member: getattr(lines[other], member) for member in members}
            changed = [*lines[:at], replace(lines[at], **taken), *lines[at + 1 :]]
            found = report(judged(world, [line.to_bytes() + b"\n" for line in changed]))
            assert found.verdict == "do-not-rely", found.headline


def test_lg_17_a_record_can_not_stand_in_the_log_as_a_list() -> None:
    """A monitor looks for repeated marks in records; one that hides as a list would not be seen."""
    from ledger.log.entry import EntryKind, ListVersion

    world = World()
    hidden = Cheat(entry=lambda entry: replace(entry, kind=EntryKind.STATUS_LIST, listed=ListVersion(1, bytes(32))))
    chain = judged(world, world.bundle(mined(world, cheat=hidden).certificate))
    assert codes(chain) == {"record.entry"}


def test_two_heads_of_one_registry_are_refused() -> None:
    world = World()
    lines = world.bundle(mined(world).certificate)
    head = next(number for number, line in enumerate(lines) if line.startswith(b'{"t":"head"'))
    chain = judged(world, [*lines[: head + 1], lines[head], *lines[head + 1 :]])
    assert {"bundle.head-twice", "bundle.end"} <= {finding.code for finding in chain.findings.all}


def test_two_truths_under_one_signature_are_not_believed() -> None:
    """The issuer shows one buyer 41.2 kg of an input and another 4.12 kg."""
    world = World()
    batch = world.issue("ben", [drawn(world)], [Make(300_000)])
    lines = [read_line(line, "") for line in world.bundle(batch.certificate)]
    text = batch.certificate.text
    first, run, taken, *others = text.split("~")
    opened = from_base64url(taken).decode()
    assert '"mass_kg":"0.4"' in opened
    lie = to_base64url(opened.replace('"mass_kg":"0.4"', '"mass_kg":"0.04"').encode())
    for forged in ("~".join((first, run, lie, *others)), "~".join((first, run, taken, lie, *others))):
        changed = [
            replace(line, certificate=forged)
            if isinstance(line, CertificateLine) and line.certificate == text
            else line
            for line in lines
        ]
        chain = judged(world, [line.to_bytes() + b"\n" for line in changed])
        assert report(chain).verdict == "do-not-rely"
        assert "seal.disclosure-place" in {finding.code for finding in chain.findings.all}


def test_two_truths_in_two_certificates_of_one_output_are_not_believed() -> None:
    """The producer signs a second certificate for an output whose place in the issuance is taken."""
    world = World()
    batch = mined(world)
    other = mined(world, cheat=Cheat(values=lambda _: list(batch.values)))
    chain = judged(world, world.bundle(other.certificate))
    assert "record.place" in codes(chain)


def test_two_runs_behind_one_certificate_are_not_believed() -> None:
    """Another run is disclosed than the one whose digest was signed."""
    world = World()
    batch = mined(world)
    lines = [read_line(line, "") for line in world.bundle(batch.certificate)]
    first, _, *others = batch.certificate.text.split("~")
    facts = replace(batch.run.run, run="another")
    other = seal_value(facts, salt=bytes(16)).text
    changed = [
        replace(line, certificate="~".join((first, other, *others))) if isinstance(line, CertificateLine) else line
        for line in lines
    ]
    assert report(judged(world, [line.to_bytes() + b"\n" for line in changed])).verdict == "do-not-rely"


def test_mb_15_what_is_dated_ahead_is_not_valid_yet() -> None:
    world = World()
    ahead = Cheat(facts=lambda facts: replace(facts, issued=instant_text(whole_second(world.now_ms) + 600_000)))
    found = judged(world, world.bundle(mined(world, cheat=ahead).certificate))
    assert "log.issued" in codes(found)


@pytest.mark.parametrize("kind", ["withdraw", "suspend"])
def test_mb_15_an_upstream_batch_that_ended_afterwards_leaves_nothing_genuine(kind: str) -> None:
    world = World()
    lump = drawn(world)
    batch = world.issue("ben", [lump], [Make(300_000)])
    last = world.issue("ben", list(batch.lumps), [Make(200_000)])
    world.change(kind, lump.issuance.certificate)  # type: ignore[arg-type]
    result = report(judged(world, world.bundle(last.certificate)))
    assert result.verdict == "withdrawn"
    assert exit_code(result) == 1
