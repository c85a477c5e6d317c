"""Certificates of inputs that a command is given as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ledger.drafting.draft import Upstream


def given_certificates(paths: Sequence[Path], home: Path | None) -> Iterator[tuple[Path, Upstream]]:
    """Yield each file with its certificate; raise OreprintError for a file that holds none."""
    from cli.files import problems_in
    from cli.source import open_source, subject_text
    from ledger.drafting.draft import Upstream
    from ledger.seal.sdjwt import open_certificate

    for path in paths:
        with open_source(str(path), home=home) as source, problems_in(source.name):
            opened = open_certificate(subject_text(source))
        yield path, Upstream(opened.record, opened.digest)
