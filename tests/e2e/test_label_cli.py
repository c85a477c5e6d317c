"""`oreprint label` as a clerk uses it."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING

import pytest

from cli.parts import open_to_sign
from ledger.carrier.label import DEMO_WORDS
from ledger.carrier.link import CertificateLink, parse_link
from ledger.carrier.seal import make_seal, open_seal, verify_seal_against
from ledger.seal.sdjwt import open_certificate
from schemas.lot import lot_file_stem
from tests.support.browser.labels import drawn, read
from tests.support.worlds import worked_example as example

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.terminal import Demo, Files, Terminal


@pytest.fixture(scope="module")
def home(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home that the demo leaves."""
    return demo.copy(tmp_path_factory.mktemp("label") / "home")


def stem(files: Files) -> str:
    """How the label of the chain's last lot is named."""
    return lot_file_stem(files.last.certificate.record.batch.lot)


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_a_label_from_a_file_needs_no_registry(terminal: Terminal, files: Files, tmp_path: Path, suffix: str) -> None:
    done = terminal.run("label", files.certificate, "--format", suffix, "--size", "40mm", "--out", str(tmp_path))
    assert done.code == 0, done.err
    digest = files.last.certificate.digest
    registry = files.last.certificate.record.registry
    assert read(drawn((tmp_path / f"{stem(files)}.{suffix}").read_bytes(), suffix=suffix)) == [
        f"https://{registry}/c/{digest}"
    ]
    assert "the link alone" in done.out


