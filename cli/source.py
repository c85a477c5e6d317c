"""The source that a reading command is pointed at: a file, standard input, an address, or a certificate of the home.

Rules: what was typed says where to look, and the first bytes there say what it is (`ledger.files.source`).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Literal, cast, get_args

from pydantic import TypeAdapter

from cli import settings
from cli.files import STDIN, STDIN_TOLD
from cli.parts import home_folder, open_to_read
from cli.terminal import printable
from ledger.files.source import ADDRESS, Source, SourceBundle, SourceCertificate, open_file, told_apart
from schemas.door import validated
from schemas.identifier import Did, RegistryId
from schemas.problem import InputError, placed, problems_in
from schemas.vocabulary import Audience

if TYPE_CHECKING:
    from ledger.drafting.draft import Upstream

_DIGEST: Final = re.compile(r"zQm[1-9A-HJ-NP-Za-km-z]{44}")


@contextmanager
def open_source(
    source: str,
    *,
    home: Path | None,
    audience: Audience = "auditor",
    holder: str | None = None,
    fetch: Callable[[str], BinaryIO] | None = None,
) -> Iterator[Source]:
    """Open what `source` names; a digest, or a link to one, is looked up in the registry at `home`.

    An address is read by `fetch`, where there is one: of a link only if `home` has no registry.

    Raises:
        InputError: `file.*`, `bundle.line-size`.
        MissingError, StateError: when a digest is not in the registry, or there is no registry; what `fetch` raises.
    """
    name = printable(source)
    if source == STDIN:
        yield told_apart(STDIN_TOLD, sys.stdin.buffer)
    elif ADDRESS.match(source):
        from ledger.client.links import linked

        link = linked(source)
        if link is not None and (fetch is None or has_registry(home)):
            yield SourceBundle(name, _of_registry(link.digest, home, audience=audience, holder=holder))
        elif fetch is not None:
            with fetch(source) as stream:
                yield told_apart(name, stream)
        else:
            raise InputError.at("file.url", name)
    elif _DIGEST.fullmatch(source):
        yield SourceBundle(name, _of_registry(source, home, audience=audience, holder=holder))
    else:
        with open_file(source, name) as stream:
            yield told_apart(name, stream)


def has_registry(home: Path | None) -> bool:
    """Return whether a home has a registry, with its database there or at the configured address."""
    return settings.read("OREPRINT_DATABASE_URL") is not None or (home_folder(home) / "registry.db").exists()


def of_home(source: str, home: Path | None) -> bool:
    """Return whether `open_source` looks a source up in the registry at `home`."""
    if not ADDRESS.match(source):
        return bool(_DIGEST.fullmatch(source))
    from ledger.client.links import linked

    return linked(source) is not None and has_registry(home)


def pages_origin() -> str | None:
    """Return where labels lead by the setting OREPRINT_ORIGIN, or None; raise InputError `carrier.resolver`."""
    from ledger.carrier.link import checked_resolver

    origin = settings.read("OREPRINT_ORIGIN")
    with problems_in("OREPRINT_ORIGIN"):
        return None if origin is None else checked_resolver(origin)


def check_id(text: str, option: str, kind: Literal["did", "registry"]) -> None:
    """Refuse what is no DID or no registry's domain, by the option it came with; raise InputError `document.*`."""
    with problems_in(option):
        validated(TypeAdapter[str](Did if kind == "did" else RegistryId), text)


def known_audience(text: str) -> Audience:
    """Return the audience that an option `--for` names; raise InputError `seal.audience`."""
    if text not in get_args(Audience):
        raise InputError.at("seal.audience", "--for", audience=text, audiences=", ".join(get_args(Audience)))
    return cast("Audience", text)


def subject_text(found: Source) -> str:
    """Return the text of the certificate that was given, or that a bundle is about.

    Raises:
        InputError: `bundle.*`, `document.*`.
    """
    match found:
        case SourceCertificate():
            return found.text
        case SourceBundle():
            return _subject_of(found)


def given_certificates(paths: Sequence[Path], home: Path | None) -> Iterator[tuple[Path, Upstream]]:
    """Yield each file with its certificate; raise OreprintError for a file that holds none."""
    from ledger.drafting.draft import Upstream
    from ledger.seal.sdjwt import open_certificate

    for path in paths:
        with open_source(str(path), home=home) as source, problems_in(source.name):
            opened = open_certificate(subject_text(source))
        yield path, Upstream(opened.record, opened.digest)


def digest_of(source: str, home: Path | None) -> str:
    """Return the digest that was given, or that of the certificate in a file."""
    from ledger.seal.sdjwt import open_certificate

    if source.startswith("zQm"):
        return source
    with open_source(source, home=home) as found, problems_in(found.name):
        return open_certificate(subject_text(found)).digest


def _subject_of(bundle: SourceBundle) -> str:
    found: list[str] = []
    for _ in with_subject(bundle.lines, found.append):
        if found:
            break
    return found[0]


def with_subject(lines: Iterator[bytes], keep: Callable[[str], None]) -> Iterator[bytes]:
    """Yield the lines of a bundle, and give the text of the certificate that it is about to `keep` when it comes by.

    Raises:
        InputError: `bundle.*`, `document.*`.
    """
    from ledger.seal.digest import certificate_digest
    from schemas.bundle import CertificateLine, Header, read_line

    first = next(lines)
    header = read_line(first, "line 1")
    if not isinstance(header, Header):
        raise InputError.at("bundle.header")
    yield first
    there = False
    for number, raw in enumerate(lines, start=2):
        line = read_line(raw, f"line {number}") if not there and raw.startswith(b'{"t":"certificate"') else None
        if isinstance(line, CertificateLine):
            there = certificate_digest(line.certificate.partition("~")[0]) == header.subject
            if there:
                keep(line.certificate)
        yield raw
    if not there:
        raise InputError.at("bundle.subject", digest=header.subject)


def _of_registry(digest: str, home: Path | None, *, audience: Audience, holder: str | None) -> Iterator[bytes]:
    from ledger.bundles.build import bundle_lines

    lines = bundle_lines(open_to_read(home), digest, audience=audience, holder=holder)

    def found() -> Iterator[bytes]:
        with placed(digest):
            yield from lines

    return found()
