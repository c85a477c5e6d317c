"""Verification: from a bundle or certificate, a trust list, a policy and a time to a report. Pure."""
