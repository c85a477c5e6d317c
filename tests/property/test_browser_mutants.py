"""The browser refuses whatever the verification in Python refuses, and takes whatever it takes: ten thousand mutants.

Mutants of documents, of certificates that are sealed again with digests that fit, of statements, splits and trust lists
that are signed again, and of the bytes of bundles. Each is drawn from a fixed seed and read by both.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import shutil
import sys
from collections import Counter
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest

from ledger.holdings.split import SplitRecord
from ledger.log.vkey import sign_note
from ledger.seal.digest import from_base64url, to_base64url
from ledger.seal.sdjwt import open_certificate
from ledger.seal.statement import open_statement
from ledger.seal.view import record_text
from ledger.trust.pinned import open_trust
from ledger.verify.chain import Policy
from ledger.verify.rule import Rule
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.problem import OreprintError
from tests.golden.make_certificates import FOLDER
from tests.golden.make_forms import KINDS
from tests.support.browser.mutants import mutated, spelled
from tests.support.browser.resealed import opened_value, resealed
from tests.support.http.javascript import node
from tests.support.worlds.broken_histories import BREAKS, drawn
from tests.support.worlds.parties import key, vkey
from tests.support.worlds.recipe import Make, tables
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

GROUPS: Final = ("materials", "fuels", "electricity", "direct", "transport", "waste", "credits")
SHARES: Final = {"document": 50, "certificate": 25, "statement": 5, "split": 3, "trust": 5, "bundle": 12}
"""Percent of the mutants."""
TOLD: Final = (Rule.STATED, Rule.INSTRUMENT, Rule.BESIDE, Rule.FOLLOWS_NAMES, Rule.PHYSICS)
"""Rules whose broken histories have documents with members that an ordinary batch lacks."""


@dataclass(frozen=True)
class Source:
    """What mutants are made of: documents by kind, certificates, statements by kind, splits, and a bundle."""

    documents: tuple[tuple[str, str], ...]
    certificates: tuple[str, ...]
    statements: tuple[tuple[str, str], ...]
    splits: tuple[str, ...]
    bundle: tuple[bytes, ...]
    world: World


@cache
def source() -> Source:
    world = World()
    lump = drawn(world)
    world.change("suspend", lump.issuance.certificate)
    world.change("lift", lump.issuance.certificate)
    batch = world.issue("ben", [lump], [Make(300_000), Make(50_000)])
    bundle = tuple(world.bundle(batch.certificate, own=batch.lumps[0]))
    golden = gzip.decompress((FOLDER / "1" / "bundle.oreprint.gz").read_bytes()).splitlines(keepends=True)
    lines = [json.loads(line) for line in (*bundle, *golden, *(line for rule in TOLD for line in BREAKS[rule]().lines))]
    certificates = tuple(line["certificate"] for line in lines if line["t"] == "certificate")
    statements = tuple((line["kind"], line["statement"]) for line in lines if line["t"] == "statement")
    splits = tuple(line["split"] for line in lines if line["t"] == "split")
    documents = [
        (line["t"], json.dumps(line, separators=(",", ":"), ensure_ascii=False))
        for line in lines
        if len(str(line)) < 20_000
    ]
    for text in certificates:
        documents += _inside(text)
    for kind, text in statements:
        documents.append((kind, _part(text, 1)))
    documents += [("split-text", text) for text in splits]
    documents += [("status-list", _part(line["credential"], 1)) for line in lines if line["t"] == "status"]
    documents += [("trust-list", world.people.note.partition("\n")[0])] * 20
    return Source(tuple(documents), certificates, statements, splits, bundle, world)


def _part(jws: str, number: int) -> str:
    return from_base64url(jws.split(".")[number]).decode()


def _inside(text: str) -> Iterable[tuple[str, str]]:
    """Yield the documents in a certificate, each with its kind; those that are most like each other the least often."""
    jws, *disclosures, _ = text.split("~")
    yield "header", _part(jws, 0)
    yield "record", record_text(from_base64url(jws.split(".")[1])).decode()
    yield "record", record_text(from_base64url(jws.split(".")[1])).decode()
    for each in disclosures:
        value = opened_value(each)
        members = json.loads(value)
        yield _kind(members), value


def _kind(members: dict[str, Any]) -> str:
    """Return the kind of a disclosure by its members."""
    if "group" in members:
        return str(members["group"])
    for name, kind in (("made", "run"), ("source", "input"), ("creator", "source"), ("label", "detail")):
        if name in members:
            return kind
    return "output"


def _signed_trust(text: str) -> str:
    try:
        return sign_note(f"{text}\n", vkey("trust.example"), key("trust.example").sign).to_text()
    except (OreprintError, UnicodeError):
        return f"{text}\n\n"


def _rejoined(jws: str, changed: str) -> str:
    header, _, signature = jws.split(".")
    return f"{header}.{to_base64url(changed.encode('utf-8', 'surrogatepass'))}.{signature}"


def _bundle(random: Random) -> bytes:
    """Return a bundle with a mutant in one line, or with its lines in disorder."""
    lines = list(source().bundle)
    at = random.randrange(len(lines))
    match random.randrange(5):
        case 0:
            lines[at] = mutated(lines[at].decode().rstrip("\n"), random).encode("utf-8", "surrogatepass") + b"\n"
        case 1:
            where = random.randrange(len(lines[at]))
            lines[at] = lines[at][:where] + bytes([random.randrange(256)]) + lines[at][where + 1 :]
        case 2:
            lines.insert(random.randrange(len(lines)), lines[at])
        case 3:
            del lines[at]
        case _:
            lines[at] = spelled(lines[at].decode().rstrip("\n"), random).encode() + b"\n"
    return b"".join(lines)


def drawn_mutants(count: int, seed: int) -> list[dict[str, str]]:
    """Return so many mutants, each with the way to read it."""
    random, known = Random(seed), source()  # noqa: S311 - the same in every run
    trust = known.world.people.note.partition("\n")[0]
    found: list[dict[str, str]] = []
    for way in random.choices(list(SHARES), list(SHARES.values()), k=count):
        match way:
            case "document":
                kind, text = random.choice(known.documents)
                found.append({"way": way, "kind": kind, "text": mutated(text, random)})
            case "certificate":
                found.append({"way": way, "text": resealed(random.choice(known.certificates), random)})
            case "statement":
                kind, text = random.choice(known.statements)
                new = (
                    _rejoined(text, mutated(_part(text, 1), random)) if random.random() < 0.8 else spelled(text, random)
                )
                found.append({"way": way, "kind": kind, "text": new})
            case "split":
                found.append({"way": way, "text": mutated(random.choice(known.splits), random)})
            case "trust":
                found.append({"way": way, "text": _signed_trust(mutated(trust, random))})
            case _:
                found.append({"way": way, "raw": base64.b64encode(_bundle(random)).decode()})
    return found


def takes(mutant: dict[str, str]) -> bool:
    """Return whether the Python side takes a mutant; of a bundle, whether nothing failed in it."""
    try:
        match mutant["way"]:
            case "document":
                KINDS[mutant["kind"]].from_text(mutant["text"])
            case "certificate":
                open_certificate(mutant["text"])
            case "statement":
                open_statement(mutant["text"], kind=mutant["kind"])  # type: ignore[arg-type]
            case "split":
                SplitRecord.parse(mutant["text"])
            case "trust":
                open_trust(mutant["text"])
            case _:
                world, lines = source().world, re.findall(rb"[^\n]*\n|[^\n]+", base64.b64decode(mutant["raw"]))
                policy = Policy(world.now_ms + 60_000)
                chain = verify_bundle(lines, trust=world.people.trust, tables=tables(), policy=policy)
                return report(chain).verdict != "do-not-rely"
    except OreprintError:
        return False
    return True


@pytest.mark.parametrize(("count", "seed"), [(480, 16), pytest.param(10_000, 20260601, marks=pytest.mark.soak)])
def test_the_browser_refuses_what_python_refuses(count: int, seed: int, root: Path) -> None:
    if shutil.which("node") is None:
        pytest.skip("node is missing; `make test` installs it where it may")
    mutants = drawn_mutants(count, seed)
    world = source().world
    given = {"trust": world.people.note, "now": world.now_ms + 60_000, "mutants": mutants}
    here = node("mutants.mjs", given, root / "tests/golden/browser")
    there = [takes(mutant) for mutant in mutants]
    refused = Counter(mutant["way"] for mutant, taken in zip(mutants, there, strict=True) if not taken)
    sys.stdout.write(
        f"{count} mutants: Python refuses {sum(refused.values())} ({dict(refused)}), the browser {here.count(False)}\n"
    )
    passed = [mutant for mutant, one, other in zip(mutants, here, there, strict=True) if one and not other]
    assert not passed, (len(passed), passed[:3])
    accused = [mutant for mutant, one, other in zip(mutants, here, there, strict=True) if other and not one]
    assert not accused, (len(accused), accused[:3])
    assert min(refused.values()) > 0
    assert len(refused) == len(SHARES)
