"""The log: one append-only Merkle tree, its entries, tiles, proofs and signed heads.

Pure: no clock, no file, no socket.
"""
