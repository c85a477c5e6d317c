from __future__ import annotations

import multiprocessing
import os
import select
import signal
import struct
from contextlib import nullcontext, suppress
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from ledger import verification
from ledger.footprint.figures import parsed_co2e, per_kg
from ledger.log.entry import blinded_in
from ledger.processes import Processes
from ledger.seal.digest import from_base64url, to_base64url
from ledger.seal.signer import SoftwareSigner
from ledger.verification import Task, verify_shared
from ledger.verify.chain import Policy
from ledger.verify.reading import FOLLOWING, NotSharedError, Share
from ledger.verify.rule import Rule
from ledger.verify.verdict import report
from schemas.bundle import EndLine, Header, HeadLine, StatusLine, entry_of, read_line
from schemas.document import altered
from schemas.problem import InputError, StateError
from schemas.quantity import milligrams, trillionths_text
from tests.beside import forks_once
from tests.cast import key
from tests.draft import Cheat
from tests.recipe import Make, tables
from tests.shared import shared_chain, shared_report
from tests.world import World, _certificate_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from multiprocessing.connection import Connection

    from schemas.bundle import BundleLine
    from schemas.certificate import CertificateFacts
    from schemas.report import Report
    from schemas.vocabulary import Audience
    from tests.draft import Issuance

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
KG = 1_000_000


def history(world: World, *, cheat: Cheat | None = None, at: int = 5) -> list[bytes]:
    """Return the bundle of a chain of twelve runs with two outputs each, splits and moves on the way; one may cheat."""
    lumps = list(world.issue("ann", makes=[Make(1000 * KG), Make(500 * KG)]).lumps)
    made = None
    for number in range(12):
        taken = world.move(world.split(lumps[0], 100 * KG)[0], "ann")
        other = world.split(lumps[1], 50 * KG)[0]
        made = world.issue(
            "ann",
            [taken, other],
            [Make(900 * KG), Make(600 * KG)],
            feed_mg=1350 * KG,
            cheat=cheat if cheat and number == at else Cheat(),
        )
        lumps = list(made.lumps)
    assert made is not None
    return world.bundle(made.certificate)


def task_of(world: World, lines: list[bytes]) -> Task:
    return Task(lambda: iter(lines), world.people.trust, tables(), Policy(world.now_ms))


def verified(world: World, lines: list[bytes], *, processes: int) -> Report:
    return report(verify_shared(task_of(world, lines), processes=processes))


@pytest.mark.parametrize("processes", [2, 3])
def test_a_shared_report_is_the_report_of_one_process(processes: int) -> None:
    world = World()
    lines = history(world)
    alone = verified(world, lines, processes=1)
    assert alone.verdict == "genuine"
    assert verified(world, lines, processes=processes) == alone


@pytest.mark.parametrize("audience", ["public", "customer", "partner"])
def test_what_is_withheld_is_told_as_by_one_process(audience: str) -> None:
    world = World()
    made = world.issue("ann", makes=[Make(10 * KG)])
    for _ in range(6):
        made = world.issue("ann", [world.split(made.lumps[0], KG)[0]], [Make(10 * KG)], feed_mg=9 * KG)
    lines = world.bundle(made.certificate, audience)  # type: ignore[arg-type] # one of the audiences
    assert verified(world, lines, processes=2) == verified(world, lines, processes=1)


def changed(number: int, change: Callable[[bytes], bytes]) -> Callable[[list[bytes]], list[bytes]]:
    return lambda lines: [*lines[:number], change(lines[number]), *lines[number + 1 :]]


def flip(line: bytes) -> bytes:
    middle = len(line) // 2
    return line[:middle] + (b"A" if line[middle : middle + 1] != b"A" else b"B") + line[middle + 1 :]


@pytest.mark.parametrize("number", [*range(24), *range(24, 60, 3)])
def test_a_changed_line_is_found_by_whichever_process_judges_it(number: int) -> None:
    world = World()
    lines = changed(-2 - number, flip)(history(world))
    alone = verified(world, lines, processes=1)
    assert alone.verdict != "genuine"
    assert verified(world, lines, processes=2) == alone


