"""Sealing: digests, keys, signatures, and the certificate as an SD-JWT in one form.

Pure: the caller gives salts and keys.
"""
