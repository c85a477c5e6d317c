"""`oreprint verify`: verdicts, exit codes, words, and the report as a document."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from ledger.issuing.issue import IssuedRun, issue
from schemas.instant import instant_text
from schemas.report import Report
from schemas.sentences import NOT_PROVEN
from tests.support.http.server import ANN, plant, serve, tables
from tests.support.worlds.blends import blend
from tests.support.worlds.parties import did
from tests.support.worlds.recipe import Make
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from schemas.vocabulary import Audience
    from tests.e2e.terminal import Files, Terminal

DEMO: Final = "Demo record. All of it is invented.\n"
"""What stands first: the registries here have the names of examples."""


def test_a_whole_chain_is_genuine(terminal: Terminal, files: Files) -> None:
    done = terminal.run(*files.judged(files.bundle))
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(DEMO + "(+) GENUINE RECORD: L3-0, 1 kg oxide\n")
    told = " ".join(done.out.split())
    for words in (
        "The whole chain was shown and checked: 3 certificates in 3 tiers.",
        "kg CO2e per kg. 95 % range ",
        "Withdrawn No.",
        "To do The record is in order. Before you use the figure, ask Cat about: ",
        "monitored",
        NOT_PROVEN["this-drum"],
    ):
        assert words in told
    assert len(done.out.splitlines()) <= 19, "it fits a screen"


def test_all_that_was_checked_is_told_on_demand(terminal: Terminal, files: Files) -> None:
    done = terminal.run(*files.judged(files.bundle), "--all")
    assert done.code == 0
    told = " ".join(done.out.split())
    for words in ("Difference 0 kg CO2e", "Shown complete", "L1-0 total", "Assurance monitored.", "[log.included]"):
        assert words in told
    assert "FAILED" not in done.out
    assert len(done.out.splitlines()) > 60


@pytest.mark.parametrize("audience", ["public", "customer"])
def test_an_unproven_chain_is_told_beside_the_verdict_with_what_to_do(
    terminal: Terminal, files: Files, tmp_path: Path, audience: Audience
) -> None:
    partial = tmp_path / "partial.oreprint"
    partial.write_bytes(b"".join(files.world.bundle(files.last.certificate, audience)))
    done = terminal.run(*files.judged(str(partial)))
    assert done.out.startswith(DEMO + "(+) GENUINE RECORD, but its chain is not proven: L3-0")
    assert "To do Ask Cat for the chain, or for an audit." in " ".join(done.out.split())
    found = json.loads(terminal.run(*files.judged(str(partial)), "--json").out)
    assert (found["state"], found["action"]["code"]) == ("genuine", "ask-chain")
    assert found["replies"]["chain"]["code"] in {"chain-none", "chain-part"}


def test_json_is_exactly_the_report(terminal: Terminal, files: Files) -> None:
    done = terminal.run(*files.judged(files.bundle), "--json")
    found = Report.from_text(done.out.removesuffix("\n"))
    assert found.to_text() + "\n" == done.out
    assert (done.code, found.verdict, found.chain.state, found.chain.certificates) == (0, "genuine", "complete", 3)
    assert found.checked_at == files.now
    assert found.footprint is not None
    assert found.footprint.difference == "0"


def test_a_certificate_alone_could_not_be_fully_checked(terminal: Terminal, files: Files) -> None:
    done = terminal.run(*files.judged(files.certificate))
    assert done.code == 2
    assert done.out.startswith(DEMO + "<?> COULD NOT BE FULLY CHECKED: L3-0")
    assert "? not checked" in terminal.run(*files.judged(files.certificate), "--all").out


def test_standard_input_is_read_like_a_file(terminal: Terminal, files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(Path(files.bundle).read_bytes())))
    assert terminal.run(*files.judged("-")).code == 0


def test_a_whole_chain_may_be_asked_for(terminal: Terminal, files: Files, tmp_path: Path) -> None:
    partial = tmp_path / "customer.oreprint"
    partial.write_bytes(b"".join(files.world.bundle(files.last.certificate, "customer")))
    assert terminal.run(*files.judged(str(partial))).code == 0
    asked = terminal.run(*files.judged(str(partial)), "--require-chain")
    assert asked.code == 2
    assert "you require a whole chain" in " ".join(asked.out.split())


def test_what_is_wrong_stands_before_what_passed(terminal: Terminal, files: Files, tmp_path: Path) -> None:
    lines = Path(files.bundle).read_bytes().splitlines(keepends=True)
    place = next(number for number, line in enumerate(lines) if line.startswith(b'{"t":"certificate"'))
    head, dot, signature = lines[place].partition(b".")[0], b".", lines[place].partition(b".")[2]
    payload, _, rest = signature.partition(b".")
    lines[place] = b"".join((head, dot, payload, b".", b"A" if rest[:1] != b"A" else b"B", rest[1:]))
    forged = tmp_path / "forged.oreprint"
    forged.write_bytes(b"".join(lines))
    assert "Do not rely on it. Keep the goods apart" in " ".join(terminal.run(*files.judged(str(forged))).out.split())
    done = terminal.run(*files.judged(str(forged)), "--all")
    assert done.code == 1
    assert done.out.startswith(DEMO + "[X] DO NOT RELY ON THIS\n")
    assert done.out.index("What is wrong") < done.out.index("x FAILED") < done.out.index("Every check")


def test_a_superseded_record_exits_1_unless_allowed(terminal: Terminal, files: Files, tmp_path: Path) -> None:
    world = World()
    old = world.issue("ann", makes=(Make(1_000_000),))
    world.issue("ann", follows=old)
    bundle = tmp_path / "old.oreprint"
    bundle.write_bytes(b"".join(world.bundle(old.certificate)))
    words = ("verify", str(bundle), "--trust", files.trust, "--at", instant_text(world.now_ms + 60_000))
    done = terminal.run(*words)
    assert done.code == 1
    assert done.out.startswith(DEMO + "(~) GENUINE RECORD, BUT SUPERSEDED: L1-0")
    assert terminal.run(*words, "--allow-superseded").code == 0


def test_a_withdrawn_record_exits_1(terminal: Terminal, files: Files, tmp_path: Path) -> None:
    world = World()
    made = world.issue("ann", makes=(Make(1_000_000),))
    world.change("withdraw", made.certificate)
    bundle = tmp_path / "withdrawn.oreprint"
    bundle.write_bytes(b"".join(world.bundle(made.certificate)))
    words = ("verify", str(bundle), "--trust", files.trust, "--at", instant_text(world.now_ms + 60_000))
    done = terminal.run(*words, "--allow-superseded")
    assert done.code == 1
    assert done.out.startswith(DEMO + "[-] WITHDRAWN: L1-0")
    assert 'reason: "' in done.out


def test_lists_that_have_run_out_leave_it_open(terminal: Terminal, files: Files) -> None:
    words = ("verify", files.bundle, "--trust", files.trust, "--at", "2026-12-31T00:00:00Z")
    assert terminal.run(*words).code == 2


def test_incoming_goods_are_compared(terminal: Terminal, files: Files) -> None:
    done = terminal.run(*files.judged(files.bundle), "--received", "0.998 kg", "--as", did("cat"))
    assert done.code == 0
    assert "What came differs by -0.20 %" in " ".join(done.out.split())


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--received", "1 kg"), "verify.received"),
        (("--as", "did:web:cat.example"), "verify.received"),
        (("--received", "1 kg", "--as", "cat"), "document.pattern"),
        (("--received", "1 ton", "--as", "did:web:cat.example"), "quantity.unit-unknown"),
        (("--at", "yesterday"), "quantity.instant"),
        (("--at", "2026-03-31 17:05:00Z"), "quantity.instant"),
    ],
)
def test_wrong_options_are_told(terminal: Terminal, files: Files, words: tuple[str, ...], code: str) -> None:
    done = terminal.run("verify", files.bundle, "--trust", files.trust, *words)
    assert (done.code, done.out, done.problem) == (3, "", code)


def test_without_a_pinned_trust_list_nothing_is_believed(terminal: Terminal, files: Files, tmp_path: Path) -> None:
    done = terminal.run("verify", files.bundle)
    assert (done.code, done.problem) == (3, "verify.trust-missing")
    assert "--trust" in done.err
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "trust.json").write_bytes(Path(files.trust).read_bytes())
    assert terminal.run("verify", files.bundle, "--at", files.now).code == 0


def test_a_digest_is_looked_up_in_the_home(terminal: Terminal, files: Files) -> None:
    done = terminal.run("verify", files.last.certificate.digest, "--trust", files.trust)
    assert (done.code, done.problem) == (3, "home.missing")


def test_offline_no_address_is_asked(terminal: Terminal, files: Files) -> None:
    done = terminal.run("verify", "https://registry.example/somewhere", "--trust", files.trust, "--offline")
    assert (done.code, done.problem) == (3, "file.url")
    assert "Save the page" in done.err


def test_a_link_is_looked_up_in_a_registry_whose_database_is_elsewhere(
    terminal: Terminal, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OREPRINT_DATABASE_URL", "nonsense")
    link = f"https://registry.example/c/{files.last.certificate.digest}"
    assert terminal.run("verify", link, "--trust", files.trust).problem == "store.url", "no other is asked"


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("http://127.0.0.1:1/c/zQm", "remote.away"),
        ("http://127.0.0.1:2/c/zQm", "verify.unlisted"),
        ("http://registry.example/x", "remote.url"),
        ("https://registry.example/x?y=z", "remote.url"),
    ],
)
def test_an_address_that_can_t_be_asked_is_told(terminal: Terminal, files: Files, address: str, code: str) -> None:
    done = terminal.run("verify", address, "--trust", files.trust, "--ask", "http://127.0.0.1:1")
    assert (done.code, done.problem) == (3, code)


def test_a_page_s_address_gives_its_bundle_and_nobody_s_word_is_taken(
    terminal: Terminal, files: Files, tmp_path: Path
) -> None:
    served = serve(tmp_path)
    (made,) = issue(served.registry, [blend("A-1", "10 kg", producer=ANN, plant=plant(ANN))], tables=tables())
    assert isinstance(made, IssuedRun)
    digest, trust = made.certificates[0].digest, str(served.home.path / "trust.json")
    with served.running() as address:
        for path in (f"/c/{digest}", f"/c/{digest}?lang=zh-Hans#seal", f"/v1/certificates/{digest}/bundle"):
            done = terminal.run("verify", address + path, "--ask", address, "--trust", trust, "--json")
            text = next(line for line in done.out.splitlines() if line.startswith("{"))  # among the server's own lines
            found = json.loads(text)
            assert (done.code, found["verdict"], found["certificate"]["digest"]) == (0, "genuine", digest)
        own = terminal.run("verify", f"{address}/c/{digest}", "--ask", address, "--trust", files.trust)
        assert own.code == 2, "another list than the server's was pinned"
        assert "<?> NOT KNOWN TO THIS VERIFIER" in own.out.splitlines()  # among the server's own lines
        nothing = f"{address}/c/zQm{'1' * 44}"
        assert terminal.run("verify", nothing, "--ask", address, "--trust", trust).problem == "remote.refused"
        assert terminal.run("verify", address, "--ask", address, "--trust", trust).problem == "file.kind"
        assert terminal.run("verify", address, "--ask", f"{address}/x", "--trust", trust).problem == "remote.url"


def test_no_socket_is_needed(files: Files, empty_network: list[str], root: Path) -> None:
    done = subprocess.run(
        [*empty_network, sys.executable, "-m", "cli.main", *files.judged(files.bundle)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(DEMO + "(+) GENUINE RECORD")


def test_a_file_is_judged_without_server_or_database(files: Files, root: Path) -> None:
    script = (
        "import sys\n"
        f"sys.argv = ['oreprint', *{files.judged(files.bundle)!r}]\n"
        "from cli.main import main\n"
        "code = main()\n"
        "print(code, *{'sqlalchemy', 'alembic', 'fastapi', 'rich'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "0", done.stderr


def test_colour_only_repeats_words_and_can_be_forbidden(
    terminal: Terminal, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = terminal.run(*files.judged(files.bundle)).out
    assert "\x1b" not in plain
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    from cli.terminal import styled

    assert styled("GENUINE", "good") == "\x1b[1;32mGENUINE\x1b[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert styled("GENUINE", "good") == "GENUINE"
