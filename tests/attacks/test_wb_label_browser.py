"""Labels in the browser: what its script takes for a link, a code or a seal, Python takes for one, mutant by mutant."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from ledger.carrier.code import code_start, label_code
from ledger.carrier.link import GivenDigest, parse_link, parse_subject
from ledger.carrier.seal import make_seal, open_seal
from ledger.seal.digest import certificate_digest_text, from_base64url, to_base58, to_base64url
from schemas.problem import InputError
from tests.support.browser.labels import certificate, digest, seal
from tests.support.worlds import sample_records as samples

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.no_cover

SCRIPT = """
import {{ openSeal, parseLabel, typed }} from {label};
import {{ readFileSync }} from 'node:fs';
const told = (act) => {{ try {{ return act(); }} catch (error) {{ if (!error.code) throw error; return null; }} }};
const given = JSON.parse(readFileSync(0, 'utf8'));
const found = {{
  links: given.links.map((text) => parseLabel(text) !== null),
  typed: given.typed.map((text) => typed(text)),
  seals: given.seals.map((text) => told(() => openSeal(text).said)),
}};
process.stdout.write(JSON.stringify(found));
"""
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


@pytest.fixture(scope="module")
def judge(root: Path) -> Callable[..., dict[str, Any]]:
    if shutil.which("node") is None:
        pytest.skip("node is missing; `make test` installs it where it may")
    script = SCRIPT.format(label=json.dumps(str(root / "api/web/static/label.js")))

    def judged(**given: list[str]) -> dict[str, Any]:
        done = subprocess.run(
            ["node", "--input-type=module", "-e", script],
            input=json.dumps({"links": [], "typed": [], "seals": [], **given}),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    return judged


def is_link(text: str) -> bool:
    try:
        parse_link(text)
    except InputError:
        return False
    return True


def is_digest(text: str) -> bool:
    try:
        return isinstance(parse_subject(text), GivenDigest)
    except InputError:
        return False


LOOK_ALIKES = (
    "https://registry.ex\u0430mple/c/{digest}",  # a Cyrillic letter
    "https://registry.example\u2024evil.example/c/{digest}",
    "https://registry.example@evil.example/c/{digest}",
    "https://user:secret@registry.example/c/{digest}",
    "https://registry.example:443/c/{digest}",
    "https://registry.example:080/c/{digest}",
    "https://registry.example./c/{digest}",
    "https://REGISTRY.EXAMPLE/c/{digest}",
    "https://registry.example//c/{digest}",
    "https://registry.example/c/{digest}?next=https://evil.example",
    "https://registry.example/c/{digest}#a#b",
    "https://registry.example\\evil.example/c/{digest}",
    "https://evil.example/https://registry.example/c/{digest}",
    "http://registry.example/c/{digest}",
    "http://8.8.8.8/c/{digest}",
    "javascript:alert(1)//https://registry.example/c/{digest}",
    "data:text/html,https://registry.example/c/{digest}",
    "https://registry.example/c/{digest}\n",
    " https://registry.example/c/{digest}",
    "https://registry.example/01/09506000134352/10/LOT/../../c/{digest}",
)


def test_no_look_alike_is_a_link(judge: Callable[..., dict[str, Any]]) -> None:
    texts = [text.format(digest=digest(1)) for text in LOOK_ALIKES]
    assert judge(links=texts)["links"] == [False] * len(texts)
    assert not any(map(is_link, texts))


def test_what_the_browser_takes_for_a_link_python_takes_too(judge: Callable[..., dict[str, Any]]) -> None:
    chance = random.Random(18)  # noqa: S311 - mutants, no secrets
    origins = ("https://registry.example", "https://two.example:8443", "http://localhost:8080", "http://192.168.1.20")
    whole = [f"{origin}/c/{digest(number)}#{seal()}" for number, origin in enumerate(origins)]
    whole += [f"{origin}/c/{digest(9)}" for origin in origins]
    whole += [f"{origin}/01/09506000134352/10/{lot}" for origin in origins for lot in ("LOT-7", "A%2FB%21", "x-.%25")]
    texts = [*whole]
    for _ in range(6000):
        text = chance.choice(whole)
        at = chance.randrange(len(text.partition("#")[0]))
        if "/01/" not in text[:at] or "/10/" in text[:at]:  # of a GTIN, only the server knows the prefixes
            texts.append(text[:at] + chance.choice("aZ0.:/@#?-_%é\u200b") + text[at + chance.randrange(2) :])
    found = judge(links=texts)["links"]
    assert all(found[: len(whole)])
    assert [text for text, taken in zip(texts, found, strict=True) if taken and not is_link(text)] == []


def test_a_gtin_with_a_wrong_check_digit_is_no_link_in_either(judge: Callable[..., dict[str, Any]]) -> None:
    texts = [f"https://registry.example/01/0950600013435{last}/10/LOT-7" for last in range(10)]
    assert judge(links=texts)["links"] == [is_link(text) for text in texts] == [last == 2 for last in range(10)]


def test_characters_that_are_no_multihash_are_no_digest_in_either(judge: Callable[..., dict[str, Any]]) -> None:
    """44 characters hold more numbers than 32 bytes do."""
    least, most = certificate_digest_text(bytes(32)), certificate_digest_text(b"\xff" * 32)
    beyond = [f"z{to_base58(number.to_bytes(34))}" for number in ((0x1220 << 256) - 1, 0x1221 << 256)]
    beyond += [f"zQm{'1' * 44}", f"zQm{'z' * 44}"]
    texts = [least, most, *beyond]
    found = judge(links=[f"https://registry.example/c/{text}" for text in texts], typed=texts)
    assert found["links"] == [is_link(f"https://registry.example/c/{text}") for text in texts]
    assert found["links"] == [True, True, *[False] * len(beyond)]
    assert [each == "digest" for each in found["typed"]] == [is_digest(text) for text in texts] == found["links"]


def test_a_mistyped_code_is_told_from_a_right_one_as_in_python(judge: Callable[..., dict[str, Any]]) -> None:
    chance = random.Random(6)  # noqa: S311 - mutants, no secrets
    texts = [label_code(digest(number)) for number in range(100)]
    for code in texts[:100]:
        at = chance.randrange(len(code))
        texts.append(code[:at] + chance.choice(ALPHABET + "0OIl") + code[at + chance.randrange(2) :])
    texts += ["", "hello", "OX-17", "0" * 13, "x" * 12, "é" * 13, digest(3)[:-1], digest(3)]
    due: list[str | None] = []
    for text in texts:
        try:
            code_start(text)
            due.append("code")
        except InputError as error:
            due.append("mistyped" if error.code == "carrier.code-typed" else None)
    due[-2:] = [None, "digest"]  # a digest is no code: nothing in it tells of a wrong character
    found = judge(typed=texts)["typed"]
    assert [(text, one, other) for text, one, other in zip(texts, found, due, strict=True) if one != other] == []
    assert found.count("code") >= 100
    assert found.count("mistyped") >= 80


def said(text: str) -> dict[str, Any] | None:
    try:
        opened = open_seal(text)
    except InputError:
        return None
    told: dict[str, Any] = json.loads(opened.value.to_text())
    return told


def test_a_seal_says_the_same_in_the_browser_and_no_mutant_says_more(judge: Callable[..., dict[str, Any]]) -> None:
    chance = random.Random(8392)  # noqa: S311 - mutants, no secrets
    raw = from_base64url(seal())
    texts = [seal(), *(make_seal(made.record, made.digest, signer=samples.signer()) for made in [certificate()])]
    for _ in range(3000):
        wrong = bytearray(raw)
        for _ in range(chance.randrange(1, 3)):
            at = chance.randrange(len(wrong))
            match chance.randrange(4):
                case 0:
                    wrong[at] = chance.randrange(256)
                case 1:
                    wrong[at] ^= 1 << chance.randrange(8)
                case 2:
                    del wrong[at]
                case _:
                    wrong.insert(at, chance.randrange(256))
        texts.append(to_base64url(bytes(wrong)))
    texts += ["", "0", "!", "0oRD", "A" * 701, to_base64url(raw + b"\x00"), to_base64url(raw[:-1])]
    found, due = judge(seals=texts)["seals"], [said(text) for text in texts]
    assert found[0] is not None
    assert sum(each is not None for each in due) > 500  # a bit of the signature, or of a text, is well formed
    assert [pair for pair in zip(texts, found, due, strict=True) if pair[1] != pair[2]] == []
