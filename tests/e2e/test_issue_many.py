"""`oreprint issue` for many records: from a folder, JSON Lines or YAML of several documents; in groups, again after
a kill, every error by its line.
"""

from __future__ import annotations

import io
import json
import os
import pty
import re
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random
from threading import Thread
from typing import TYPE_CHECKING

import pytest
import yaml

from bench.commands import AND_PEAK
from cli.commands.issue import RECORDS_AT_ONCE
from ledger.audit.everything import audit
from ledger.store import schema
from ledger.store.engine import reading
from ledger.store.whole import count
from tests.faults.place import Place
from tests.faults.victim import victim
from tests.support.forked import command
from tests.support.http.server import ANN, BEN, CID, PASSPHRASE, Served, plant, serve, tables
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.e2e.terminal import Done, Terminal


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Served:
    made = serve(tmp_path)
    made.registry.engine.dispose()
    monkeypatch.setenv("OREPRINT_PASSPHRASE", PASSPHRASE.decode())
    return made


def lots(numbers: range) -> list[dict[str, object]]:
    return [written(f"MANY-{n}", "10 kg", producer=ANN, plant=plant(ANN)) for n in numbers]


def json_lines(path: Path, records: list[dict[str, object]]) -> Path:
    path.write_text("".join(f"{json.dumps(each)}\n" for each in records))
    return path


def plain_yaml(record: dict[str, object]) -> str:
    """Return a record as YAML, with nothing in it named to be repeated."""
    return str(yaml.dump(json.loads(json.dumps(record))))


def certificates(served: Served) -> int:
    with reading(served.home.engine()) as connection:
        return count(connection, schema.CERTIFICATES)


def offers(served: Served) -> int:
    with reading(served.home.engine()) as connection:
        return count(connection, schema.OFFERS)


def issue(terminal: Terminal, served: Served, out: Path, *words: object) -> Done:
    return terminal.run("issue", *map(str, words), "--home", str(served.home.path), "--out", str(out))


def test_every_form_in_which_many_are_given(served: Served, terminal: Terminal, tmp_path: Path) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps(lots(range(1))[0], indent=1))
    (folder / "b.yaml").write_text("".join(f"---\n{plain_yaml(each)}" for each in lots(range(1, 4))))
    (folder / "c.jsonl").write_text("\n\n".join(map(json.dumps, lots(range(4, 7)))))
    (folder / "read-me.txt").write_text("no record")
    done = issue(terminal, served, tmp_path / "out", folder)
    assert done.code == 0, done.err
    assert [line.split()[1] for line in done.out.splitlines() if line.startswith("issued MANY")] == [
        f"MANY-{n}" for n in range(7)
    ]
    assert done.out.splitlines()[-1].startswith("issued 7, unchanged 0, failed 0;")
    assert len(list((tmp_path / "out").iterdir())) == 7


def notes(done: Done) -> list[str]:
    return [line for line in done.out.splitlines() if line.startswith("  note: ")]