@pytest.mark.parametrize("missing", range(2, 20, 3))
def test_a_line_left_out_is_found(missing: int) -> None:
    world = World()
    lines = history(world)
    del lines[missing]
    alone = verified(world, lines, processes=1)
    assert alone.verdict == "do-not-rely"
    assert verified(world, lines, processes=2) == alone


def test_a_false_figure_is_found() -> None:
    world = World()
    cheat = Cheat(facts=lambda facts: facts.model_copy(update={"output": 1 - facts.output}))
    lines = history(world, cheat=cheat)
    alone = verified(world, lines, processes=1)
    assert alone.verdict == "do-not-rely"
    assert verified(world, lines, processes=3) == alone


def test_no_process_reads_on_when_another_has_refused_the_lines() -> None:
    world = World()
    lines = history(world)
    at = next(number for number, line in enumerate(lines) if line.startswith(b'{"t":"split"'))
    many, taken = 400_000, [0]

    def told() -> Iterator[bytes]:
        for number in range(len(lines) + many):
            taken[0] += 1
            yield lines[number if number <= at else max(at, number - many)]

    task = Task(told, world.people.trust, tables(), Policy(world.now_ms))
    with pytest.raises(InputError) as refused:
        verify_shared(task, processes=2)
    assert refused.value.code == "bundle.refused"
    assert taken[0] < many // 4, taken


@pytest.mark.parametrize("number", [4, 5])
def test_a_file_that_changes_while_it_is_read_is_judged_as_one(number: int) -> None:
    world, other = World(), World()
    cheat = Cheat(signer=SoftwareSigner(key("ann").kid, key("ben").key))  # only who judges the record sees it
    cheated, honest = history(world, cheat=cheat, at=number), history(other)
    parent = os.getpid()
    task = Task(
        lambda: iter(cheated if os.getpid() == parent else honest),
        world.people.trust,
        tables(),
        Policy(max(world.now_ms, other.now_ms)),
    )
    assert report(verify_shared(task, processes=2)) == report(task.judged())
    assert task.judged().judge.failed


def test_every_record_is_judged_by_exactly_one_process() -> None:
    world = World()
    lines = history(world)
    task = task_of(world, lines)
    alone = task.judged().judge.made
    shares = [task.judged_share(Share(number, 3)).judge.made for number in range(3)]
    assert all(shares)
    for rule in (Rule.SIGNED, Rule.TAKEN, Rule.SPLIT_SUM, Rule.MOVE_SIGNED, Rule.ELEMENTS, Rule.RECOMPUTED):
        assert alone[rule] == sum(share[rule] for share in shares) > 0


def test_certificates_of_one_issuance_that_stand_far_apart_are_judged_by_one_process() -> None:
    world = World()
    made = first = world.issue("ann", makes=[Make(10 * KG), Make(5 * KG)])
    for _ in range(8):
        made = world.issue("ann", [made.lumps[0]], [Make(10 * KG)])
    made = world.issue("ann", [made.lumps[0], first.lumps[1]], [Make(15 * KG)])
    lines = world.bundle(made.certificate)
    number, second = [each for each in enumerate(lines) if each[1].startswith(b'{"t":"certificate"')][1]
    del lines[number]
    lines.insert(-2, second)  # before the last certificate, which uses it
    alone = verified(world, lines, processes=1)
    assert alone.verdict == "genuine", alone.headline
    assert verified(world, lines, processes=2) == alone
    task = task_of(world, lines)
    with pytest.raises(NotSharedError):
        task.judged_share(Share(1, 2))


