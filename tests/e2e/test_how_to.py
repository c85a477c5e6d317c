"""The how-to pages' commands, run as they are written, each page for itself, at a port that is free."""

from __future__ import annotations

import json
import re
import shutil
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from api.examples import RECORD
from tests.e2e.pages import DOCS, commands, run
from tests.support.http.processes import free_port
from tests.support.worlds.studies import all_outside, certificates

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.terminal import Demo

WITHOUT_CERTIFICATES = {
    "hold-keys-of-a-trust-list",
    "start-your-own-desk",
    "write-a-record",
    "write-records-from-a-recipe",
}
"""Pages that compute and issue nothing."""

PAGES = {
    "attest-a-certificate": (
        "Attested: figure, closed-branch",
        "exit code 3",
        "Vouched for 1 of them, by Verifier V",
        "limited assurance",
    ),
    "audit-by-others": (
        "is logged: 20 certificates are right, 0 refused",
        "One auditor (Auditor X) was shown every step of it",
    ),
    "close-a-registry": (
        "all that did:web:hydrogen-alloy-a.example owns and may see here",
        "all there",
        "GENUINE RECORD: HS-02",
    ),
    "factors-and-what-if": (
        "7 of 12 batches changed",
        "0.6479 -> CO2-fossil=0.45",
        "what if: 0.49 kg",
        "virgin-prnd-metal.cn-nm.2026: 97.",
        "circular footprint formula: 9",
        "mine/location.cn-nm.2023",
    ),
    "get-notices": (
        "sends notices of did:web:metal-a.example to https://erp.metal-a.example/oreprint.",
        "whsec_",
        "mailto:stock@metal-a.example",
        '"address":"https://erp.example/oreprint","state":"on"',
        "An issuer withdrew a batch in the chain of MG-88. 18 kg of MG-88 stem",
        '"change":"withdrawn","of":"upstream"',
        "status 304",
    ),
    "issue-from-an-erp": (
        '"state":"could-be-issued"',
        '"kg_co2e_per_unit":"74.001960084687"',
        '"digest":"zQm',
        '"lot":"OX-18","kind":"oxide"',
        '; rel="next"',
        '"left_kg":"165"',
    ),
    "issue-runs-at-the-desk": (
        "Was 1212 kg meant?",
        "issued SC-41 zQm",
        '{"state":"could-be-issued"',
        '"code":"recipe.same-as-typical","place":"readings.',
        '"lot":"SC-42"',
    ),
    "hold-keys-of-a-trust-list": (
        "One key signs the trust list",
        "society.example signed build/trust-2.json",
        "Published version 2 of the trust list",
        "2 holders of 3 must sign each version",
    ),
    "make-a-first-recipe": (
        "Kept as a draft: SC-NdFeB v1 of did:web:magnet-a.example.",
        "with this recipe: 30.862354869688 kg CO2e/kg",
        "Approved: SC-NdFeB v1 of did:web:magnet-a.example. Runs follow it from now on.",
        "strip-cast NdFeB flake approved since",
    ),
    "keep-a-registry": (
        "log/2: open, with 1 entry; witnesses and a monitor have cosigned",
        "0 objects are new",
        "Put it at https://metal-a.example/.well-known/did.json",
        "signs again",
        "No fault in",
        "is revoked",
        "did:web:metal-a.example#key-2 valid since",
        "compromised: entries logged since",
    ),
    "keep-your-own-key": (
        '{"ready":true',
        "https://smelter-z.example/.well-known/did.json",
        "issued Z-1 at 127.0.0.1",
        "Smelter Z",
        "Offered 2 kg of Z-1 to did:web:metal-y.example. It is theirs once they accept it.",
        "Cancelled the offer of 2 kg of Z-1 to did:web:metal-y.example.",
        "Accepted 1 kg of Z-1 from did:web:smelter-z.example.",
        "Z-1: 1 kg left",
        "corrected Z-1 zQm",
        "unchanged Z-1 zQm",
        "which made X-1. Its certificates are revoked.",
        "Suspended: Z-1.",
        "Lifted: Z-1 can be used again",
        "Withdrawn: Z-1.",
        "Z-1 (withdrawn):",
        "issued Y-1 at",
        "#key-2 valid since",
    ),
    "prices-and-exclusions": (
        "74 by declared prices; 73 by reference prices; 17 by mass",
        "at most 75 with all that is left out and bounded (1.5 more); not in it, since nobody bounded it: flotation",
        "at most 0.60 with all that is left out and bounded (0.0042 more)",
    ),
    "put-right-before-shipment": ("issued HS-02-2", "Weigh the drums and print new labels"),
    "ship-to-a-customer": (
        "This registry now holds it for your customer, who has no DID.",
        "moved 10 kg of HS-02",
        "moved 50 kg of HS-02",
        "Drive Works party here did:web:metal-a.example",
    ),
    "two-persons": ("withdrawals: Withdrawing, suspending,",),
    "set-up-people": (
        "Chen Jie (admin) signs in once by this link",
        "/desk/link/orei_",
        "Chen Jie admin invited",
        "Chen Jie is ended and never signs in again.",
        "person recover",
        "No request waits for you.",
    ),
    "share-with-a-customer": ("is revoked. It opens nothing from now on.", "open until"),
    "start-your-own-desk": (
        "This is a trial: labels say TRIAL, and nothing can be shipped.",
        "http://localhost:8080/desk/link/orei_",
        '{"ready":true',
        "Changed: kinds of did:key:z6Mk",
    ),
    "take-papers-away": (
        "GENUINE RECORD: MG-88",
        "Not proven What is printed in the PDF.",
        "row,lot,certificate,name,part,state,amount (kg)",
        "paper.covered-country",
    ),
    "print-labels": ("HTTP/1.1 307", "/01/04006381333931/10/OX-17"),
    "use-electricity-certificates": (
        "issued Example attributes: EX-2",
        "Accepted 2000 kWh of Example attributes: EX-2",
        "Example attributes: EX-2: 2000 kWh left",
    ),
    "use-from-python": (
        "genuine genuine",
        "verify.unlisted No registry of your trust list has the address https://registry.example",
        "OX-16",
        "genuine offered 5 kg",
    ),
    "verify-incoming-goods": ("GENUINE RECORD", "What came differs by", '"verdict":"genuine"'),
    "withdraw-a-lot": ("Withdrawn: OX-16", "12.3 % of its Nd is affected.", "Quarantine 18 kg."),
    "write-a-record": (
        "hydrochloric-leaching: Oxidising roast",
        "Wrote record.yaml. Change it to what your plant did",
        "CON-07: 10000 kg concentrate",
    ),
    "write-records-from-a-recipe": (
        "recipe SCR, version 1. It asks for:",
        "magnet-swarf-dry (magnet swarf, dry basis (pre-consumer)): 612 kg to 828 kg, typically 720 kg",
    ),
}
"""A page, and what its commands must have printed."""
DEMO = "oreprint demo --home build/demo > build/demo.txt"
"""How a page begins that works with the demo's files.

The demo starts afresh each time, so a copy of one that was just made is the same.
"""
ELSEWHERE = {"postgresql", "witness-and-monitor", "upgrade-and-go-back"}
"""Pages that need servers of somebody else's, or a home of an earlier release; other tests run what they say
(`tests/e2e/test_witness_cli.py`, `tests/integration/test_forms.py`, which types the commands about upgrades).
"""


