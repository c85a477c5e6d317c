"""Commands whose other side is slow, silent or endless: each says so in time and changes nothing."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.support.forked import command
from tests.support.http.commands import wait_for
from tests.support.http.hostile_servers import stranger
from tests.support.http.processes import ended, free_port
from tests.support.registries.example import EXAMPLE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.terminal import Files, Terminal

FEW = ("silent", "slow status line", "slow headers", "slow body", "endless headers", "endless body", "endless chunks")
GIVEN_UP_SECONDS = 30
"""Far more than the second of the setting and the start of a Python, far less than the minutes it took."""
WITNESSES = 8
WITNESS_SECONDS = 4
AT_ONCE_SECONDS = (WITNESSES - 1) * WITNESS_SECONDS
"""Less than witnesses take who are asked one after another, and far more than all at once."""


@pytest.fixture(autouse=True)
def runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OREPRINT_PASSPHRASE", "long enough a secret")
    monkeypatch.setenv("OREPRINT_REMOTE_SECONDS", "1")


@pytest.mark.parametrize("way", FEW)
def test_verify_monitor_and_audit_do_not_wait_for_a_slow_registry(
    way: str, terminal: Terminal, files: Files, tmp_path: Path
) -> None:
    """Hard use 3: `verify URL`, `monitor URL` and `audit --log URL` give a stranger up in time, and say what to do."""
    home = str(tmp_path / "m")
    assert terminal.run("keys", "cosigner", "m.example", "--home", home).code == 0
    public = ("--home", home, "--trust", files.trust, "--registry", "one.example")
    with stranger(way) as server:
        for words, code in (
            (("verify", f"{server.address}/c/zQm{'1' * 44}", "--trust", files.trust, "--ask", server.address), 3),
            (("monitor", server.address, *public, "--once"), 2),
            (("audit", "--log", server.address, *public), 2),
        ):
            begun = time.monotonic()
            done = terminal.run(*words)
            assert time.monotonic() - begun < GIVEN_UP_SECONDS
            assert done.code == code, (words, done)
            # what begins as no record is read no further
            at_once = words[0] == "verify" and way in {"endless body", "endless chunks"}
            due = "This is not a certificate" if at_once else "gave no answer"
            assert due in " ".join((done.out + done.err).split())


@pytest.mark.parametrize("text", ["0", "-1", "601", "1.5", "ten", "１０", "9999999999"])
def test_a_time_that_is_none_is_refused(
    text: str, terminal: Terminal, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hard use 3: the setting takes whole seconds and says which."""
    monkeypatch.setenv("OREPRINT_REMOTE_SECONDS", text)
    done = terminal.run("verify", "https://one.example/x", "--trust", files.trust)
    assert (done.code, done.problem) == (3, "setting.seconds")
    assert "1 to 600" in done.err


def made(terminal: Terminal, folder: Path, at: list[str]) -> str:
    """Return a home whose registry has one lot, and witnesses at these addresses."""
    keys = [
        terminal.run("keys", "cosigner", f"w{number}.example", "--home", str(folder / f"w{number}")).out.strip()
        for number in range(len(at))
    ]
    lines = [f'    - {{key: "{key}", at: "{address}"}}\n' for key, address in zip(keys, at, strict=True)]
    text = (EXAMPLE / "parties.yaml").read_text("utf-8")
    (folder / "parties.yaml").write_text(f"{text}\nwitnesses:\n  keys:\n{''.join(lines)}" if at else text, "utf-8")
    home = str(folder / "home")
    assert terminal.run("init", str(folder / "parties.yaml"), "--home", home).code == 0
    return home


@pytest.mark.parametrize("way", FEW)
def test_publish_does_not_wait_for_a_slow_bucket(
    way: str, terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hard use 3: `publish` gives a store up in time, exits other than 0 and says that nothing was lost."""
    home = made(terminal, tmp_path, [])
    for name, value in {"ACCESS_KEY_ID": "k", "SECRET_ACCESS_KEY": "s", "REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    with stranger(way) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.address)
        begun = time.monotonic()
        done = terminal.run("publish", "s3://bucket/x", "--home", home)
        assert time.monotonic() - begun < GIVEN_UP_SECONDS
    assert (done.code, done.problem) == (3, "publish.away")


@pytest.mark.slow
@pytest.mark.parametrize("way", ["silent", "slow status line", "slow body", "endless body"])
def test_slow_witnesses_delay_neither_a_server_nor_a_command(way: str, terminal: Terminal, tmp_path: Path) -> None:
    """Hard use 3: eight witnesses that answer a byte a second don't delay the start of `serve`, or the end of
    `issue`, for
    minutes.
    """
    with ExitStack() as stack:
        servers = [stack.enter_context(stranger(way)) for _ in range(WITNESSES)]
        home = made(terminal, tmp_path, [each.address for each in servers])
        environment = {**os.environ, "OREPRINT_REMOTE_SECONDS": str(WITNESS_SECONDS)}

        subprocess.run([*command(), "--version"], check=True, capture_output=True)  # the forks are loaded
        begun = time.monotonic()
        words = [*command(), "issue", str(EXAMPLE / "01-BEN-2026-01.yaml"), "--home", home, "--out", str(tmp_path)]
        issued = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        assert time.monotonic() - begun < AT_ONCE_SECONDS
        assert (issued.returncode, "[cosign.too-few]" in issued.stderr) == (3, True), issued.stderr
        assert all(f"w{number}.example" in issued.stderr for number in range(WITNESSES))

        port, begun = free_port(), time.monotonic()
        words = [*command(), "serve", "--home", home, "--port", str(port)]
        with ended(subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)):
            wait_for(f"http://127.0.0.1:{port}/checkpoint")
            assert time.monotonic() - begun < AT_ONCE_SECONDS


@pytest.mark.parametrize(
    "text", ["me@a.example", "mailto:me", "http://a.example", "mailto:a@b.example\nExpires: never"]
)
def test_a_contact_for_flaws_that_is_none_is_refused(
    text: str, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OREPRINT_SECURITY_CONTACT", text)
    done = terminal.run("serve", "--home", "nowhere", "--port", str(free_port()))
    assert (done.code, done.problem) == (3, "setting.security")
    assert "OREPRINT_SECURITY_CONTACT" in done.err


@pytest.mark.parametrize("text", ["proxy.example", "127.0.0.1, 10.0.0.1/8", "0.0.0.0/0", "::/0", "*"])
def test_proxies_that_are_none_are_refused(text: str, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is trusted says who calls: a wrong word here is told before anything is served."""
    monkeypatch.setenv("OREPRINT_TRUSTED_PROXIES", text)
    done = terminal.run("serve", "--home", "nowhere")
    assert (done.code, done.problem) == (3, "setting.proxies")
    assert "OREPRINT_TRUSTED_PROXIES" in done.err