@pytest.mark.parametrize("audience", ["auditor", "partner", "customer", "public"])
@pytest.mark.parametrize("processes", [2, 3])
def test_what_is_usual_is_shared(audience: Audience, processes: int) -> None:
    world = World()
    made = world.issue("ann", makes=[Make(10 * KG), Make(5 * KG)])
    for _ in range(8):
        lumps = [world.move(world.split(made.lumps[0], 3 * KG)[0], "ben"), world.move(made.lumps[1], "ben")]
        made = world.issue("ben", lumps, [Make(10 * KG), Make(5 * KG)], feed_mg=7 * KG)
        lumps = [world.move(lump, "ann") for lump in made.lumps]
        made = world.issue("ann", lumps, [Make(10 * KG), Make(5 * KG)])
    task = task_of(world, world.bundle(made.certificate, audience, own=made.lumps[0]))
    found = shared_report(task, processes=processes)
    assert found is not None
    assert found == report(task.judged())


def corrected(world: World, old: Issuance) -> Issuance:
    """Return a correction of an issuance of one lot, which says the same."""
    return world.issue(old.producer, old.takes, [Make(10 * KG)], follows=old)


@pytest.mark.parametrize("audience", ["auditor", "partner", "public"])
def test_corrections_are_shared_where_what_they_correct_is_judged_by_the_same_process(audience: Audience) -> None:
    world = World()
    made = world.issue("ann", makes=[Make(10 * KG)])
    for number in range(12):
        lump = made.lumps[0]
        if number in {2, 10}:
            lump = replace(lump, issuance=corrected(world, made))
        made = world.issue("ann", [lump], [Make(10 * KG)])
    task = task_of(world, world.bundle(made.certificate, audience))
    alone = report(task.judged())
    assert alone.verdict == "genuine", alone.headline
    assert shared_report(task, processes=2) == alone


def test_a_correction_of_what_another_process_judges_is_for_one_process() -> None:
    world = World()
    first = made = world.issue("ann", makes=[Make(10 * KG)])
    for _ in range(9):
        made = world.issue("ann", [made.lumps[0]], [Make(10 * KG)])
    after = corrected(world, first)
    lines = world.bundle(made.certificate)
    shown = next(line for line in world.bundle(after.certificate) if after.certificate.text.encode() in line)
    lines.insert(-3, shown)
    task = task_of(world, lines)
    assert shared_report(task, processes=2) is None
    with pytest.raises(NotSharedError):
        task.judged_share(Share(1, 2))


def test_what_is_corrected_is_shared_wherever_the_stretches_end() -> None:
    shared = 0
    for at in range(12):
        world = World()
        made = world.issue("ann", makes=[Make(10 * KG)])
        for number in range(12):
            lump = made.lumps[0]
            if number == at:
                lump = replace(lump, issuance=corrected(world, made))
            made = world.issue("ann", [lump], [Make(10 * KG)])
        task = task_of(world, world.bundle(made.certificate))
        alone, told = report(task.judged()), shared_report(task, processes=2)
        assert alone.verdict == "genuine", alone.headline
        assert told in (None, alone)
        shared += told is not None
    assert shared == 11  # all but the one where the correction stands in another stretch than what it corrects


@pytest.mark.parametrize(("hidden", "shared"), [(1, False), (2, True)])
def test_a_run_that_one_certificate_hides_and_a_later_one_shows_is_for_one_process(
    hidden: int, *, shared: bool
) -> None:
    world = World()
    made = world.issue("ann", makes=[Make(100 * KG), Make(50 * KG)])
    public = {each.digest for each in made.certificates[:hidden] if each}
    lump = made.lumps[0]
    for _ in range(6):
        lump = world.issue("ann", [lump], [Make(100 * KG)]).lumps[0]
    last = world.issue("ann", [lump, made.lumps[1]], [Make(150 * KG)])
    task = task_of(world, world.bundle(last.certificate, lambda each: "public" if each in public else "auditor"))
    told = shared_report(task, processes=2)
    assert told == (report(task.judged()) if shared else None)
    with nullcontext() if shared else pytest.raises(NotSharedError):
        task.judged_share(Share(1, 2))


def test_of_what_another_process_judged_all_is_known_that_one_process_knows() -> None:
    world = World()
    task = task_of(world, history(world))
    alone, shared = task.judged(), shared_chain(task, processes=3)
    assert shared is not None
    assert [*shared.seen] == [*alone.seen]
    for digest, seen in shared.seen.items():
        for name in ("digest", "brief", "run_digest", "issuance", "values", "logged", "signed", "place", "record"):
            assert getattr(seen, name) == getattr(alone.seen[digest], name)
        assert not hasattr(seen, "text")


