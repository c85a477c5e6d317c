"""Changes to a certificate after it was issued: withdraw, suspend, lift, undo, attest, and GS1 keys."""
