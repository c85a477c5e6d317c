"""`oreprint serve` as people start it: a process of its own, spoken to over a socket, stopped by a signal."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
from http.client import HTTPResponse
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from PIL import Image

from ledger.seal.digest import from_base64url
from ledger.seal.sdjwt import open_certificate
from tests.support.browser.labels import read
from tests.support.forked import command
from tests.support.http.commands import ask, oreprint, token, wait_for
from tests.support.http.processes import ended, free_port
from tests.support.http.server import ANN, CID, PASSPHRASE, Served, plant, serve
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def served(tmp_path: Path) -> Served:
    made = serve(tmp_path)
    made.registry.engine.dispose()
    return made


@pytest.fixture
def process(served: Served, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str, Path]]:
    log, port = tmp_path / "log", free_port()
    with log.open("wb") as file, ended(oreprint(served, "serve", "--port", str(port), stderr=file)) as started:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/readyz")
        yield started, address, log


def test_whoever_starts_it_is_told_where_to_look(served: Served) -> None:
    port = free_port()
    words = ("serve", "--port", str(port))
    with ended(oreprint(served, *words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)) as started:
        assert started.stdout is not None
        assert started.stdout.readline().decode().startswith(f"Serving at http://127.0.0.1:{port} until Ctrl-C")


def test_issue_look_and_stop(served: Served, process: tuple[subprocess.Popen[bytes], str, Path]) -> None:
    started, address, log = process
    secret = token(served, "issue", "read")
    record = written("A-1", "10 kg", producer=ANN, plant=plant(ANN))
    status, body = ask(address, "/v1/certificates", token=secret, body=record)
    assert status == 201, body
    made = json.loads(body)["certificates"][0]
    status, report = ask(address, f"/v1/certificates/{made['digest']}/verification")
    assert (status, json.loads(report)["verdict"]) == (200, "genuine")
    started.send_signal(signal.SIGTERM)
    assert started.wait(60) in {0, -signal.SIGTERM}
    told = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["event"] for line in told][-1] == "stopped"
    answered = [line for line in told if line["event"] == "answered" and line["route"] == "/v1/certificates"]
    assert answered[0]["tenant"] == ANN
    text = log.read_text()
    assert secret not in text
    assert made["digest"] not in text
    assert not re.search(r"ore_[A-Za-z0-9_-]{20}", text)


def test_what_was_done_with_a_token_is_listed(
    served: Served, process: tuple[subprocess.Popen[bytes], str, Path]
) -> None:
    _, address, _ = process
    secret = token(served, "issue", "read")
    record = written("A-1", "10 kg", producer=ANN, plant=plant(ANN))
    assert ask(address, "/v1/certificates", token=secret, body=record)[0] == 201
    assert ask(address, "/v1/splits", token=secret, body={"lot": "NONE", "mass": "1 kg"})[0] == 403

    def listed(*words: str) -> list[dict[str, str]]:
        told, _ = oreprint(served, "tokens", "events", *words, "--json", stdout=subprocess.PIPE).communicate(
            timeout=120
        )
        found: list[dict[str, str]] = json.loads(told)
        return found

    made, issued, refused = listed("--of", ANN)
    assert (made["token"], made["action"], made["outcome"]) == ("local", "token create", "read issue")
    assert {each["token"] for each in (issued, refused)} == {made["subject"]}
    assert (issued["action"], issued["outcome"]) == ("POST /v1/certificates", "201")
    assert (refused["action"], refused["outcome"]) == ("POST /v1/splits", "403 holding.unknown")
    assert made["at"] <= issued["at"] <= refused["at"]
    assert listed("--of", ANN, "--last", "1") == [refused]
    assert listed("--of", CID) == []


def test_a_second_process_on_the_same_home_sees_a_withdrawal_of_the_first(
    served: Served, process: tuple[subprocess.Popen[bytes], str, Path]
) -> None:
    _, address, _ = process
    secret = token(served, "issue", "read", "withdraw")
    record = written("A-1", "10 kg", producer=ANN, plant=plant(ANN))
    made = json.loads(ask(address, "/v1/certificates", token=secret, body=record)[1])["certificates"][0]
    path = f"/v1/certificates/{made['digest']}/verification"
    assert json.loads(ask(address, path)[1])["verdict"] == "genuine"
    with served.client() as other:
        said = {"statement": "withdraw", "lot": "A-1", "reason": "a wrong assay"}
        answer = other.post("/v1/statements", json=said, headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code == 201, answer.text
    assert json.loads(ask(address, path)[1])["verdict"] == "withdrawn"


def test_st_02_a_revoked_lot_is_withdrawn_in_two_seconds_whichever_way_one_looks(
    served: Served, process: tuple[subprocess.Popen[bytes], str, Path]
) -> None:
    """By API, by the command line on the same registry, by the page, and by the code on the drum; the list says
    until when.
    """
    _, address, _ = process
    secret = token(served, "issue", "read", "withdraw")
    record = written("A-1", "10 kg", producer=ANN, plant=plant(ANN))
    digest = json.loads(ask(address, "/v1/certificates", token=secret, body=record)[1])["certificates"][0]["digest"]
    (label,) = read(Image.open(BytesIO(ask(address, f"/v1/certificates/{digest}/label.png?width=80")[1])))
    scanned = urlsplit(label).path
    assert scanned == f"/c/{digest}"

    def looks() -> dict[str, str]:
        looked = oreprint(served, "verify", digest, "--json", stdout=subprocess.PIPE)
        report = json.loads(ask(address, f"/v1/certificates/{digest}/verification")[1])
        pages = [
            re.findall(r'data-verdict="([a-z-]+)"', ask(address, path)[1].decode())[0]
            for path in (f"/c/{digest}", scanned)
        ]
        told = json.loads(looked.communicate(timeout=120)[0])
        return {"api": report["verdict"], "page": pages[0], "code": pages[1], "command": told["verdict"]}

    assert set(looks().values()) == {"genuine"}
    said = {"statement": "withdraw", "lot": "A-1", "reason": "a wrong assay"}
    assert ask(address, "/v1/statements", token=secret, body=said)[0] == 201
    since = time.monotonic()
    assert set(looks().values()) == {"withdrawn"}, looks()
    assert time.monotonic() - since < 2 + 20, "two seconds, and what a slow machine takes to start the command"
    name = open_certificate(ask(address, f"/v1/certificates/{digest}")[1].decode()).record.status
    signed = ask(address, f"/status/revocation-{name.list}")[1].decode()
    payload = json.loads(from_base64url(signed.split(".")[1]))
    assert payload["type"] == ["VerifiableCredential", "BitstringStatusListCredential"]
    assert payload["validUntil"] > payload["validFrom"]


def test_issue_at_a_server_with_a_key_of_ones_own(
    served: Served, process: tuple[subprocess.Popen[bytes], str, Path], tmp_path: Path
) -> None:
    _, address, _ = process
    record = tmp_path / "record.json"
    record.write_text(json.dumps(written("C-1", "10 kg", producer=CID, plant=plant(CID))))
    environment = {
        **os.environ,
        "OREPRINT_HOME": str(served.own.path),
        "OREPRINT_PASSPHRASE": PASSPHRASE.decode(),
        "OREPRINT_TOKEN": token(served, "issue", "read", party=CID),
    }
    words = ["issue", str(record), "--server", address, "--out", str(tmp_path / "out")]
    for _ in range(2):  # the same command again sends the same bytes
        done = subprocess.run([*command(), *words], env=environment, capture_output=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr.decode()
    assert (tmp_path / "out" / "C-1.sdjwt").read_text().count("~") > 5


def test_what_a_server_refuses_and_what_it_issued_before_is_told(
    served: Served, process: tuple[subprocess.Popen[bytes], str, Path], tmp_path: Path
) -> None:
    _, address, _ = process
    records = [written(lot, mass, producer=CID, plant=plant(CID)) for lot, mass in (("C-1", "1 kg"), ("C-1", "2 kg"))]
    file, out = tmp_path / "records.jsonl", tmp_path / "out"
    file.write_text("".join(f"{json.dumps(each)}\n" for each in records))
    environment = {
        **os.environ,
        "OREPRINT_HOME": str(served.own.path),
        "OREPRINT_PASSPHRASE": PASSPHRASE.decode(),
        "OREPRINT_TOKEN": token(served, "issue", "read", party=CID),
    }

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        words = ["issue", str(file), "--server", address, "--out", str(out), *more]
        return subprocess.run(
            [*command(), *words],
            env=environment, capture_output=True, check=False, timeout=300, text=True,
        )  # fmt: skip

    (out / "C-1.sdjwt").mkdir(parents=True)
    done = run()
    assert (done.returncode, "issue.unwritten-signed" in done.stderr) == (3, True), done.stderr
    (out / "C-1.sdjwt").rmdir()
    done = run("--json")
    told = json.loads(done.stdout)
    assert (done.returncode, [each["lot"] for each in told["issued"]]) == (3, ["C-1"]), done.stderr
    refused, kept = told["refused"]
    name = kept["sentence"].partition(" is kept in ")[2].partition(",")[0]
    assert (kept["code"], (out / name).is_file()) == ("issue.kept", True), kept
    assert (refused["code"], refused["place"]) == ("remote.refused", f"{file}:2")
    assert "or give the new batch another lot." in refused["sentence"], "with its remedy"
    file.write_text(json.dumps(records[0] | {"run": "R-3"} | {"outputs": [records[0]["outputs"][0] | {"lot": "C-3"}]}))
    done = run()
    assert "issued C-3 at" in done.stdout
    assert "[B-UNC]" in done.stdout


def test_an_upload_that_dribbles_at_sigterm_ends_with_a_problem(
    served: Served, process: tuple[subprocess.Popen[bytes], str, Path]
) -> None:
    """Hard use 18: after the time that running requests have, its client is told what became of it, and no log has a
    traceback.
    """
    started, address, log = process
    secret = token(served, "issue")
    head = f"POST /v1/certificates HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", urlsplit(address).port or 0), timeout=60) as dribbling:
        dribbling.sendall(f'{head}Content-Length: 1000\r\n\r\n{{"lot":'.encode())
        time.sleep(0.5)
        started.send_signal(signal.SIGTERM)
        answer = HTTPResponse(dribbling)
        answer.begin()
        told = json.loads(answer.read())
    assert (answer.status, told["code"]) == (503, "api.stopping")
    assert started.wait(60) in {0, -signal.SIGTERM}
    assert "Traceback" not in log.read_text()
    assert json.loads(log.read_text().splitlines()[-1])["event"] == "stopped"
