"""`oreprint sheet --format pdf, crma, dfars, csv`, and `oreprint verify` of the PDF, as a person uses them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ledger.files.attached import attached_record
from schemas.sentences import NOT_PROVEN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.terminal import Demo, Files, Terminal


def words(demo: Demo, form: str, *more: str) -> tuple[str, ...]:
    bundle, trust = str(demo.home / "magnet.oreprint"), str(demo.home / "trust.json")
    return ("sheet", bundle, "--trust", trust, "--format", form, "--date", "2026-11-29", *more)


def test_a_pdf_is_made_and_verified_as_the_bundle_in_it(terminal: Terminal, demo: Demo, tmp_path: Path) -> None:
    pdf, trust = tmp_path / "MG-88.pdf", str(demo.home / "trust.json")
    made = terminal.run(*words(demo, "pdf", "-o", str(pdf)))
    assert (made.code, made.out) == (0, f"Wrote {pdf}.\n")
    assert attached_record(pdf.read_bytes()) == (demo.home / "magnet.oreprint").read_bytes()
    done = terminal.run("verify", str(pdf), "--trust", trust, "--offline", "--json")
    assert done.code == 0
    found = json.loads(done.out)
    assert (found["verdict"], found["certificate"]["lot"]) == ("genuine", "MG-88")
    assert found["not_proven"][0] == NOT_PROVEN["the-print"]
    told = terminal.run("verify", str(pdf), "--trust", trust, "--offline").out
    assert "Not proven  What is printed in the PDF." in told
    bundle = terminal.run("verify", str(demo.home / "magnet.oreprint"), "--trust", trust, "--offline", "--json")
    assert NOT_PROVEN["the-print"] not in bundle.out


def test_a_record_altered_in_the_pdf_is_not_relied_on(terminal: Terminal, demo: Demo, tmp_path: Path) -> None:
    """The print stays as it was; the verdict comes from the record."""
    from datetime import date

    from api.web.words import words as said
    from ledger.papers.make import BUNDLE
    from ledger.papers.paper import Paper
    from ledger.papers.typeset import AttachedRecord, Setting, typeset

    record = (demo.home / "magnet.oreprint").read_text("utf-8")
    other = record.replace('"subject":"zQm', '"subject":"zQn', 1)
    assert other != record
    setting = Setting(said("en").tag, date(2026, 11, 29), "A", "https://registry.example/c/zQm", "genuine")
    pdf = tmp_path / "forged.pdf"
    pdf.write_bytes(typeset(Paper("Genuine record", "", (), ()), AttachedRecord("x.oreprint", BUNDLE, other), setting))
    done = terminal.run("verify", str(pdf), "--trust", str(demo.home / "trust.json"), "--offline")
    assert done.code in {1, 3}
    assert "GENUINE" not in done.out


@pytest.mark.parametrize("form", ["crma", "csv"])
def test_the_other_papers_are_named_after_the_lot(
    terminal: Terminal, demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.chdir(tmp_path)
    name = {"crma": "MG-88-crma.pdf", "csv": "MG-88.csv"}[form]
    assert terminal.run(*words(demo, form)).out == f"Wrote {name}.\n"
    assert (tmp_path / name).stat().st_size > 1000


def test_the_same_words_give_the_same_bytes(terminal: Terminal, demo: Demo, tmp_path: Path) -> None:
    for name in ("one.pdf", "two.pdf"):
        assert terminal.run(*words(demo, "pdf", "--lang", "zh-Hans", "-o", str(tmp_path / name))).code == 0
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()


def test_a_digest_of_the_home_gives_what_the_audience_may_see(terminal: Terminal, demo: Demo, tmp_path: Path) -> None:
    listed = terminal.run("verify", str(demo.home / "magnet.oreprint"), "--home", str(demo.home), "--json")
    digest = json.loads(listed.out)["certificate"]["digest"]
    pdf = tmp_path / "public.pdf"
    asked = ("sheet", digest, "--format", "pdf", "--for", "public", "--home", str(demo.home), "-o", str(pdf))
    assert terminal.run(*asked).code == 0
    assert attached_record(pdf.read_bytes()).startswith(b'{"t":"bundle/1","audience":"public"')


@pytest.mark.parametrize(
    ("form", "more", "problem"),
    [
        ("dfars", (), "paper.covered-country"),
        ("pdf", ("--lang", "tlh"), "paper.language"),
        ("pdf", ("--date", "tomorrow"), "quantity.day"),
        ("pdf", ("--for", "auditor"), "usage.idle"),
        ("html", ("--lang", "en"), "usage.idle"),
        ("svg", ("--date", "2026-11-29"), "usage.idle"),
        ("crma", ("--contract", "C-1"), "usage.idle"),
        ("dfars", ("--delivery", "soon"), "quantity.day"),
        ("dfars", ("--delivery", "2027-01-15", "--consignee", "Example Motors"), "paper.covered-country"),
    ],
)
def test_a_wrong_wish_is_refused_and_writes_nothing(
    terminal: Terminal, demo: Demo, tmp_path: Path, form: str, more: tuple[str, ...], problem: str
) -> None:
    out = tmp_path / "out"
    asked = ("sheet", str(demo.home / "magnet.oreprint"), "--home", str(demo.home), "--format", form, *more)
    refused = terminal.run(*asked, "-o", str(out))
    assert (refused.code, refused.problem) == (3, problem)
    assert not out.exists()


def test_a_certificate_alone_supports_no_paper_and_the_bundle_is_named(
    terminal: Terminal, demo: Demo, tmp_path: Path
) -> None:
    alone = str(demo.home / "certificates" / "MG-88.sdjwt")
    trust = str(demo.home / "trust.json")
    refused = terminal.run("sheet", alone, "--trust", trust, "--format", "pdf", "-o", str(tmp_path / "out.pdf"))
    assert refused.problem == "paper.incomplete"
    assert "Get the bundle of lot MG-88 from its registry" in refused.err


def test_without_a_trust_list_or_by_a_strangers_one_nothing_is_made(
    terminal: Terminal, demo: Demo, files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OREPRINT_HOME", str(tmp_path / "nowhere"))
    bundle = str(demo.home / "magnet.oreprint")
    assert terminal.run("sheet", bundle, "--format", "pdf").problem == "verify.trust-missing"
    refused = terminal.run("sheet", bundle, "--format", "pdf", "--trust", files.trust)
    assert refused.problem == "paper.unknown-registry"
    assert "Get the trust list of that registry" in refused.err
