"""Add a digest to each notice, and stamp the database with the digest of its tables."""

from __future__ import annotations

from hashlib import sha256

import orjson
import sqlalchemy as sa
from alembic import op

revision = "0013_e8b0d2cf3462"
down_revision = "0001"


def upgrade() -> None:
    """Add the column, and fill it for the notices that are there."""
    op.add_column("outbox", sa.Column("digest", sa.LargeBinary(32)))
    database = op.get_bind()
    words = ("party", "kind", "subject", "facts", "at_ms")
    outbox = sa.table("outbox", *map(sa.column, ("number", *words)), sa.column("digest", sa.LargeBinary))
    change = sa.update(outbox).where(outbox.c.number == sa.bindparam("of")).values(digest=sa.bindparam("made"))
    rows = database.execute(sa.select(outbox.c.number, *(outbox.c[each] for each in words))).all()
    for number, *notice in rows:
        database.execute(change, {"of": number, "made": sha256(orjson.dumps(notice)).digest()})
