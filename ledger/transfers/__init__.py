"""Transfers: a shipment to another holder, in this registry or another one."""
