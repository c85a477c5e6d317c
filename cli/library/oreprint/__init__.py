"""Oreprint for Python programs: judge certificates, and speak to a registry.

    >>> import oreprint
    >>> report = oreprint.verify("magnet.oreprint", trust="trust.json")
    >>> report.verdict
    'genuine'

Rules:

1. Everything in `__all__` is public and follows semantic versioning; nothing else here does, and no other package of
   Oreprint. `docs/how-to/use-from-python.md` says how a change is announced.
2. This module reads no environment variable and no home. It opens the files that the caller names. It opens a
   connection only for a link, which `offline=True` forbids, and for a `Client`.
3. Every refusal is an `OreprintError` with a stable code, the place of the fault and the remedy.

This module computes and judges nothing by itself: the command `oreprint` calls the same functions.
"""

from cli.names import shadowed

if taken := shadowed():  # half of somebody else's code must not judge a certificate (docs/adr/0001)
    raise ImportError(f"{taken} [install.name-taken]")

from oreprint._client import Client
from oreprint._given import Record, Source, TrustSource
from oreprint._verify import verify
from schemas.answers.certificates import CertificateAnswer, IssueAnswer, ListedCertificate
from schemas.answers.life import MoveAnswer
from schemas.answers.notices import NoticeAnswer
from schemas.problem import (
    AccessError,
    CheckError,
    InputError,
    MissingError,
    OreprintError,
    Problem,
    RefusedError,
    StateError,
)
from schemas.report import Report

__all__ = [
    "AccessError",
    "CertificateAnswer",
    "CheckError",
    "Client",
    "InputError",
    "IssueAnswer",
    "ListedCertificate",
    "MissingError",
    "MoveAnswer",
    "NoticeAnswer",
    "OreprintError",
    "Problem",
    "Record",
    "RefusedError",
    "Report",
    "Source",
    "StateError",
    "TrustSource",
    "verify",
]
