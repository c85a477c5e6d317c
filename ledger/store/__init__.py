"""The store: the only SQL in Oreprint.

Trust: no buyer depends on the database.  `oreprint audit` recomputes every entry, hash, mark and mass from the stored
records, and the last signed head is kept apart from it (`ledger.registry.registry.HeadStore`).
"""
