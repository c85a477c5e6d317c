"""Bad input at every reading command: a clear problem, exit 3, soon, and never a stack trace."""

from __future__ import annotations

import gzip
import io
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import coverage
import pytest

from ledger.seal.digest import from_base64url, to_base64url
from tests.support.forked import command
from tests.support.http.processes import ended
from tests.support.worlds import sample_records as samples

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.terminal import Done, Files, Terminal

LONGEST: float = 2.0
"""Seconds that any answer to bad input may take."""
OF_ITS_OWN = (sys.executable, "-m", "cli.main")
READERS = (("show",), ("trace",), ("present", "--for", "public"))
HEADER = (
    b'{"t":"bundle/1","audience":"auditor","subject":"zQmYhAm6wEcwzpLgLetfASR5NH9gir2VniyQYG9jUMpMLsG",'
    b'"registries":["registry.example"],"records":1}\n'
)


def refused(terminal: Terminal, *words: str) -> Done:
    """Run a command that must refuse its input, in time."""
    start = time.perf_counter()
    done = terminal.run(*words)
    took = time.perf_counter() - start
    assert took < LONGEST or coverage.Coverage.current() is not None, f"{took:.1f} s"
    assert done.code == 3, done.out
    assert done.out == ""
    assert all(line.startswith("oreprint: ") and line.isprintable() for line in done.err.splitlines())
    return done


def text() -> bytes:
    return samples.sealed_certificate().text.encode()


BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "file.empty"),
    "blank": (b"\n\n", "file.kind"),
    "words": (b"Lot NB-26 is genuine.\n", "file.kind"),
    "escape codes": (b"\x1b[2J\x1b]0;title\x07", "file.kind"),
    "binary": (bytes(range(128, 256)) * 100, "file.encoding"),
    "gzip": (gzip.compress(b"eyJ" * 1000), "file.compressed"),
    "zip": (b"PK\x03\x04" + bytes(100), "file.compressed"),
    "utf-16": ("eyJhbGciOiJFZERTQSJ9.e30.AA~".encode("utf-16"), "file.encoding"),
    "utf-16 without mark": ("eyJhbGciOiJFZERTQSJ9.e30.AA~".encode("utf-16-le"), "file.encoding"),
    "utf-32": ("eyJhbGciOiJFZERTQSJ9.e30.AA~".encode("utf-32"), "file.encoding"),
    "byte order mark": (b"\xef\xbb\xbfeyJhbGciOiJFZERTQSJ9.e30.AA~", "file.bom"),
    "yaml": (b"oreprint: production-record/1\nrun: A-1\n", "file.kind"),
    "json": (b'{"oreprint":"production-record/1"}', "file.kind"),
    "json lines": (b'{"t":"head"}\n', "file.kind"),
    "two certificates": (text() + b"\n" + text(), "file.trailing"),
    "a line break too many": (text() + b"\n\n", "file.line-break"),
    "a line break too many, as Windows writes it": (text() + b"\r\n\r\n", "file.line-break"),
    "no disclosures": (b"eyJhbGciOiJFZERTQSJ9.e30.AA", "seal.text-form"),
    "non-ASCII": ("eyJ~é~".encode(), "seal.text-form"),
    "no signature": (text().partition(b".")[0] + b".e30.~", "seal.jws-form"),
    "five megabytes": (b"eyJ" + b"A" * 5_000_000 + b"~", "file.size"),
    "cut": (text()[:2000], "seal.text-form"),
    "header of a bundle, broken": (b'{"t":"bundle/1","audience":"everybody"}\n', "document.not-one-of"),
    "a later bundle": (b'{"t":"bundle/2","audience":"auditor"}\n', "file.kind"),
}


@pytest.mark.parametrize("name", BAD)
def test_js_15_a_file_that_is_no_certificate_is_named_for_what_it_is(
    name: str, terminal: Terminal, files: Files, tmp_path: Path
) -> None:
    content, code = BAD[name]
    file = tmp_path / "given"
    file.write_bytes(content)
    assert refused(terminal, *files.judged(str(file))).problem == code
    for reader, *options in READERS:
        assert refused(terminal, reader, str(file), *options).problem == code


@pytest.mark.parametrize("name", ["empty", "binary", "gzip", "utf-16", "two certificates", "cut"])
def test_js_15_standard_input_is_held_to_the_same(
    name: str, terminal: Terminal, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, code = BAD[name]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    done = refused(terminal, *files.judged("-"))
    assert done.problem == code
    assert done.err.startswith("oreprint: standard input: ")


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("", "file.unreadable"),
        ("no/such/file", "file.missing"),
        ("L3.sdjwtt", "file.missing"),
        ("OX-16", "file.no-source"),
        ("a" * 5000, "file.refused"),
    ],
)
def test_a_place_that_is_no_file_is_told(source: str, code: str, terminal: Terminal, files: Files) -> None:
    assert refused(terminal, *files.judged(source)).problem == code