def test_records_whose_entries_name_each_other_in_a_circle_are_read_once_each() -> None:
    world = World()
    made = world.issue("ann", makes=[Make(100 * KG)])
    part, rest = world.split(made.lumps[0], 50 * KG)
    lump = world.split(part, 20 * KG)[0]
    for _ in range(8):
        lump = world.issue("ann", [lump], [Make(lump.mass_mg)]).lumps[0]
    lines = world.bundle(world.issue("ann", [lump, rest], [Make(70 * KG)]).certificate)
    first, _, second = [at for at, line in enumerate(lines) if line.startswith((b'{"t":"cert', b'{"t":"split'))][:3]
    lines[second] = named_as(lines[second], lines[first])  # the second split as the batch that the first one splits
    same_or_not_shared(task_of(world, lines), "do-not-rely")
    # whichever of a circle is read first has nothing to build on
    assert task_of(world, lines).judged_share(Share(1, 2)).judge.failed


def named_as(line: bytes, other: bytes) -> bytes:
    """Return the line of a record with the digest in its entry that another's has."""
    entry, another = map(entry_of, (line, other))
    raw, digest = from_base64url(entry.decode()), blinded_in(from_base64url(another.decode()))
    return line.replace(entry, to_base64url(raw.replace(blinded_in(raw), digest)).encode())


def same_or_not_shared(task: Task, verdict: str) -> None:
    alone = report(task.judged())
    assert alone.verdict == verdict, alone.headline
    for processes in (2, 3):
        assert shared_report(task, processes=processes) in (None, alone)


def lighter(facts: CertificateFacts) -> CertificateFacts:
    """Say of the second output that it has ten times its mass, and so a tenth of its footprint by the kg."""
    if facts.output != 1:
        return facts
    batch = altered(facts.batch, net_mass_kg=f"{facts.batch.net_mass_kg}0")
    each = per_kg(parsed_co2e(facts.footprint.total_kg_co2e), milligrams(batch.net_mass_kg))
    told = altered(
        facts.footprint.per_kg, location=trillionths_text(each.location), market=trillionths_text(each.market)
    )
    return facts.model_copy(update={"batch": batch, "footprint": altered(facts.footprint, per_kg=told)})


def test_a_run_that_is_logged_twice_hides_no_certificate_from_what_another_shows_of_it() -> None:
    world = World()
    made = world.issue("ann", makes=[Make(100 * KG), Make(50 * KG)], cheat=Cheat(facts=lighter))
    honest, false = made.certificates
    assert honest is not None
    assert false is not None
    lump, last = made.lumps[0], made
    for _ in range(6):
        last = world.issue("ann", [lump], [Make(lump.mass_mg)])
        lump = last.lumps[0]
    first, second = replace(made, certificates=(honest, None)), replace(made, certificates=(None, false))
    again = world.log(
        "one.example",
        made.digest,
        [world.salt(32)],
        builds_on=(),
        lines=lambda bundle, proof: _certificate_lines(second, bundle, proof),
    )
    world.records[made.digest] = replace(
        world.records[made.digest], lines=lambda bundle, proof: _certificate_lines(first, bundle, proof)
    )
    world.records[b"B" * 32], world.makers[false.digest] = again, b"B" * 32
    shown: Callable[[str], Audience] = lambda digest: "public" if digest == false.digest else "auditor"  # noqa: E731
    same_or_not_shared(task_of(world, world.bundle(false, shown, also=[last.digest])), "do-not-rely")


