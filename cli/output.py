"""What commands print: one JSON document, or plain sentences."""

from __future__ import annotations

import json


def print_json(document: object) -> None:
    """Print one JSON document on stdout, names in their own scripts."""
    print(json.dumps(document, ensure_ascii=False, indent=2))