def test_a_pdf_label_needs_nothing_beyond_the_default_installation(root: Path) -> None:
    """Hard use 31: typst, which sets a PDF label, is installed with Oreprint; the extras are for work on many machines
    and for keys in a token.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    assert [each for each in project["dependencies"] if each.startswith("typst")]
    assert list(project["optional-dependencies"]) == ["pkcs11", "scale"]
    pages = [path.read_text("utf-8") for path in (root / "README.md", *(root / "docs").rglob("*.md"))]
    assert {extra for page in pages for extra in re.findall(r"oreprint\[(.*?)\]", page)} == {"pkcs11", "scale"}


def test_a_list_with_another_resolver_and_json(terminal: Terminal, files: Files, tmp_path: Path) -> None:
    done = terminal.run(
        "label", files.certificate, files.bundle, "--resolver", "https://id.example", "--out", str(tmp_path), "--json"
    )
    labels = json.loads(done.out)["labels"]
    assert [each["link"] for each in labels] == [f"https://id.example/c/{files.last.certificate.digest}"] * 2
    assert len({each["file"] for each in labels}) == 1


def test_labels_lead_where_the_setting_says(
    terminal: Terminal, files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest, words = files.last.certificate.digest, ("label", files.certificate, "--out", str(tmp_path), "--json")
    monkeypatch.setenv("OREPRINT_ORIGIN", "http://192.168.1.5:8080/")
    (label,) = json.loads(terminal.run(*words).out)["labels"]
    assert label["link"] == f"http://192.168.1.5:8080/c/{digest}"
    (other,) = json.loads(terminal.run(*words, "--resolver", "id.example").out)["labels"]
    assert other["link"] == f"https://id.example/c/{digest}"
    monkeypatch.setenv("OREPRINT_ORIGIN", "http://registry.example")
    refused = terminal.run(*words[:-1])
    assert (refused.code, refused.problem) == (3, "carrier.resolver")
    assert "OREPRINT_ORIGIN" in refused.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--seal",), "carrier.no-key"),
        (("--format", "gif"), "carrier.format"),
        (("--size", "7mm"), "carrier.label-size"),
        (("--level", "L"), "carrier.level"),
        (("--resolver", "http://id.example"), "carrier.resolver"),
        (("--gtin", "4006381333932"), "carrier.gtin"),
        (("--trust", "nowhere.json"), "file.missing"),
    ],
)
def test_a_wrong_wish_is_told_and_nothing_is_written(
    terminal: Terminal, files: Files, tmp_path: Path, words: tuple[str, ...], code: str
) -> None:
    out = tmp_path / "labels"
    done = terminal.run("label", files.certificate, *words, "--out", str(out))
    assert done.code == 3
    assert done.problem == code
    assert not out.exists()


def test_one_unreadable_certificate_keeps_all_back(terminal: Terminal, files: Files, tmp_path: Path) -> None:
    bad, out = tmp_path / "bad.sdjwt", tmp_path / "labels"
    bad.write_text("eyJhbGciOiJub25lIn0.e30.\n")
    done = terminal.run("label", files.certificate, str(bad), "--out", str(out))
    assert done.code == 3
    assert str(bad) in done.err
    assert not out.exists()


def test_printing_again_gives_the_same_bytes(terminal: Terminal, files: Files, tmp_path: Path) -> None:
    words = ("label", files.certificate, "--format", "png", "--out", str(tmp_path))
    assert terminal.run(*words).code == 0
    first = (tmp_path / f"{stem(files)}.png").read_bytes()
    assert terminal.run(*words).code == 0
    assert (tmp_path / f"{stem(files)}.png").read_bytes() == first


def test_the_name_of_an_example_marks_its_labels_whatever_the_trust_list_says(
    terminal: Terminal, files: Files, tmp_path: Path
) -> None:
    assert terminal.run("label", files.certificate, "--trust", files.trust, "--out", str(tmp_path)).code == 0
    assert DEMO_WORDS in (tmp_path / f"{stem(files)}.svg").read_text()


@pytest.mark.slow
def test_a_label_of_a_home_carries_the_seal_and_says_demo(terminal: Terminal, home: Path, tmp_path: Path) -> None:
    certificate = home / "certificates" / "OX-17.sdjwt"
    opened = open_certificate(certificate.read_text().strip())
    for source in (str(certificate), opened.digest):
        words = ("label", source, "--home", str(home), "--seal", "--out", str(tmp_path))
        assert terminal.run(*words).code == 0
        svg = (tmp_path / "OX-17.svg").read_bytes()
        assert DEMO_WORDS in svg.decode()
        (text,) = read(drawn(svg, suffix="svg"))
        link = parse_link(text)
        assert isinstance(link, CertificateLink)
        assert link.seal is not None
        assert link.digest == opened.digest
        verify_seal_against(opened.record, opened.digest, open_seal(link.seal))


@pytest.mark.slow
def test_a_days_labels_in_one_command(terminal: Terminal, home: Path, tmp_path: Path) -> None:
    sources = sorted(map(str, (home / "certificates").glob("*.sdjwt")))
    done = terminal.run("label", *sources, "--home", str(home), "--short", "--format", "zpl", "--out", str(tmp_path))
    assert done.code == 0, done.err
    assert len(done.out.splitlines()) == len(sources) == len(list(tmp_path.glob("*.zpl")))


@pytest.mark.slow
def test_a_scanned_link_is_looked_up_and_its_seal_compared(terminal: Terminal, home: Path) -> None:
    opened = open_certificate((home / "certificates" / "OX-17.sdjwt").read_text().strip())
    other = open_certificate((home / "certificates" / "AL-40.sdjwt").read_text().strip())
    signers = open_to_sign(home).signers
    seals = [make_seal(each.record, each.digest, signer=signers[each.record.issuer.did]) for each in (opened, other)]
    address = f"https://{opened.record.registry}/c/{opened.digest}"

    alone = terminal.run("verify", f"{address}#{seals[0]}", "--trust", str(home / "trust.json"), "--json")
    report = json.loads(alone.out)
    assert (alone.code, report["verdict"]) == (2, "incomplete")
    assert report["certificate"]["lot"] == "OX-17"
    assert {check["result"] for check in report["checks"]} == {"passed", "not-checked"}
    assert "Only the seal was checked" in report["headline"]

    for link, verdict in (
        (address, "genuine"),
        (f"{address}#{seals[0]}", "genuine"),
        (f"{address}#{seals[1]}", "do-not-rely"),
    ):
        done = terminal.run("verify", link, "--home", str(home), "--json")
        report = json.loads(done.out)
        assert report["verdict"] == verdict
        sealed = [check["result"] for check in report["checks"] if check["code"] == "record.seal"]
        assert sealed == ([] if link == address else ["passed" if verdict == "genuine" else "failed"])

    broken = terminal.run("verify", f"{address}#{seals[0][:-2]}", "--trust", str(home / "trust.json"))
    assert broken.code == 1
    assert "DO NOT RELY" in broken.out
    assert terminal.run("verify", "https://elsewhere.example/x", "--home", str(home), "--offline").problem == "file.url"


def test_identify_names_the_address_where_labels_lead(
    terminal: Terminal, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The link opens: it has the configured origin, and without one that of the registry."""
    maker = str(example.written("MAG-2026-06")["producer"])
    wanted = ("identify", "MG-88", "--as", maker, "--gtin", "04006381333931", "--home", str(home), "--json")
    usual = json.loads(terminal.run(*wanted).out)
    assert usual["path"] == "/01/04006381333931/10/MG-88"
    assert usual["link"] == f"https://registry.oreprint.example{usual['path']}"
    monkeypatch.setenv("OREPRINT_ORIGIN", "https://scan.example:8443/")
    assert json.loads(terminal.run(*wanted).out)["link"] == f"https://scan.example:8443{usual['path']}"
