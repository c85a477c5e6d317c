"""Bundles that nobody makes in good faith, of which processes that share them would know too little: one judges them all."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

import pytest

from ledger.holdings.mark import issuance_digest
from ledger.seal.digest import digest_bytes, to_base64url
from ledger.seal.sdjwt import open_certificate
from ledger.verification import Task
from ledger.verify import following
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from schemas.bundle import CertificateLine, EndLine, Header, HeadLine, StatusLine, is_record, read_line
from schemas.document import altered
from tests.draft import Cheat
from tests.recipe import Make, tables
from tests.shared import shared_report
from tests.world import World, _certificate_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.seal.certificate import SealedCertificate
    from schemas.bundle import BundleLine
    from schemas.certificate import CertificateFacts
    from schemas.vocabulary import Audience
    from tests.draft import Issuance, Lump

KG = 1_000_000
Lines = list[bytes]


def for_one_process(world: World, lines: Lines, verdict: str) -> None:
    """Hold that one process gives this verdict, and that however many share the work, they leave it to one."""
    task = Task(lambda: iter(counted(lines)), world.people.trust, tables(), Policy(world.now_ms))
    alone = report(task.judged())
    assert alone.verdict == verdict, alone.headline
    for processes in (2, 3, 4):
        assert shared_report(task, processes=processes) in (None, alone)


def counted(lines: Lines) -> Lines:
    """Return lines whose header and end say how many there are."""
    header = read_line(lines[0], "")
    assert isinstance(header, Header)
    records = header.model_copy(update={"records": sum(map(is_record, lines))})
    return [written(records), *lines[1:-1], written(EndLine(t="end", lines=len(lines)))]


def written(line: BundleLine) -> bytes:
    return line.to_bytes() + b"\n"


def at(lines: Lines, certificate: SealedCertificate | None) -> int:
    """Return where the line of a certificate stands, the last one if there are several."""
    signed = certificate.text.partition("~")[0] if certificate else ""
    return max(number for number, line in enumerate(lines) if f'"{signed}~'.encode() in line)


def changed(line: bytes, *, hidden: bool = False, entry: bytes = b"") -> bytes:
    """Return the line of a certificate that shows nothing, or that has another entry."""
    read = read_line(line, "")
    assert isinstance(read, CertificateLine)
    text = f"{read.certificate.partition('~')[0]}~" if hidden else read.certificate
    proof = read.proof.model_copy(update={"entry": to_base64url(entry)}) if entry else read.proof
    return written(read.model_copy(update={"certificate": text, "proof": proof}))


def chain(world: World, lump: Lump, length: int = 8) -> Issuance:
    """Return the last of so many batches, each made of all of the one before."""
    made = world.issue("ann", [lump], [Make(lump.mass_mg)])
    return chain(world, made.lumps[0], length - 1) if length > 1 else made


def showing(world: World, made: Issuance, of: Issuance) -> None:
    """Have bundles show all certificates of an issuance, as lines of `of`."""
    every = {each.digest for each in made.certificates if each}
    world.records[of.digest] = replace(
        world.records[of.digest],
        lines=lambda bundle, proof: _certificate_lines(made, replace(bundle, shown=bundle.shown | every), proof),
    )


def logged_as(world: World, made: Issuance) -> bytes:
    """Log an issuance with a mark that is of nothing; return its digest."""
    digest, marks = issuance_digest(digest_bytes(made.run.digest), made.values), [world.salt(32)]
    world.log("one.example", digest, marks, builds_on=(), lines=partial(_certificate_lines, made))
    return digest


def headless(lines: Lines) -> Lines:
    """Return a bundle without the head and the status lists of the second registry."""
    kept = []
    for raw in lines:
        line = read_line(raw, "")
        if isinstance(line, HeadLine | StatusLine) and line.registry == "two.example":
            continue
        if isinstance(line, Header):
            raw = written(line.model_copy(update={"registries": ("one.example",)}))  # noqa: PLW2901
        kept.append(raw)
    return kept


def test_a_certificate_stands_in_two_issuances() -> None:
    world = World()
    first = world.issue("ann", makes=[Make(100 * KG), Make(50 * KG)])
    last = chain(world, first.lumps[0])
    values = (first.values[0], world.salt(32))
    digest = logged_as(world, replace(first, values=values, certificates=(first.certificate, None)))
    lines = world.bundle(last.certificate, also=[digest])
    lines.insert(-2, changed(lines.pop(at(lines, first.certificate)), hidden=True))
    for_one_process(world, lines, "do-not-rely")


def test_a_certificate_of_a_log_without_a_head_stands_twice() -> None:
    world = World()
    first = world.issue("ann", makes=[Make(100 * KG)])
    beside = world.issue("ann", makes=[Make(10 * KG)], registry="two.example")
    lines = headless(world.bundle(chain(world, first.lumps[0]).certificate, also=[beside.digest]))
    lines.insert(-2, changed(lines[at(lines, beside.certificate)], entry=bytes(60)))
    for_one_process(world, lines, "do-not-rely")


def called_otherwise(facts: CertificateFacts) -> CertificateFacts:
    batch = altered(facts.batch, lot="another") if facts.output == 0 else facts.batch
    return facts.model_copy(update={"batch": batch})


@pytest.mark.parametrize(
    ("cheat", "verdict"), [(Cheat(), "incomplete"), (Cheat(facts=called_otherwise), "do-not-rely")]
)
def test_certificates_of_one_issuance_say_that_they_are_of_two(cheat: Cheat, verdict: str) -> None:
    world = World()
    first = world.issue("ann", makes=[Make(100 * KG)])
    two = world.issue("ann", makes=[Make(10 * KG), Make(5 * KG)], registry="two.example", cheat=cheat)
    showing(world, two, two)
    lines = headless(world.bundle(chain(world, first.lumps[0]).certificate, also=[two.digest]))
    one, other = (at(lines, each) for each in two.certificates)
    lines[one] = changed(lines[one], hidden=True)
    lines.insert(-2, changed(lines.pop(other), entry=bytes(60)))
    for_one_process(world, lines, verdict)


@pytest.mark.parametrize("hidden", [1, 3])
def test_a_hidden_correction_stands_before_what_it_corrects(hidden: int) -> None:
    world = World()
    made = [world.issue("ann", makes=[Make(10 * KG)])]
    for cheat in (Cheat(), Cheat(facts=called_otherwise)):
        made.append(world.issue("ann", made[0].takes, [Make(10 * KG)], follows=made[-1], cheat=cheat))
    last = chain(world, replace(made[0].lumps[0], issuance=made[2]), 9)
    lines = world.bundle(last.certificate, also=[each.digest for each in made[1:]])
    for each in made[-hidden:]:
        lines[at(lines, each.certificate)] = changed(lines[at(lines, each.certificate)], hidden=True)
    correction = lines.pop(at(lines, made[2].certificate))
    lines.insert(at(lines, made[0].certificate), correction)
    for_one_process(world, lines, "do-not-rely")


def richer(share: str = "0.601") -> tuple[tuple[str, str], ...]:
    return ("Nd", share), ("Pr", "0.25"), ("O", f"{Decimal('0.75') - Decimal(share)}")


def shown_less(certificate: SealedCertificate | None, part: str) -> Callable[[str], Audience | list[str]]:
    """Return what a bundle shows of each certificate: all, but of this one no such part of its run."""
    assert certificate is not None
    left = [place for place in open_certificate(certificate.text).shown if part not in place]
    return lambda digest: left if digest == certificate.digest else "auditor"


@pytest.mark.parametrize("hidden", ["run", "materials"])
def test_more_of_a_run_is_shown_after_something_was_made_of_it(hidden: str) -> None:
    world = World()
    lump = world.issue("ann", makes=[Make(1000 * KG, richer("0.6"))]).lumps[0]
    makes = [Make(800 * KG, richer()), Make(1200 * KG, richer())]
    run = world.issue("ann", [lump], makes, feed_mg=1000 * KG)
    last = used = world.issue("ann", [run.lumps[0]], [Make(800 * KG, richer())])
    for _ in range(7):
        last = world.issue("ann", [last.lumps[0]], [Make(800 * KG, richer())])
    if hidden == "materials":  # the lot whose certificate shows them is used, too
        last = world.issue("ann", [last.lumps[0], run.lumps[1]], [Make(2000 * KG, richer())])
    showing(world, run, run)
    first, second = run.certificates
    less = shown_less(first, hidden)
    lines = world.bundle(last.certificate, less)
    lines.insert(at(lines, used.certificate), lines.pop(at(lines, second)))
    for_one_process(world, lines, "genuine")


def test_a_run_stands_in_two_issuances() -> None:
    world = World()
    lump = world.issue("ann", makes=[Make(1000 * KG, richer("0.6"))]).lumps[0]
    run = world.issue("ann", [lump], [Make(400 * KG, richer()), Make(600 * KG, richer())])
    lump, late = world.split(run.lumps[0], 200 * KG)
    between = None
    for number in range(8):
        made = world.issue("ann", [lump], [Make(200 * KG, richer())])
        lump, between = made.lumps[0], made if number == 3 else between
    for _ in range(4):
        late = world.issue("ann", [late], [Make(200 * KG, richer())]).lumps[0]
    last = world.issue("ann", [late, lump], [Make(400 * KG, richer())])
    first, second = run.certificates
    values = (world.salt(32), run.values[1])
    digest = logged_as(world, replace(run, values=values, certificates=(None, second)))
    showing(world, replace(run, certificates=(first, None)), run)
    lines = world.bundle(last.certificate, shown_less(second, "inputs"), also=[digest])
    assert between is not None
    lines.insert(at(lines, between.certificate), lines.pop(at(lines, second)))
    for_one_process(world, lines, "genuine")


def richer_by_assays(share: str) -> tuple[tuple[str, str], ...]:
    return ("Nd", share), ("Pr", f"{Decimal('0.85') - Decimal(share)}"), ("O", "0.15")


@pytest.mark.parametrize("late", ["never", "first run first", "last run first"])
def test_gains_of_assays_add_up_also_through_runs_that_are_shown_last(late: str) -> None:
    world = World()
    lump = world.issue("ann", makes=[Make(1600 * KG, richer_by_assays("0.6"))]).lumps[0]
    runs = []
    for share in ("0.602", "0.604", "0.606", "0.608"):  # each time two thirds of what assays explain along a chain
        half = Make(lump.mass_mg // 2, richer_by_assays(share))
        runs.append(world.issue("ann", [lump], [half, half]))
        lump = runs[-1].lumps[0]
    last = world.issue("ann", [lump], [Make(lump.mass_mg, richer_by_assays("0.608"))])
    for each in runs:
        showing(world, each, each)
    hidden = {each.certificates[0].digest for each in runs if each.certificates[0] and late != "never"}
    lines = world.bundle(last.certificate, lambda digest: "public" if digest in hidden else "auditor")
    for each in sorted(runs, key=runs.index, reverse=late == "last run first") if hidden else ():
        lines.insert(-1, lines.pop(at(lines, each.certificates[1])))
    for_one_process(world, lines, "do-not-rely")


def test_more_than_a_process_keeps_unread_is_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    lines = world.bundle(chain(world, world.issue("ann", makes=[Make(100 * KG)]).lumps[0]).certificate)
    task = Task(lambda: iter(lines), world.people.trust, tables(), Policy(world.now_ms))
    assert shared_report(task, processes=2) == report(task.judged())
    monkeypatch.setattr(following, "MOST_KEPT_BYTES", 8000)
    assert shared_report(task, processes=2) is None
