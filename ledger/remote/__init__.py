"""Other registries over HTTP: the only room that opens a socket, to an address that its user named."""
