"""Write `audit.json`, the golden vectors of auditors' records; with `--check`, compare and fail on a difference.

The bytes are put together here by hand from the description in `docs/formats.md`, without any of Oreprint's code.
"""

from __future__ import annotations

import json
import sys
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

HERE = Path(__file__).with_name("audit.json")
ANSWERS = {"refuted": 1, "unknown": 2, "declared": 3, "proven": 4}


def text(raw: bytes) -> str:
    """Return base64url without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def digest(name: str) -> bytes:
    """Return 32 bytes for something made up."""
    return sha256(name.encode()).digest()


def leaf(name: str, output: int, state: int, inside: bytes, answers: list[str]) -> dict[str, Any]:
    raw = b"oreprint audit leaf v1\n" + digest(f"issuance {name}") + output.to_bytes(2, "big")
    raw += digest(f"certificate {name}") + bytes([state]) + inside + len(answers).to_bytes(2, "big")
    raw += bytes(ANSWERS[answer] for answer in answers)
    return {
        "name": name,
        "issuance": digest(f"issuance {name}").hex(),
        "output": output,
        "certificate": digest(f"certificate {name}").hex(),
        "state": state,
        "inside": inside.hex(),
        "answers": answers,
        "bytes": raw.hex(),
        "leaf_hash": sha256(b"\x00" + raw).hexdigest(),
    }


def inside(name: str, run: str, value: str) -> dict[str, str]:
    salt = sha256(b"oreprint audit salt v1\n" + run.encode()).digest()[:16]
    disclosure = text(f'["{text(salt)}",{value}]'.encode())
    return {
        "name": name,
        "run": run,
        "value": value,
        "salt": salt.hex(),
        "disclosure": disclosure,
        "digest": sha256(disclosure.encode()).hexdigest(),
    }


def tree(leaves: list[bytes]) -> tuple[bytes, list[list[bytes]]]:
    filling = [digest(f"fill {number}") for number in range(1024 - len(leaves))]
    levels = [sorted(sha256(b"\x00" + raw).digest() for raw in (*leaves, *filling))]
    while len(levels[-1]) > 1:
        pairs = zip(levels[-1][::2], levels[-1][1::2], strict=True)
        levels.append([sha256(b"\x01" + left + right).digest() for left, right in pairs])
    return levels[-1][0], levels


def record(root: bytes) -> dict[str, str]:
    private = Ed25519PrivateKey.from_private_bytes(digest("key of an auditor"))
    head = text(b'{"alg":"EdDSA","kid":"did:web:eva.example#k","typ":"oreprint-audit+jwt"}')
    payload = (
        '{"oreprint":"audit/1","registry":"one.example","auditor":"did:web:eva.example","number":7,'
        f'"head":{{"origin":"one.example/log","size":12,"root":"{text(digest("head"))}"}},'
        f'"depth":10,"root":"{text(root)}","engine":"2","rules":["{text(digest("rules"))}"],'
        f'"trust":["{text(digest("list"))}"],"made":"2026-05-28T10:07:00Z","not_logged_after":"2026-05-28T10:37:00Z"}}'
    )
    signed = f"{head}.{text(payload.encode())}"
    jws = f"{signed}.{text(private.sign(signed.encode()))}"
    return {
        "public": private.public_key().public_bytes_raw().hex(),
        "payload": payload,
        "jws": jws,
        "record_digest": sha256(b"oreprint audit v1\n" + jws.encode()).hexdigest(),
    }


def golden() -> dict[str, Any]:
    where = f'"first":"{text(digest("first"))}","holding":"{text(digest("holding"))}"'
    insides = [
        inside("plain", "cnVuIDE", f'{{{where},"gains":[],"behind":{{"scrap":[]}}}}'),
        inside(
            "everything",
            "cnVuIDI",
            f'{{{where},"gains":[["Dy","0.000000000001"],["Nd","0.0031"]],'
            '"behind":{"unseen":"run-withheld","placeholder":"open-branch","scrap":[["Nd","recycled-said"]]}}',
        ),
    ]
    plain, everything = (bytes.fromhex(each["digest"]) for each in insides)
    leaves = [
        leaf("right", 0, 1, plain, []),
        leaf("relied", 65_535, 2, everything, ["refuted", "unknown", "declared", "proven"]),
        leaf("refused", 1, 3, plain, ["proven"] * 32),
    ]
    raws = [bytes.fromhex(each["bytes"]) for each in leaves]
    root, levels = tree(raws)
    paths = []
    for each in leaves:
        index = levels[0].index(bytes.fromhex(each["leaf_hash"]))
        path = [level[index >> height ^ 1].hex() for height, level in enumerate(levels[:-1])]
        paths.append({"name": each["name"], "index": index, "path": path})
    first = raws[0]
    refused = {
        "nothing": b"",
        "one byte short": first[:-1],
        "one byte over": first + b"\x01",
        "another version": first.replace(b"v1", b"v2"),
        "state 0": first[:89] + b"\x00" + first[90:],
        "state 4": first[:89] + b"\x04" + first[90:],
        "answer 0": raws[1][:-1] + b"\x00",
        "answer 5": raws[1][:-1] + b"\x05",
        "rows that are not there": first[:-1] + b"\x01",
        "33 rows": first[:-1] + b"\x21" + b"\x01" * 33,
    }
    return {
        "leaves": leaves,
        "insides": insides,
        "depth": 10,
        "root": root.hex(),
        "paths": paths,
        "record": record(root),
        "refused": [{"name": name, "bytes": raw.hex()} for name, raw in refused.items()],
    }


if __name__ == "__main__":
    written = json.dumps(golden(), indent=1) + "\n"
    if sys.argv[1:] != ["--check"]:
        HERE.write_text(written)
    elif HERE.read_text() != written:
        sys.exit(f"{HERE} differs from what {Path(__file__).name} makes")