def test_a_correction_in_a_log_of_which_no_head_is_here_counts_for_nothing() -> None:
    world = World()
    first = made = world.issue("ann", makes=[Make(10 * KG)])
    elsewhere = Cheat(
        log="two.example",
        run=lambda run: run.model_copy(update={"registry": "two.example"}),
        facts=lambda facts: facts.model_copy(update={"registry": "two.example"}),
    )
    after = world.issue("ann", first.takes, [Make(10 * KG)], follows=first, cheat=elsewhere)
    for _ in range(10):
        made = world.issue("ann", [made.lumps[0]], [Make(10 * KG)])

    def headless(lines: Iterable[BundleLine]) -> list[BundleLine]:
        left: list[BundleLine] = []
        for line in lines:
            match line:
                case Header():
                    left.append(line.model_copy(update={"registries": ("one.example",)}))
                case HeadLine(registry="two.example") | StatusLine(registry="two.example"):
                    pass
                case EndLine():
                    left.append(line.model_copy(update={"lines": len(left) + 1}))
                case _:
                    left.append(line)
        return left

    lines = world.bundle(made.certificate, also=[after.digest], change=headless)
    same_or_not_shared(task_of(world, lines), "do-not-rely")


def test_which_run_used_a_batch_first_is_told_as_by_one_process() -> None:
    world = World()
    source = world.issue("ann", makes=[Make(10 * KG)])
    used = world.issue("ann", [source.lumps[0]], [Make(6 * KG), Make(4 * KG)])
    after = world.issue("ann", source.takes, [Make(10 * KG)], follows=source)
    again = world.issue("ann", used.takes, [Make(6 * KG), Make(4 * KG)], follows=used)
    made = world.issue("ann", [used.lumps[0]], [Make(6 * KG)])
    for _ in range(10):
        made = world.issue("ann", [made.lumps[0]], [Make(6 * KG)])
    both = {each.digest for each in used.certificates if each}
    world.records[used.digest] = replace(
        world.records[used.digest],
        lines=lambda bundle, proof: _certificate_lines(used, replace(bundle, shown=bundle.shown | both), proof),
    )
    second = replace(again, certificates=(None, again.certificates[1]))
    world.records[again.digest] = replace(
        world.records[again.digest], lines=lambda bundle, proof: _certificate_lines(second, bundle, proof)
    )
    lines = world.bundle(made.certificate, also=[after.digest, again.digest])
    before, later = (
        next(at for at, line in enumerate(lines) if each and each.text.partition("~")[0].encode() in line)
        for each in (used.certificates[1], again.certificates[1])
    )
    lines.insert(later, lines.pop(before))  # what is corrected comes after its correction
    same_or_not_shared(task_of(world, lines), "do-not-rely")