def test_a_file_that_may_not_be_read_is_told(terminal: Terminal, files: Files, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.touch(mode=0)
    if os.access(secret, os.R_OK):
        pytest.skip("this user may read everything")
    assert refused(terminal, *files.judged(str(secret))).problem == "file.unreadable"


@pytest.mark.parametrize(("start", "code"), [(b"", "file.size"), (b"eyJ", "file.size"), (HEADER, "bundle.line-size")])
def test_a_gigabyte_of_nothing_is_refused_at_once(
    start: bytes, code: str, terminal: Terminal, files: Files, tmp_path: Path
) -> None:
    sparse = tmp_path / "sparse"
    sparse.write_bytes(start)
    os.truncate(sparse, 1 << 30)
    assert refused(terminal, *files.judged(str(sparse))).problem == code


def test_js_12_what_expands_is_never_expanded(terminal: Terminal, files: Files, tmp_path: Path) -> None:
    bomb = tmp_path / "bomb"
    bomb.write_bytes(gzip.compress(gzip.compress(bytes(10_000_000))))
    assert bomb.stat().st_size < 10_000
    assert refused(terminal, *files.judged(str(bomb))).problem == "file.compressed"


def test_a_bundle_of_nothing_but_bad_lines_ends_soon(terminal: Terminal, files: Files, tmp_path: Path) -> None:
    lines = tmp_path / "lines.oreprint"
    lines.write_bytes(HEADER + b"\n" * 5_000_000)
    assert refused(terminal, *files.judged(str(lines))).problem == "bundle.refused"


def test_js_01_no_file_of_the_json_suite_passes(terminal: Terminal, files: Files, shared: Path) -> None:
    suite = sorted((shared / "vectors/json/test_parsing").glob("*.json"))
    assert len(suite) == 318
    assert {refused(terminal, *files.judged(str(file))).problem.partition(".")[0] for file in suite} == {"file"}


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_one_line_break_at_the_end_of_a_certificate_is_none_too_many(
    end: bytes, terminal: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / "given.sdjwt"
    file.write_bytes(text() + end)
    assert terminal.run("show", str(file)).code == 0


def test_a_trust_list_may_be_spelt_as_any_json(terminal: Terminal, files: Files, tmp_path: Path) -> None:
    note = json.loads(Path(files.trust).read_text())
    trust = tmp_path / "trust.json"
    for spelt in (json.dumps(note), json.dumps(note, indent=2, ensure_ascii=False), json.dumps(note) + "\r\n\n"):
        trust.write_text(spelt)
        done = terminal.run("verify", files.bundle, "--trust", str(trust), "--at", files.now, "--offline")
        assert (done.code, done.err) == (terminal.run(*files.judged(files.bundle)).code, "")
    trust.write_text(json.dumps({**note, "more": 1}))
    assert refused(terminal, "verify", files.bundle, "--trust", str(trust)).problem.startswith("document.")


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b'{"note":""}', b'{"note":"a"}', b"\xff\xfe", b'{"note":"x","note":"y"}']
)
def test_a_bad_trust_list_is_named(content: bytes, terminal: Terminal, files: Files, tmp_path: Path) -> None:
    trust = tmp_path / "trust.json"
    trust.write_bytes(content)
    done = refused(terminal, "verify", files.certificate, "--trust", str(trust))
    assert done.err.startswith(f"oreprint: {trust}: ")
    assert done.err.count(str(trust)) == 1


def test_a_place_in_a_bundle_is_told_once(terminal: Terminal, files: Files, tmp_path: Path) -> None:
    lines = Path(files.bundle).read_bytes().splitlines(keepends=True)
    lines[3] = b'{"t":"nothing"}\n'
    (tmp_path / "wrong.oreprint").write_bytes(b"".join(lines))
    done = terminal.run(*files.judged(str(tmp_path / "wrong.oreprint")))
    told = " ".join(done.out.split())
    assert told.startswith(
        "Demo record. All of it is invented. [X] DO NOT RELY ON THIS A record in its chain was changed"
    )
    assert told.count("line 4") == 1


# -- certificates that are wrong on purpose -----------------------------------------------------------------------


def changed(header: Callable[[bytes], bytes] = bytes, payload: Callable[[bytes], bytes] = bytes) -> bytes:
    """Return the sample certificate with header or payload changed; the signature stays as it was."""
    jws, tilde, rest = samples.sealed_certificate().text.partition("~")
    first, second, signature = jws.split(".")
    parts = to_base64url(header(from_base64url(first))), to_base64url(payload(from_base64url(second))), signature
    return (".".join(parts) + tilde + rest).encode()


