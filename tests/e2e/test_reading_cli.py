"""`oreprint show`, `trace`, `present` and `schema`: what they say, and what they withhold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cli.commands.schema import DOCUMENTS, schema_text
from cli.commands.trace import tree_lines
from ledger.factors.profiles import STATEMENT
from ledger.seal.digest import certificate_digest
from ledger.seal.sdjwt import open_certificate
from ledger.sheets.statement import LABELS
from schemas.chain import Branch, ChainBatch, ChainGraph
from schemas.document import replace
from schemas.trust import TrustFile
from tests.support.worlds import sample_records as samples

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.trust import TrustList
    from schemas.vocabulary import Audience
    from tests.e2e.terminal import Files, Terminal


@pytest.fixture
def sample(tmp_path: Path) -> str:
    """The sample certificate as a file."""
    file = tmp_path / "sample.sdjwt"
    file.write_text(samples.sealed_certificate().text)
    return str(file)


def test_show_says_everything_that_is_shown(terminal: Terminal, sample: str) -> None:
    done = terminal.run("show", sample)
    assert (done.code, done.err) == (0, "")
    told = " ".join(done.out.split())
    for words in (
        "NB-26/03-0001: NdFeB strip-cast alloy",
        "Example Alloys Ltd / 示例合金有限公司",
        "Nd CN 0.85 ZZ 0.15 0.231 0.05 0.1",
        "kg CO2e per kg 18.3 17.7",
        "scope 1 220 220",
        "mining CO2-fossil",
        "1 line rests on standard values, not this plant",
        "judged by the rules of version 1",
        "energy MJ 61200 123",
        "fluoride-discharged kg not stated",
        "primary data, part of the kg CO2e 0.65",
        "Declared unit 1 kg",
        "Land-use change not quantified: no line of the chain tells it",
        "Assurance no third-party assurance in this file",
        "95 % range, kg CO2e per kg",
        "Withheld nothing",
        "Read, not checked",
    ):
        assert words in told


def test_json_has_the_whole_statement_with_all_digits(terminal: Terminal, sample: str, tmp_path: Path) -> None:
    told = json.loads(terminal.run("show", sample, "--json").out)
    assert set(told["statement"]) == set(STATEMENT)
    assert told["statement"]["total"]["per_kg"]["location"] == "18.264927245359"
    assert told["plausibility"]["rules"] == "1"
    sheet = json.loads(terminal.run("sheet", sample, "-o", str(tmp_path / "sheet.html"), "--json").out)
    assert sheet["statement"] == told["statement"]
    page = (tmp_path / "sheet.html").read_text("utf-8")
    assert all(label in page for label in LABELS.values())


def test_show_names_what_is_withheld(terminal: Terminal, sample: str, tmp_path: Path) -> None:
    customer = str(tmp_path / "customer.sdjwt")
    assert terminal.run("present", sample, "--for", "customer", "-o", customer).code == 0
    shown = json.loads(terminal.run("show", customer, "--json").out)
    assert shown["shown"] == ["run", "run/inputs/0", "run/inputs/1", "run/outputs/0"]
    assert shown["withheld"][:2] == ["run/inputs/0/source", "run/inputs/1/source"]
    assert {"run/inventory/electricity", "run/outputs/1", "details/1"} <= set(shown["withheld"])
    public = terminal.run("present", sample, "--for", "public").out
    file = tmp_path / "public.sdjwt"
    file.write_text(public)
    assert "Withheld run, details/0, details/1" in " ".join(terminal.run("show", str(file)).out.split())


def test_present_leaves_the_signed_part_as_it_was(terminal: Terminal, sample: str) -> None:
    whole = samples.sealed_certificate()
    done = terminal.run(
        "present", sample, "--for", "public", "--reveal", "run/inventory/electricity", "--reveal", "details/1"
    )
    opened = open_certificate(done.out.removesuffix("\n"))
    opened.verify(samples.public_key())
    assert opened.digest == whole.digest
    assert {*opened.shown} == {"run", "run/inventory/electricity", "run/outputs/0", "details/1"}


def test_present_adds_paths_to_an_audience(terminal: Terminal, sample: str) -> None:
    done = terminal.run("present", sample, "--for", "customer", "--reveal", "run/inputs/1/source", "--json")
    places = {*open_certificate(json.loads(done.out)["certificate"]).shown}
    assert places == {"run", "run/inputs/0", "run/inputs/1", "run/inputs/1/source", "run/outputs/0"}


def test_present_warns_where_hiding_is_in_vain(terminal: Terminal, tmp_path: Path) -> None:
    single = tmp_path / "single.sdjwt"
    single.write_text(samples.sealed_certificate(number_of_inputs=1).text)
    done = terminal.run("present", str(single), "--for", "customer", "-o", str(tmp_path / "out.sdjwt"))
    assert done.code == 0
    assert done.err.startswith("oreprint: warning: run/inputs/0/source: ")
    assert "[seal.single-supplier]" in done.err
    assert (tmp_path / "out.sdjwt").read_text().endswith("~\n")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--for", "everybody"), "seal.audience"),
        (("--for", "public", "--reveal", "run/inputs/9"), "seal.path"),
        (("--for", "public", "-o", "/proc/nowhere/out"), "file.unwritable"),
    ],
)
def test_present_refuses_what_is_not_there(terminal: Terminal, sample: str, words: tuple[str, ...], code: str) -> None:
    done = terminal.run("present", sample, *words)
    assert (done.code, done.out, done.problem) == (3, "", code)


def test_the_subject_of_a_bundle_is_shown_and_presented(terminal: Terminal, files: Files) -> None:
    alone = terminal.run("show", files.certificate, "--json").out
    assert terminal.run("show", files.bundle, "--json").out == alone
    assert terminal.run("present", files.bundle, "--for", "auditor").out == files.last.certificate.text + "\n"


def test_trace_draws_every_branch_with_mass_and_footprint(terminal: Terminal, files: Files) -> None:
    lines = terminal.run("trace", files.bundle).out.splitlines()
    assert lines[0].startswith("L3-0: oxide, 1 kg, ")
    assert lines[1].startswith("|-- 0.4 kg of Didymium oxide, bringing ")
    assert " kg CO2e <- L2-0: oxide, 0.4 kg, " in lines[1]
    assert " kg CO2e <- L1-0: oxide, 1 kg, " in lines[2]
    assert lines[2].startswith("|   `-- 0.4 kg of ")
    assert lines[3].startswith("`-- 0.6 kg of ")
    assert lines[3].endswith("<- L1-0 (see above)")


def test_trace_names_issuers_by_the_trust_list_where_there_is_one(
    terminal: Terminal, files: Files, tmp_path: Path
) -> None:
    def renamed(listed: TrustList) -> TrustList:
        first, *others = listed.parties
        known = replace(first, names=(replace(first.names[0], text="Known As This"),))
        return replace(listed, parties=tuple(each for each in (known, *others) if each.did != maker))

    maker = files.last.certificate.record.issuer.did
    own = files.last.certificate.record.issuer.names[0].text
    alone = terminal.run("trace", files.bundle).out
    assert own in alone
    assert "Issuer names are their own" in alone
    listed = tmp_path / "list.json"
    listed.write_bytes(TrustFile(note=files.world.people.changed(renamed).note).to_bytes())
    told = terminal.run("trace", files.bundle, "--trust", str(listed)).out
    assert maker in told.splitlines()[0]  # whom the list doesn't name is called by its DID, never by its own word
    assert own not in told.splitlines()[0]
    assert ("Known As This" in told) == (files.world.people.trust.listed.parties[0].did != maker)
    assert "Issuer names are their own" not in told


def test_trace_shows_withheld_branches_as_such(terminal: Terminal, files: Files, tmp_path: Path) -> None:
    expected: dict[Audience, str] = {
        "customer": "0.4 kg of Didymium oxide <- (source withheld by the producer)",
        "public": "(withheld by the producer)",
    }
    for audience, words in expected.items():
        bundle = tmp_path / f"{audience}.oreprint"
        bundle.write_bytes(b"".join(files.world.bundle(files.last.certificate, audience)))
        assert terminal.run("trace", str(bundle)).out.count("-- " + words) == (1 if audience == "customer" else 2)
    assert "(not in this file)" in terminal.run("trace", files.certificate).out


def test_trace_prints_the_graph_as_one_document(terminal: Terminal, files: Files) -> None:
    graph = ChainGraph.from_text(terminal.run("trace", files.bundle, "--json").out.removesuffix("\n"))
    assert [batch.lot for batch in graph.batches] == ["L1-0", "L2-0", "L3-0"]
    assert [branch.mass_kg for branch in graph.batches[2].branches] == ["0.4", "0.6"]


def test_a_tree_of_ten_thousand_tiers_is_drawn_in_bounded_lines() -> None:
    lines = list(tree_lines(deep(10_000), named=True))
    assert len(lines) == 10_002
    assert max(map(len, lines)) < 400


def deep(tiers: int) -> ChainGraph:
    """Return a chain of one batch a tier."""
    one = samples.certificate_facts()
    batches = tuple(
        ChainBatch(
            certificate=certificate_digest(str(tier)),
            lot=f"L{tier}",
            kind="oxide",
            step="separation",
            country="CN",
            issuer=one.issuer.names[0].text,
            net_mass_kg="1",
            kg_co2e="1",
            kg_co2e_per_kg="1",
            outputs=1,
            run_shown=True,
            branches=(
                Branch(
                    material="oxide",
                    kind="oxide",
                    mass_kg="1",
                    certificate=certificate_digest(str(tier - 1)),
                    kg_co2e="1",
                ),
            )
            if tier
            else (),
        )
        for tier in range(tiers)
    )
    return ChainGraph(subject=batches[-1].certificate, batches=batches)


def test_schema_prints_each_document_or_their_names(terminal: Terminal) -> None:
    names = terminal.run("schema")
    assert [line.split()[0] for line in names.out.splitlines() if not line.startswith(" ")] == list(DOCUMENTS)
    assert terminal.run("schema", "report").out == schema_text("report") + "\n"
    assert list(json.loads(terminal.run("schema", "--json").out)) == list(DOCUMENTS)
    assert terminal.run("schema", "reprot").problem == "schema.unknown"


def test_a_digest_names_a_certificate_of_the_home(
    terminal: Terminal, tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OREPRINT_PASSPHRASE", "of this test")
    example, out = root / "examples" / "bayan-obo", tmp_path / "out"
    assert terminal.run("init", str(example / "parties.yaml")).code == 0
    assert terminal.run("issue", str(example / "01-BEN-2026-01.yaml"), "--out", str(out)).code == 0
    file = next(out.glob("*.sdjwt"))
    shown = terminal.run("show", str(file), "--json").out
    digest = json.loads(shown)["digest"]
    found = json.loads(terminal.run("show", digest, "--json").out)
    assert found.pop("registry_word")["registry"] == "registry.oreprint.example"
    assert found == json.loads(shown)
    assert terminal.run("trace", digest).out == terminal.run("trace", str(file)).out
    assert terminal.run("bundle", digest, "--for", "auditor", "-o", str(tmp_path / "b.oreprint")).code == 0
    assert terminal.run("verify", digest).code == 0
    assert terminal.run("verify", str(tmp_path / "b.oreprint")).code == 0


def test_a_bundle_of_a_link_is_of_the_home_that_was_named(by_hand: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = json.loads(by_hand.run("show", "out/CON-07.sdjwt", "--json").out)["digest"]
    monkeypatch.setenv("OREPRINT_HOME", "elsewhere")
    link = f"https://registry.oreprint.example/c/{digest}"
    made = by_hand.run("bundle", link, "--home", "home", "-o", "lot.oreprint")
    assert made.code == 0, made.err
    assert by_hand.run("verify", "lot.oreprint", "--trust", "home/trust.json").code == 0
