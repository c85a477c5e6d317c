"""Write `holdings.json`, the golden vectors of holdings, marks and record digests; with `--check`, compare instead.

The bytes are put together here by hand from the description in `docs/formats.md`, without any of Oreprint's code.
"""

from __future__ import annotations

import base64
import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

HERE = Path(__file__).with_name("holdings.json")


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def digest(name: str) -> bytes:
    """Return 32 bytes for a made-up salt, run, certificate or record."""
    return sha256(name.encode()).digest()


def holding(name: str, owner: str, registry: str) -> dict[str, str]:
    salt, creator = digest(f"salt {name}"), digest(f"creator {name}")
    text = b64(f'["{b64(salt)}",{{"owner":"{owner}","registry":"{registry}"}}]'.encode())
    return {
        "name": name,
        "salt": salt.hex(),
        "owner": owner,
        "registry": registry,
        "text": text,
        "commitment": sha256(text.encode()).hexdigest(),
        "creator": creator.hex(),
        "mark": sha256(b"oreprint mark v1\n" + creator + text.encode()).hexdigest(),
    }


def value(certificate: bytes, status_list: int, index: int) -> bytes:
    place = status_list.to_bytes(4, "big") + index.to_bytes(4, "big")
    return sha256(b"oreprint certificate v1\n" + certificate + place).digest()


def issuance() -> dict[str, Any]:
    run = digest("run")
    outputs = [(digest("certificate a"), 0, 0), None, (digest("certificate b"), 7, 131_071)]
    values = [value(*output) if output else bytes(32) for output in outputs]
    record = sha256(b"oreprint issuance v1\n" + run + b"".join(values)).digest()
    return {
        "run": run.hex(),
        "outputs": [{"certificate": o[0].hex(), "list": o[1], "index": o[2]} if o else None for o in outputs],
        "values": [each.hex() for each in values],
        "digest": record.hex(),
        "run_mark": sha256(b"oreprint run v1\n" + run).hexdigest(),
        "successor": sha256(b"oreprint successor v1\n" + record).hexdigest(),
    }


def split() -> dict[str, Any]:
    used = holding("split", "did:web:smelter.example", "registry.example")
    parts = [("0.000001", digest("part a")), ("41.2", digest("part b")), ("999999999999.999999", digest("part c"))]
    written = ",".join(f'{{"mass_kg":"{mass}","holding":"{b64(text)}"}}' for mass, text in parts)
    uses = f'{{"creator":"{b64(bytes.fromhex(used["creator"]))}","holding":"{used["text"]}"}}'
    text = f'{{"oreprint":"split/1","uses":{uses},"parts":[{written}]}}'
    return {
        "uses": used,
        "parts": [{"mass_kg": mass, "commitment": part.hex()} for mass, part in parts],
        "text": text,
        "digest": sha256(b"oreprint split v1\n" + text.encode()).hexdigest(),
    }


def golden() -> dict[str, Any]:
    jws = "aGVhZA.cGF5bG9hZA.c2lnbmF0dXJl"
    note = "registry.example/log\n"
    return {
        "holdings": [
            holding("web", "did:web:smelter.example", "registry.example"),
            holding("path", "did:web:group.example%3A8443:plants:north", "a.b.registry.example"),
            holding("key", "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", "localhost"),
        ],
        "issuance": issuance(),
        "split": split(),
        "statement": {"jws": jws, "digest": sha256(b"oreprint statement v1\n" + jws.encode()).hexdigest()},
        "status": {"jws": jws, "digest": sha256(b"oreprint status v1\n" + jws.encode()).hexdigest()},
        "trust": {"note": note, "digest": sha256(b"oreprint trust v1\n" + note.encode()).hexdigest()},
    }


if __name__ == "__main__":
    text = json.dumps(golden(), indent=1) + "\n"
    if sys.argv[1:] != ["--check"]:
        HERE.write_text(text)
    elif HERE.read_text() != text:
        sys.exit(f"{HERE} differs from what {Path(__file__).name} makes")
