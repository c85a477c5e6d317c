"""A forged chain that auditors blessed: from two bundles to a file of evidence that convicts them, by commands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.audit import AuditState
from schemas.document import replace
from schemas.trust import TrustFile
from tests.support.worlds.auditors import EVA, FAY, GUS, AuditedWorld, leaf
from tests.support.worlds.broken_histories import drawn, mined
from tests.support.worlds.drafts import Cheat
from tests.support.worlds.parties import did
from tests.support.worlds.recipe import Make, tables

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.terminal import Terminal
    from tests.support.worlds.drafts import Issuance


def forged(world: AuditedWorld) -> Issuance:
    """Let Ben draw more than there is, and make something of that."""
    larger = Cheat(pieces=lambda pieces: [replace(pieces[0], mass_mg=900_000), *pieces[1:]])
    lump = world.move(world.split(mined(world).lumps[0], 400_000, cheat=larger)[0], "ben")
    return world.issue("ben", [lump], [Make(lump.mass_mg)])


def files(folder: Path, world: AuditedWorld, made: Issuance) -> tuple[str, str, str]:
    """Write the whole bundle, what a scan shows, and the trust list; return where."""
    own, world.audits = world.audits, []
    whole = b"".join(world.bundle(made.certificate))
    world.audits = own
    found = (folder / "whole.oreprint", folder / "scan.oreprint", folder / "trust.json")
    found[0].write_bytes(whole)
    found[1].write_bytes(b"".join(world.bundle(made.certificate, "public")))
    found[2].write_bytes(TrustFile(note=world.people.note).to_bytes() + b"\n")
    return str(found[0]), str(found[1]), str(found[2])


def test_a_forged_chain_blessed_by_lying_auditors_convicts_them_all(tmp_path: Path, terminal: Terminal) -> None:
    world = AuditedWorld()
    made = forged(world)
    for name in (EVA, FAY):
        world.audit(name, [leaf(made)])
    scan = world.bundle(made.certificate, "public")
    told = report(
        verify_bundle(scan, trust=world.people.trust, tables=tables(), policy=Policy(world.now_ms + 60_000))
    ).audited
    assert told is not None
    assert told.state == "audited", "who scans it reads that two auditors found it right"
    whole, seen, trust = files(tmp_path, world, made)
    done = terminal.run("accuse", whole, seen, "--trust", trust, "-o", str(tmp_path / "evidence"), "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)["evidence"]
    assert {(each["auditor"], each["code"]) for each in found} == {
        (did(EVA), "evidence.audit"),
        (did(FAY), "evidence.audit"),
    }
    for each in found:
        judged = terminal.run("verify", each["file"], "--trust", trust, "--json")
        said = json.loads(judged.out)
        assert (judged.code, said["convicted"], said["auditor"]) == (1, True, each["auditor"])
        assert made.certificate.digest in said["sentence"]
    told_in_words = terminal.run("accuse", whole, seen, "--trust", trust, "-o", str(tmp_path / "again"))
    assert "called the certificate" in " ".join(told_in_words.out.split())


def test_two_records_of_one_number_convict_also_across_two_bundles(tmp_path: Path, terminal: Terminal) -> None:
    world = AuditedWorld()
    made = world.issue("ben", [drawn(world)], [Make(300_000)])
    for state in (AuditState.RIGHT, AuditState.RELIED):
        world.audit(EVA, [leaf(made, state)], change={"number": 9})
    _, seen, trust = files(tmp_path, world, made)
    done = terminal.run("accuse", seen, "--trust", trust, "-o", str(tmp_path / "evidence"), "--json")
    (found,) = json.loads(done.out)["evidence"]
    assert (done.code, found["auditor"], found["code"]) == (0, did(EVA), "evidence.audit-twice")
    assert terminal.run("verify", found["file"], "--trust", trust).code == 1


@pytest.mark.parametrize("case", ["honest", "no whole chain", "no auditor", "a refusal", "not a bundle"])
def test_bundles_that_prove_nothing_accuse_nobody(tmp_path: Path, terminal: Terminal, case: str) -> None:
    world = AuditedWorld()
    made = world.issue("ben", [drawn(world)], [Make(300_000)]) if case == "honest" else forged(world)
    if case != "no auditor":
        world.audit(GUS, [leaf(made, AuditState.REFUSED if case == "a refusal" else AuditState.RIGHT)])
    whole, seen, trust = files(tmp_path, world, made)
    given = {"no whole chain": (seen,), "not a bundle": (whole, trust)}.get(case, (whole, seen))
    done = terminal.run("accuse", *given, "--trust", trust, "-o", str(tmp_path / "evidence"))
    assert not (tmp_path / "evidence").exists()
    if case == "not a bundle":
        assert (done.code, done.problem) == (3, "bundle.line")
    else:
        assert done.code == 2
        assert "prove nothing" in " ".join(done.out.split())