def assayed(gains: Mapping[int, str], audience: Audience = "auditor") -> tuple[World, list[bytes]]:
    """Return a chain of twelve runs, some of which say that the batch has more neodymium than what was taken."""
    world = World()
    fraction = Decimal("0.6")
    lump = world.issue("ann", makes=[Make(1000 * KG)]).lumps[0]
    made = None
    for number in range(12):
        fraction += Decimal(gains.get(number, "0"))
        rest = Decimal("0.75") - fraction
        made = world.issue(
            "ann", [lump], [Make(lump.mass_mg, (("Nd", f"{fraction}"), ("Pr", "0.25"), ("O", f"{rest}")))]
        )
        lump = world.split(made.lumps[0], lump.mass_mg // 2)[0]
    assert made is not None
    return world, world.bundle(made.certificate, audience)


@pytest.mark.parametrize("processes", [2, 3])
@pytest.mark.parametrize(
    ("gains", "verdict"),
    [
        ({1: "0.001"}, "genuine"),
        ({1: "0.001", 10: "0.001"}, "genuine"),
        ({1: "0.001", 5: "-0.2", 6: "0.0005"}, "genuine"),
        ({1: "0.002", 10: "0.002"}, "do-not-rely"),
        ({5: "0.002", 6: "0.0005", 10: "0.002"}, "do-not-rely"),
    ],
)
def test_gains_of_assays_add_up_across_stretches(gains: dict[int, str], verdict: str, processes: int) -> None:
    world, lines = assayed(gains)
    task = task_of(world, lines)
    alone = report(task.judged())
    assert alone.verdict == verdict
    assert verified(world, lines, processes=processes) == alone
    assert shared_report(task, processes=processes) == (alone if verdict == "genuine" else None)


@pytest.mark.parametrize("audience", ["partner", "customer"])
def test_gains_of_which_not_all_is_shown_are_told_as_by_one_process(audience: Audience) -> None:
    world, lines = assayed({1: "0.001", 10: "0.001"}, audience)
    assert verified(world, lines, processes=2) == verified(world, lines, processes=1)


@pytest.mark.parametrize("number", [5, 6, -3])
def test_a_certificate_that_no_one_could_write_is_refused(number: int) -> None:
    world = World()
    lines = history(world)
    lines[number] = lines[number].replace(b"A", b"\\u00e9", 1)
    alone = verified(world, lines, processes=1)
    assert alone.verdict == "do-not-rely"
    assert verified(world, lines, processes=2) == alone


@pytest.mark.parametrize("records", [0, 1, 10**6])
def test_a_header_that_counts_wrongly_is_found(records: int) -> None:
    world = World()
    lines = history(world)
    header = read_line(lines[0], "")
    assert isinstance(header, Header)
    lines[0] = header.model_copy(update={"records": records}).to_bytes() + b"\n"
    alone = verified(world, lines, processes=1)
    assert alone.verdict == "do-not-rely"
    assert verified(world, lines, processes=3) == alone


def test_what_was_split_a_thousand_times_before_a_stretch_is_followed() -> None:
    world = World()
    lump = world.issue("ann", makes=[Make(2000 * KG)]).lumps[0]
    for _ in range(1200):
        _, lump = world.split(lump, KG)
    made = world.issue("ann", [lump], [Make(lump.mass_mg)])
    task = task_of(world, world.bundle(made.certificate))
    assert shared_report(task, processes=2) == report(task.judged())


def test_each_stretch_takes_the_same_time_with_what_is_followed_before_it() -> None:
    ends = [0, *Share(0, 3).ends(1_000_000, FOLLOWING), 1_000_000]
    times = [end - start + FOLLOWING * start for start, end in pairwise(ends)]
    assert max(times) - min(times) < 3
    assert times[0] < 350_000


def test_a_process_that_ends_without_an_answer_fails_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    lines = history(world)
    monkeypatch.setattr(verification, "_work", lambda *_: os._exit(1))
    with pytest.raises(StateError) as refused:
        verified(world, lines, processes=2)
    assert refused.value.code == "verify.process-ended"


def test_where_the_system_begins_no_more_processes_one_judges_all(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    lines = history(world)
    begun = forks_once(monkeypatch)
    assert verified(world, lines, processes=3).verdict == "genuine"
    assert begun
    assert not multiprocessing.active_children()


def test_a_process_that_ends_in_the_middle_of_its_answer_fails_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    def half(_task: Task, _share: Share, connection: Connection) -> None:
        os.write(connection.fileno(), struct.pack("!i", 1000) + b"half")
        os._exit(1)

    world = World()
    lines = history(world)
    monkeypatch.setattr(verification, "_work", half)
    with pytest.raises(StateError) as error:
        verified(world, lines, processes=2)
    assert error.value.code == "verify.process-ended"


def test_a_process_ends_when_nobody_is_left_to_hear_it() -> None:
    """As one whose parent was killed: it would fill the pipe and wait, did it hold the other end of it itself."""
    reading, writing = os.pipe()
    parent = os.fork()
    if not parent:
        try:
            Processes().begin(lambda connection: _told(connection, writing))
        finally:
            os._exit(0)  # as if killed: nothing is ended
    os.waitpid(parent, 0)
    os.close(writing)
    with os.fdopen(reading, "rb", buffering=0) as ended:
        (process,) = struct.unpack("!i", ended.read(4))
        try:
            assert select.select([ended], [], [], 20)[0], "it waits still"
            assert ended.read(20) == b"unheard"
        finally:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


def _told(connection: Connection, ended: int) -> None:
    os.write(ended, struct.pack("!i", os.getpid()))
    try:
        connection.send(bytes(10**6))  # more than a pipe holds: it waits to be heard
    except BrokenPipeError:
        os.write(ended, b"unheard")
