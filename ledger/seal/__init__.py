"""The seal: digests, keys, signatures, and the certificate as an SD-JWT with one form. Pure: salts and keys come from the caller."""
