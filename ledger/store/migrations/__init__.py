"""Migrations of the database, run by alembic (`ledger.store.migrate`)."""
