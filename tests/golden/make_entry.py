"""Write `entry.json`, the golden vectors of the log entry; with `--check`, compare instead and fail on a difference.

The bytes are put together here by hand from the description in `docs/formats.md`, without any of Oreprint's code.
"""

from __future__ import annotations

import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

HERE = Path(__file__).with_name("entry.json")


def number(value: int, width: int) -> bytes:
    return value.to_bytes(width, "big")


def digest(name: str) -> bytes:
    """Return 32 bytes for a made-up record, mark or list."""
    return sha256(name.encode()).digest()


def entry(
    name: str, kind: int, time_ms: int, marks: list[str], bits: list[list[int]], *, listed: int | None = None
) -> dict[str, Any]:
    record = digest(name)
    blinded = sha256(b"oreprint leaf v1\n" + record).digest()
    used = sorted(map(digest, marks))
    raw = number(1, 1) + number(kind, 1) + number(time_ms, 8) + blinded + number(len(used), 2) + b"".join(used)
    raw += number(len(bits), 2)
    for where, index, purpose, value in bits:
        raw += number(where, 4) + number(index, 4) + number(purpose, 1) + number(value, 1)
    if listed is not None:
        raw += number(listed, 8) + digest(f"list {listed}")
    return {
        "name": name,
        "kind": kind,
        "time_ms": time_ms,
        "record_digest": record.hex(),
        "digest": blinded.hex(),
        "marks": [mark.hex() for mark in used],
        "bits": bits,
        "listed": None if listed is None else {"number": listed, "digest": digest(f"list {listed}").hex()},
        "bytes": raw.hex(),
        "leaf_hash": sha256(b"\x00" + raw).hexdigest(),
    }


def refused(name: str, code: str, raw: bytes) -> dict[str, str]:
    return {"name": name, "code": code, "bytes": raw.hex()}


def golden() -> dict[str, Any]:
    bits = [[0, 0, 1, 1], [7, 131_071, 1, 1], [7, 131_071, 2, 0], [7, 131_071, 3, 1], [4_294_967_295, 0, 1, 0]]
    entries = [
        entry("issuance of two inputs", 1, 1_764_075_600_000, ["mark a", "mark b"], []),
        entry("split", 1, 1_764_075_600_001, ["mark c"], []),
        entry("withdrawal", 1, 1_764_075_600_002, [], bits),
        entry("undo", 1, 0, [f"mark {n}" for n in range(65)], bits[1:2]),
        entry("status list", 2, 2**63 - 1, [], [], listed=12),
        entry("trust list", 3, 1_764_075_600_003, [], [], listed=2**63 - 1),
    ]
    plain = bytes.fromhex(entries[0]["bytes"])
    withdrawn = bytes.fromhex(entries[2]["bytes"])
    first, second = plain[44:76], plain[76:108]
    return {
        "entries": entries,
        "refused": [
            refused("nothing", "log.entry-form", b""),
            refused("version 0", "log.entry-version", b"\x00" + plain[1:]),
            refused("version 2", "log.entry-version", b"\x02" + plain[1:]),
            refused("kind 0", "log.entry-kind", plain[:1] + b"\x00" + plain[2:]),
            refused("kind 4", "log.entry-kind", plain[:1] + b"\x04" + plain[2:]),
            refused("kind 2 without a list", "log.entry-form", plain[:1] + b"\x02" + plain[2:]),
            refused("one byte short", "log.entry-form", plain[:-1]),
            refused("one byte over", "log.entry-form", plain + b"\x00"),
            refused("time of 2^63", "log.entry-time", plain[:2] + b"\x80" + plain[3:]),
            refused("marks descending", "log.entry-order", plain[:44] + second + first + plain[108:]),
            refused("a mark twice", "log.entry-order", plain[:44] + first + first + plain[108:]),
            refused("purpose 0", "log.entry-bit", withdrawn[:54] + b"\x00" + withdrawn[55:]),
            refused("purpose 4", "log.entry-bit", withdrawn[:54] + b"\x04" + withdrawn[55:]),
            refused("value 2", "log.entry-bit", withdrawn[:55] + b"\x02" + withdrawn[56:]),
            refused("a bit set and cleared", "log.entry-order", withdrawn[:74] + b"\x01" + withdrawn[75:]),
        ],
    }


if __name__ == "__main__":
    text = json.dumps(golden(), indent=1) + "\n"
    if sys.argv[1:] != ["--check"]:
        HERE.write_text(text)
    elif HERE.read_text() != text:
        sys.exit(f"{HERE} differs from what {Path(__file__).name} makes")
