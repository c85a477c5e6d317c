"""Make the golden certificates: a bundle that every later release must verify to the very same figures.

Run ``python -m tests.golden.make_certificates HOME`` on a demo's home to write a new set, once a format or an engine
has a new version; the sets of earlier versions stay for ever and are never made again.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Final

from cli.parts import runtime
from ledger.admin.init import open_book
from ledger.bundles.build import bundle_lines
from ledger.registry.folder import Home
from ledger.seal.sdjwt import open_certificate
from ledger.tables import shipped_tables
from ledger.trust.pinned import open_trust
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.instant import instant_text, whole_second
from schemas.struct import plain
from schemas.trust import TrustFile

FOLDER: Final = Path(__file__).parent / "certificates"
LOT: Final = "OX-17"


def main() -> int:
    home, version = Home(Path(sys.argv[1])), sys.argv[2]
    text = (home.path / "certificates" / f"{LOT}.sdjwt").read_text("ascii").rstrip()
    registry = open_book(home, runtime(), passphrase=None)
    lines = list(bundle_lines(registry, open_certificate(text).digest, audience="auditor"))
    trust = home.trust.read_bytes()
    now = whole_second(registry.runtime.now_ms())
    pinned = open_trust(TrustFile.from_text(trust.rstrip(b"\n")).note)
    found = report(verify_bundle(lines, trust=pinned, tables=shipped_tables(), policy=Policy(at_ms=now)))
    folder = FOLDER / version
    folder.mkdir(parents=True)
    (folder / "bundle.oreprint.gz").write_bytes(gzip.compress(b"".join(lines), mtime=0))
    (folder / "trust.json").write_bytes(trust)
    members = ("verdict", "assurance", "certificate", "footprint", "chain", "claims")
    kept = {name: each for name, each in plain(found).items() if name in members}
    (folder / "expected.json").write_text(
        json.dumps({"at": instant_text(now), **kept}, indent=1, ensure_ascii=False) + "\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