def test_a_dry_run_tells_every_note_that_issuing_tells(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hard use 31: also the note that a plant's runs together give reason for, in words and in the document."""
    served = serve(tmp_path, plants={ANN: {"capacity_per_year": "15 kg"}})
    served.registry.engine.dispose()
    monkeypatch.setenv("OREPRINT_PASSPHRASE", PASSPHRASE.decode())
    given = json_lines(tmp_path / "many.jsonl", lots(range(3)))
    before = issue(terminal, served, tmp_path / "out", given, "--dry-run")
    document = json.loads(issue(terminal, served, tmp_path / "out", given, "--dry-run", "--json").out)
    assert certificates(served) == 0
    done = issue(terminal, served, tmp_path / "out", given)
    assert notes(before) == notes(done)
    assert ("X-CAPACITY" in done.out, "B-UNC" in done.out) == (True, True)
    assert [note["sentence"] for note in document["notes"]] == [
        line.removeprefix("  note: ").rpartition(" [")[0] for line in notes(done)
    ]
    assert [note["lots"] for note in document["notes"] if note["rule"] == "X-CAPACITY"] == [["MANY-1"], ["MANY-2"]]


@pytest.mark.parametrize("form", ["json", "indented", "lines", "yaml"])
@pytest.mark.parametrize("entrance", ["-", "fifo"])
def test_a_pipe_gives_its_records_once_and_all_are_issued(
    form: str, entrance: str, served: Served, terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, *more = lots(range(3))
    content = {
        "json": json.dumps(one),
        "indented": json.dumps(one, indent=1),
        "lines": "\n".join(map(json.dumps, [one, *more])),
        "yaml": "---\n".join(map(plain_yaml, [one, *more])),
    }[form]
    if entrance == "-":
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
        done = issue(terminal, served, tmp_path / "out", "-")
    else:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        writing = Thread(target=pipe.write_text, args=(content,))
        writing.start()
        done = issue(terminal, served, tmp_path / "out", pipe)
        writing.join()
    whole = 1 if form in {"json", "indented"} else 3
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[-1].startswith(f"issued {whole}, unchanged 0, failed 0;")
    assert certificates(served) == len(list((tmp_path / "out").iterdir())) == whole


def test_what_is_wrong_in_a_pipe_is_told_by_its_line(
    served: Served, terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = lots(range(2))
    bad["step"] = "guessing"
    content = f"{json.dumps(good)}\n{json.dumps(bad)}\n".encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    done = issue(terminal, served, tmp_path / "out", "-")
    assert done.code == 3
    assert done.err.startswith("oreprint: standard input:2: step: ")
    assert certificates(served) == 0


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.yaml", "none", "-"])
@pytest.mark.parametrize("content", ["", "\n \n"])
def test_an_input_without_a_record_is_a_problem(
    name: str, content: str, served: Served, terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
    monkeypatch.chdir(tmp_path)
    if name != "-":
        (tmp_path / name).write_text(content)
    done = issue(terminal, served, tmp_path / "out", name)
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith(f"oreprint: {'standard input' if name == '-' else name}: ")
    assert "is empty" in done.err


def test_a_suffix_counts_in_any_case_and_without_one_the_beginning_does(
    served: Served, terminal: Terminal, tmp_path: Path
) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / "a.YAML").write_text(plain_yaml(lots(range(1))[0]))
    (folder / "b.JsonL").write_text("\n".join(map(json.dumps, lots(range(1, 3)))))
    done = issue(terminal, served, tmp_path / "out", folder)
    assert done.out.splitlines()[-1].startswith("issued 3, unchanged 0, failed 0;"), done.err
    text = tmp_path / "record.txt"
    text.write_text("# of the shift book\n" + plain_yaml(lots(range(3, 4))[0]))
    done = issue(terminal, served, tmp_path / "out", text)
    assert done.out.splitlines()[-1].startswith("issued 1, unchanged 0, failed 0;"), done.err
    text.write_text("# of the shift book\nmass: 1 kg: 2\n")
    assert issue(terminal, served, tmp_path / "out", text).problem == "yaml.syntax"


def test_a_folder_that_takes_no_file_is_refused_before_anything_is_issued(
    served: Served, terminal: Terminal, tmp_path: Path
) -> None:
    record = json_lines(tmp_path / "one.jsonl", lots(range(1)))
    taken = tmp_path / "taken"
    taken.touch()
    for out in (taken, taken / "deeper", Path("/proc/none")):
        done = issue(terminal, served, out, record)
        assert (done.code, done.out, done.problem) == (3, "", "file.folder")
        assert done.err.startswith(f"oreprint: {out}: ")
    assert certificates(served) == 0
    taken.unlink()
    assert issue(terminal, served, taken / "deeper", record).code == 0


def test_what_was_issued_and_cant_be_written_is_told_and_written_elsewhere(
    served: Served, terminal: Terminal, tmp_path: Path
) -> None:
    record = json_lines(tmp_path / "three.jsonl", lots(range(3)))
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    (out / "MANY-1.sdjwt").mkdir(parents=True)
    done = issue(terminal, served, out, record, "--to", BEN)
    assert (done.code, done.problem) == (3, "issue.unwritten")
    assert done.err.startswith(
        f"oreprint: {out / 'MANY-1.sdjwt'}: The run is issued and logged, but these certificates are not written here: MANY-1, MANY-2. "
    )
    assert certificates(served) == 3
    assert offers(served) == 3
    again = issue(terminal, served, elsewhere, record, "--to", BEN)
    assert again.out.splitlines()[-1].startswith("issued 0, unchanged 3, failed 0;")
    assert len(list(elsewhere.iterdir())) == 3
    assert offers(served) == 3


def test_an_input_that_cant_be_taken_is_told_by_its_place_with_a_remedy(
    served: Served, terminal: Terminal, tmp_path: Path
) -> None:
    made = json_lines(tmp_path / "made.jsonl", lots(range(2)))
    assert issue(terminal, served, tmp_path / "out", made).code == 0
    wrong = [
        written("MIX-1", "10 kg", producer=ANN, plant=plant(ANN), inputs={"MANY-0": "5 kg", "MANY-9": "5 kg"}),
        written("MIX-2", "10 kg", producer=BEN, plant=plant(BEN), inputs={"MANY-1": "10 kg"}),
        written("MIX-3", "10 kg", producer=BEN, plant=plant(ANN)),
    ]
    given = json_lines(tmp_path / "wrong.jsonl", wrong)
    done = issue(terminal, served, tmp_path / "out", given)
    assert done.code == 3
    first, second, third = done.err.splitlines()
    assert first.startswith(f"oreprint: {given}:1: inputs[1]: {ANN} has no lot MANY-9 here to use. ")
    assert "`oreprint holdings`" in first
    assert second.startswith(f"oreprint: {given}:2: inputs[0]: {BEN} does not hold lot MANY-1. ")
    assert third.startswith(f"oreprint: {given}:3: facility: {BEN} is not registered here for the plant ")
    assert "parties file" in third
    each = issue(terminal, served, tmp_path / "out", given, "--skip-invalid")
    assert each.code == 3
    assert [line.removeprefix("refused: ") for line in each.out.splitlines()[:-1]] == [
        line.removeprefix("oreprint: ") for line in (first, second, third)
    ]
    assert each.out.splitlines()[-1] == "issued 0, unchanged 0, failed 3"


def test_every_error_of_every_line_is_told_at_once_and_nothing_is_issued(
    served: Served, terminal: Terminal, tmp_path: Path
) -> None:
    records = lots(range(6))
    records[1]["step"] = "guessing"
    records[4]["outputs"][0]["mass"] = "-1 kg"  # type: ignore[index]
    records[4]["producer"] = 7
    file = json_lines(tmp_path / "many.jsonl", records)
    with file.open("a") as more:
        more.write("{not json\n")
    documents = tmp_path / "many.yaml"
    good, bad = map(plain_yaml, lots(range(6, 8)))
    wrong = f"---\n{bad}bad: &name 1\n"
    documents.write_text(f"{good}{wrong}---\n# nothing\n")
    done = issue(terminal, served, tmp_path / "out", file, documents)
    assert done.code == 3
    *wrong_lines, none = done.err.splitlines()
    places = Counter(line.removeprefix("oreprint: ").partition(": ")[0] for line in wrong_lines)
    assert none.startswith("oreprint: None is issued, and neither are the other 5. ")
    second = good.count("\n") + 1
    assert places == {f"{file}:2": 1, f"{file}:5": 2, f"{file}:7": 1, f"{documents}:{second}": 1}
    assert f"{documents}:{second}: bad (line {second + wrong.count(chr(10)) - 1}, column 6)" in done.err
    assert certificates(served) == 0
    rest = issue(terminal, served, tmp_path / "out", file, documents, "--skip-invalid")
    assert rest.code == 3
    assert rest.out.count("refused: ") == 5
    assert rest.out.splitlines()[-1].startswith("issued 5, unchanged 0, failed 4;")
    assert certificates(served) == 5


def test_if_the_ledger_refuses_one_none_is_issued(served: Served, terminal: Terminal, tmp_path: Path) -> None:
    """What is wrong is told by its line, also of what an earlier line makes; a record alone is refused in the same
    words.
    """
    wanting = written("X", "11 kg", producer=ANN, plant=plant(ANN), inputs={"MANY-1": "11 kg"})
    fitting = written("Y", "9 kg", producer=ANN, plant=plant(ANN), inputs={"MANY-0": "9 kg"})
    file = json_lines(tmp_path / "many.jsonl", [*lots(range(2)), wanting, fitting])
    dry = issue(terminal, served, tmp_path / "out", file, "--dry-run")
    done = issue(terminal, served, tmp_path / "out", file)
    assert done == dry
    assert (done.code, done.out) == (3, "")
    first, last = done.err.splitlines()
    assert first.startswith(
        f"oreprint: {file}:3: inputs[0]: Lot MANY-1 has 8.6 kg of Nd left. This batch needs 9.4 kg."
    )
    assert last.endswith(
        "neither are the other 3. Correct the fault, or use --skip-invalid to issue the others without it. [issue.none]"
    )
    assert (certificates(served), list((tmp_path / "out").iterdir())) == (0, [])
    rest = issue(terminal, served, tmp_path / "out", file, "--skip-invalid")
    assert (rest.code, rest.out.count("issued MANY"), rest.out.count("issued Y"), certificates(served)) == (3, 2, 1, 3)
    assert f"refused: {file}:3: inputs[0]: Lot MANY-1 has 8.6 kg" in rest.out
    alone = issue(terminal, served, tmp_path / "out", json_lines(tmp_path / "one.jsonl", [wanting]))
    assert (alone.code, alone.out.count("Lot MANY-1 has 8.6 kg"), certificates(served)) == (3, 1, 3)


def test_a_dry_run_takes_a_chain_and_tells_what_is_there_already(
    served: Served, terminal: Terminal, tmp_path: Path
) -> None:
    fitting = written("Y", "9 kg", producer=ANN, plant=plant(ANN), inputs={"MANY-0": "9 kg"})
    file = json_lines(tmp_path / "many.jsonl", [*lots(range(2)), fitting])
    dry = issue(terminal, served, tmp_path / "out", file, "--dry-run")
    assert (dry.code, dry.out.splitlines()[-1]) == (0, "could be issued: 3. Nothing was changed")
    assert (certificates(served), (tmp_path / "out").exists()) == (0, False)
    assert issue(terminal, served, tmp_path / "out", json_lines(tmp_path / "one.jsonl", lots(range(1)))).code == 0
    dry = issue(terminal, served, tmp_path / "out", file, "--dry-run")
    assert (dry.code, dry.out.splitlines()[-1]) == (0, "could be issued: 2, issued already: 1. Nothing was changed")
    done = issue(terminal, served, tmp_path / "out", file)
    assert done.out.splitlines()[-1].startswith("issued 2, unchanged 1, failed 0;")


def test_nothing_is_offered_to_who_makes_it(served: Served, terminal: Terminal, tmp_path: Path) -> None:
    file = json_lines(tmp_path / "many.jsonl", lots(range(2)))
    done = issue(terminal, served, tmp_path / "out", file, "--to", ANN)
    assert (done.code, done.out, certificates(served)) == (3, "", 0)
    assert [line.rpartition("[")[2] for line in done.err.splitlines()] == ["holding.to-yourself]"] * 2
    others = json_lines(tmp_path / "other.jsonl", [written("OTHER", "1 kg", producer=BEN, plant=plant(BEN))])
    rest = issue(terminal, served, tmp_path / "out", file, others, "--to", ANN, "--skip-invalid")
    assert (rest.code, certificates(served), offers(served)) == (3, 1, 1)
    assert rest.out.splitlines()[-1].startswith("issued 1, unchanged 0, failed 2;")


def test_what_is_left_of_a_lot_is_offered_once(served: Served, terminal: Terminal, tmp_path: Path) -> None:
    """Also of one that was issued before: the command may have ended in between, or nobody had asked for it."""
    whole, used = (json_lines(tmp_path / f"{n}.jsonl", lots(range(n, n + 1))) for n in range(2))
    using = [
        written(f"U-{n}", f"{kg} kg", producer=ANN, plant=plant(ANN), inputs={f"MANY-{n}": f"{kg} kg"})
        for n, kg in ((1, 4), (2, 10))
    ]
    for file in (whole, used):
        assert issue(terminal, served, tmp_path / "out", file).code == 0
    drawn = json_lines(tmp_path / "drawn.jsonl", [*lots(range(2, 3)), *using])
    for _ in range(2):
        done = issue(terminal, served, tmp_path / "out", whole, used, drawn, "--to", BEN)
        assert done.code == 0, done.err
    offered = json.loads(terminal.run("holdings", "--as", ANN, "--home", str(served.home.path), "--json").out)
    assert {each["lot"]: (each["left_kg"], each["offered_kg"]) for each in offered} == {
        "MANY-0": ("0", "10"), "MANY-1": ("6", "0"), "MANY-2": ("0", "0"), "U-1": ("0", "4"), "U-2": ("0", "10"),
    }  # fmt: skip
    assert offers(served) == 3


def test_a_lot_that_is_anothers_from_the_first_is_not_offered_by_who_made_it(
    served: Served, terminal: Terminal, tmp_path: Path
) -> None:
    toll, own = lots(range(2))
    toll["outputs"][0]["owner"] = BEN  # type: ignore[index]
    file = json_lines(tmp_path / "toll.jsonl", [toll, own])
    done = issue(terminal, served, tmp_path / "out", file, "--to", CID)
    assert (done.code, certificates(served)) == (3, 0)
    assert done.err.startswith(f"oreprint: {file}:1: outputs[0].owner: {ANN} does not hold lot MANY-0. ")
    assert issue(terminal, served, tmp_path / "out", file).code == 0


def test_a_dry_run_is_one_document_and_leaves_out_what_is_to_be_left_out(
    served: Served, terminal: Terminal, tmp_path: Path
) -> None:
    wanting = written("X", "11 kg", producer=ANN, plant=plant(ANN), inputs={"MANY-1": "11 kg"})
    file = json_lines(tmp_path / "many.jsonl", [*lots(range(2)), wanting])
    (tmp_path / "bad.yaml").write_text("bad: [\n")
    dry = issue(terminal, served, tmp_path / "out", file, tmp_path / "bad.yaml", "--dry-run", "--skip-invalid")
    assert (dry.code, "refused: " + str(tmp_path / "bad.yaml") in dry.out, dry.err) == (3, True, "")
    assert dry.out.splitlines()[-1] == "could be issued: 2, refused: 2. Nothing was changed"
    dry = issue(terminal, served, tmp_path / "out", file, "--dry-run", "--skip-invalid", "--json")
    said = json.loads(dry.out)
    assert (dry.code, [each["code"] for each in said["refused"]], said["issued"]) == (3, ["holding.too-little"], [])
    assert said["could_be_issued"] == [{"lot": f"MANY-{number}", "claims": []} for number in range(2)]
    dry = issue(terminal, served, tmp_path / "out", file, "--dry-run", "--json")
    assert (dry.code, json.loads(dry.out)["problems"][-1]["code"]) == (3, "issue.none")
    assert certificates(served) == 0


@pytest.mark.parametrize("more", [["--dry-run"], ["--skip-invalid"], ["--to", BEN], ["--to", BEN, "--dry-run"]])
def test_what_another_registry_does_not_do_is_not_asked_of_it(
    more: list[str], served: Served, terminal: Terminal, tmp_path: Path
) -> None:
    file = json_lines(tmp_path / "one.jsonl", lots(range(1)))
    done = issue(terminal, served, tmp_path / "out", file, "--server", "http://127.0.0.1:9", *more)
    assert (done.code, done.problem, (tmp_path / "out").exists()) == (3, "usage.idle", False)
    assert done.err.startswith(f"oreprint: {', '.join(each for each in more if each.startswith('--'))}: ")


def test_a_folder_without_records_and_a_line_without_end(served: Served, terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert issue(terminal, served, tmp_path / "out", tmp_path / "empty").problem == "file.no-records"
    (tmp_path / "long.jsonl").write_bytes(b'{"a": "' + b"x" * 2 * 1024 * 1024)
    assert issue(terminal, served, tmp_path / "out", tmp_path / "long.jsonl").problem == "file.size"
    assert issue(terminal, served, tmp_path / "out", tmp_path / "gone.jsonl").problem == "file.missing"


def told(lines: list[str]) -> dict[str, list[str]]:
    """Return the lots that were told, by word."""
    found: dict[str, list[str]] = {"issued": [], "unchanged": []}
    for line in lines:
        word, _, rest = line.partition(" ")
        if word in found and rest.startswith("MANY-"):
            found[word].append(rest.split()[0])
    return found


def kill_and_go_on(served: Served, tmp_path: Path, *, many: int, kills: int, wait: Callable[[], float]) -> None:
    """Kill the command so many times, each some time after it has told of further records; then let it end, and
    audit.
    """
    file = json_lines(tmp_path / "many.jsonl", lots(range(many)))
    environment = Place(tmp_path).environment()
    issued: set[str] = set()
    now: dict[str, list[str]] = {}
    for turn in range(kills + 1):
        said = tmp_path / f"said-{turn}"
        with victim(["issue", str(file), "--out", str(tmp_path / "out")], environment, said) as process:
            process.go()
            until = time.monotonic() + 120
            while turn < kills and time.monotonic() < until and not told(process.said())["issued"]:
                time.sleep(0.005)
            if turn < kills:
                time.sleep(wait())
                process.kill()
            else:
                assert process.end() == 0, process.said()[-3:]
            now = told(process.said())
        assert issued.isdisjoint(now["issued"]), "what was issued is never issued again"
        if turn:
            assert now["unchanged"], "it goes on where it was"
        issued.update(now["issued"])
    assert set(now["unchanged"]) | set(now["issued"]) == {f"MANY-{n}" for n in range(many)}
    assert set(now["unchanged"]) >= issued - set(now["issued"])
    assert certificates(served) == many
    assert len(list((tmp_path / "out").glob("*.sdjwt"))) == many
    assert audit(served.home, tables=tables(), progress=lambda *_: None).faults == ()


def test_killed_in_the_middle_of_200_it_goes_on_where_it_was(served: Served, tmp_path: Path) -> None:
    assert 2 * RECORDS_AT_ONCE < 200, "a kill after the first group comes before the last"
    kill_and_go_on(served, tmp_path, many=200, kills=1, wait=lambda: 0.0)


@pytest.mark.soak
def test_killed_ten_times_10_000_are_issued_once(served: Served, tmp_path: Path) -> None:
    random = Random(5)  # noqa: S311 - a test repeats
    kill_and_go_on(served, tmp_path, many=10_000, kills=10, wait=lambda: random.uniform(0, 3))


@pytest.mark.soak
def test_the_memory_of_10_000_is_that_of_1_000(served: Served, tmp_path: Path) -> None:
    most: list[int] = []
    for numbers in (range(1_000), range(1_000, 11_000)):
        file = json_lines(tmp_path / f"many-{len(most)}.jsonl", lots(numbers))
        words = [sys.executable, "-c", AND_PEAK, "issue", str(file), "--out", str(tmp_path / "out")]
        environment = {**os.environ, **Place(tmp_path).environment()}
        done = subprocess.run(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)
        most.append(int(done.stderr) // 1024)
    assert most[1] - most[0] < 20, f"{most} MB"


def test_a_terminal_is_told_how_far_it_is(served: Served, tmp_path: Path) -> None:
    file = json_lines(tmp_path / "many.jsonl", lots(range(2 * RECORDS_AT_ONCE)))
    ours, theirs = pty.openpty()
    words = [*command(), "issue", str(file), "--out", str(tmp_path / "out")]
    environment = {**os.environ, **Place(tmp_path).environment()}
    with subprocess.Popen(words, env=environment, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        shown = "".join(_until_closed(ours))
    assert process.returncode == 0, shown[-500:]
    assert re.search(r"128 of 128 records, \d+/s\r\n", shown), shown[-500:]
    lines = [line for line in shown.split("\r\n") if "issued MANY" in line]
    assert len(lines) == 128
    assert all(re.search(r"(^|\x1b\[K)issued MANY", line) for line in lines), "each line has its own place"


def _until_closed(terminal: int) -> Iterator[str]:
    """Yield what is shown on a terminal until nobody writes on it any more."""
    with open(terminal, "rb", buffering=0) as screen, suppress(OSError):
        while content := screen.read(4096):
            yield content.decode(errors="replace")