def swapped(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def swap(given: bytes) -> bytes:
        assert given.count(old) >= 1
        return given.replace(old, new, 1)

    return swap


ALG = b'"alg":"EdDSA"'
HEADERS: dict[str, Callable[[bytes], bytes]] = {
    **{
        f"alg {value}": swapped(ALG, b'"alg":' + value.encode())
        for value in ('"none"', '"NONE"', '""', "null", '"HS256"', '"RS256"', '"unknown-2099"', '"ES256"')
    },
    **{
        f"{member} added": swapped(ALG, f'{ALG.decode()},"{member}":{value}'.encode())
        for member, value in (("jwk", "{}"), ("jku", '"https://a.example"'), ("x5c", "[]"), ("crit", '["exp"]'))
    },
    "typ changed": swapped(b"vc+sd-jwt", b"vc+jwt"),
    "alg twice": swapped(ALG, ALG + b"," + ALG),
    "alg twice, first none": swapped(ALG, b'"alg":"none",' + ALG),
}


@pytest.mark.parametrize("name", HEADERS)
def test_cr_08_15_a_header_of_another_kind_is_refused(
    name: str, terminal: Terminal, files: Files, tmp_path: Path
) -> None:
    file = tmp_path / "given.sdjwt"
    file.write_bytes(changed(header=HEADERS[name]))
    done = refused(terminal, *files.judged(str(file)))
    assert done.problem.startswith("seal.")
    member = name.split(maxsplit=1)[0]
    assert member in done.err.removeprefix(f"oreprint: {file}")


def test_cr_08_a_signature_may_not_be_dropped(terminal: Terminal, files: Files, tmp_path: Path) -> None:
    jws, tilde, rest = samples.sealed_certificate().text.partition("~")
    file = tmp_path / "given.sdjwt"
    file.write_text(jws.rpartition(".")[0] + "." + tilde + rest)
    assert refused(terminal, *files.judged(str(file))).problem == "seal.jws-form"


@pytest.mark.parametrize("first", [b'"lot":"NB-26/03-0002",', b'"lot":"NB-26/03-0001",'])
def test_cr_15_a_member_twice_in_the_payload_is_refused(
    first: bytes, terminal: Terminal, files: Files, tmp_path: Path
) -> None:
    file = tmp_path / "given.sdjwt"
    file.write_bytes(changed(payload=swapped(b'"lot":', first + b'"lot":')))
    assert refused(terminal, *files.judged(str(file))).problem.partition(".")[0] in {"seal", "document"}


# -- the terminal itself ------------------------------------------------------------------------------------------


def test_a_reader_that_goes_away_changes_no_verdict(files: Files, root: Path) -> None:
    words = [*OF_ITS_OWN, *files.judged(files.certificate)]
    with ended(subprocess.Popen(words, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE)) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        told = child.stderr.read()
        assert (child.wait(), told) == (2, b"")


@pytest.mark.parametrize("options", [[], ["--json"]])
@pytest.mark.parametrize(("sent", "code"), [(">&-", "output.closed"), ("> /dev/full", "output.refused")])
def test_an_answer_that_cant_be_printed_is_none(
    sent: str, code: str, options: list[str], files: Files, root: Path
) -> None:
    for words in (
        files.judged(files.certificate),
        ("show", files.certificate),
        ("trace", files.bundle),
        ("show", "none"),
    ):
        # who asks for a forked command needs an output to give it
        oreprint = OF_ITS_OWN if code == "output.closed" else command()
        line = shlex.join([*oreprint, *words, *options])
        done = subprocess.run(["sh", "-c", f"{line} {sent}"], cwd=root, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (3, "")
        assert len(done.stderr.splitlines()) == 1, done.stderr
        found = done.stderr.rstrip().rpartition("[")[2].rstrip("]")
        assert found == ("file.no-source" if words == ("show", "none") and code == "output.refused" else code)


def test_a_reader_that_goes_away_before_a_document_is_no_failure(files: Files, root: Path) -> None:
    words = [*command(), "show", files.certificate, "--json"]
    with ended(subprocess.Popen(words, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE)) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        told = child.stderr.read()
        assert (child.wait(), told) == (0, b"")


def test_closed_input_is_empty_and_a_closed_error_ends_nothing(root: Path) -> None:
    line = shlex.join([*OF_ITS_OWN, "show"])
    empty = subprocess.run(["sh", "-c", f"{line} - <&-"], cwd=root, capture_output=True, text=True, check=False)
    assert (empty.returncode, empty.stderr.rpartition("[")[2]) == (3, "file.empty]\n")
    mute = subprocess.run(["sh", "-c", f"{line} none 2>&-"], cwd=root, capture_output=True, text=True, check=False)
    assert (mute.returncode, mute.stdout) == (3, "")


def test_an_interruption_is_no_accident(files: Files, root: Path, tmp_path: Path) -> None:
    # a shell starts what runs in its background with interruptions ignored, and so would a child of it
    heeding = "import signal, runpy; signal.signal(signal.SIGINT, signal.default_int_handler); runpy.run_module('cli.main', run_name='__main__')"
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    words = [sys.executable, "-c", heeding, *files.judged(str(pipe))]
    with ended(subprocess.Popen(words, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE)) as child:
        writing = pipe.open("wb")  # waits until it is opened to be read
        child.send_signal(signal.SIGINT)
        assert (child.communicate(), child.returncode) == ((b"", b""), 130)
        writing.close()


def test_a_terminal_of_few_letters_gets_them(files: Files, root: Path, tmp_path: Path) -> None:
    file = tmp_path / "given.sdjwt"
    file.write_bytes(text())
    done = subprocess.run(
        [*OF_ITS_OWN, "show", str(file)],
        cwd=root,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"Example Alloys Ltd / \\u793a\\u4f8b" in b" ".join(done.stdout.split())