def typed(page: str, demo: Demo) -> list[str]:
    """Return the commands of a page; one that makes the demo copies it."""
    copy = f"rm -rf build/demo; cp -a {demo.home} build/demo; cp {demo.home.parent}/demo.txt build/demo.txt"
    return [copy if each == DEMO else each for each in commands(page)]


def test_every_page_is_run() -> None:
    assert {path.stem for path in (DOCS / "how-to").glob("*.md")} == PAGES.keys() | ELSEWHERE


needs_curl = pytest.mark.skipif(
    shutil.which("curl") is None, reason="curl is missing, with which these pages speak HTTP"
)


@pytest.mark.slow
@needs_curl
@pytest.mark.parametrize("page", PAGES)
def test_a_page_works_as_written(page: str, demo: Demo, tmp_path: Path) -> None:
    """Hard use 30: each page works, and every certificate that it makes has a figure that published studies bear
    out.
    """
    printed = " ".join(run(typed(f"how-to/{page}.md", demo), tmp_path, port=free_port()).split())
    assert not [words for words in PAGES[page] if words not in printed]
    made = certificates(tmp_path)
    assert made or page in WITHOUT_CERTIFICATES
    assert all_outside(made) == []


def test_the_records_that_are_posted_are_those_of_the_page() -> None:
    """Hard use 30: what is shown as the body of a request, here and in the OpenAPI document, is one record that is
    run.
    """
    text = (DOCS / "how-to" / "issue-from-an-erp.md").read_text("utf-8")
    body = text.partition("<<'END'\n")[2].partition("    END\n")[0]
    assert json.loads(body) == RECORD


LEFT_BEHIND = (
    "put-right-before-shipment",
    "keep-your-own-key",
    "get-notices",
    "keep-a-registry",
    "attest-a-certificate",
    "audit-by-others",
    "print-labels",
)
"""The pages that leave a passphrase or a token exported, as the tutorial does, each followed by a page of the demo's
home.
"""


def test_the_short_form_has_each_page_that_leaves_a_secret() -> None:
    assert {page for page in PAGES if left_exported(page)} <= set(LEFT_BEHIND)
    behind = [LEFT_BEHIND[0], *(after for page, after in pairwise(LEFT_BEHIND) if left_exported(page))]
    assert [page for page in behind if DEMO not in commands(f"how-to/{page}.md")] == []
    assert not left_exported(LEFT_BEHIND[-1])


def left_exported(page: str) -> set[str]:
    """Return the settings with a secret that a page has exported at its end."""
    left: set[str] = set()
    for command in commands(f"how-to/{page}.md"):
        named = set(re.findall(r"\bOREPRINT_(?:PASSPHRASE|TOKEN)\b", command))
        if command.startswith("export "):
            left |= named
        elif command.startswith("unset "):
            left -= named
    return left


@pytest.mark.slow
@pytest.mark.timeout(3000)
@needs_curl
@pytest.mark.parametrize("names", [LEFT_BEHIND, pytest.param(tuple(PAGES), marks=pytest.mark.soak)], ids=["few", "all"])
def test_the_tutorial_and_then_pages_work_in_one_shell(demo: Demo, tmp_path: Path, names: tuple[str, ...]) -> None:
    """Hard use 29: what a page exports for its own home doesn't lock the homes of the pages after it."""
    pages = ["tutorial.md", *(f"how-to/{name}.md" for name in names)]
    script = []
    for page in pages:
        # until a server that was told to stop has stopped
        script += [f"echo page {page}", *typed(page, demo), "wait || true"]
    printed = " ".join(run(script, tmp_path, port=free_port(), seconds=2900).split())
    for name in names:
        part = printed.partition(f"page how-to/{name}.md")[2].partition("page how-to/")[0]
        assert not [each for each in PAGES[name] if each not in part], name
