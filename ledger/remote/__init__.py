"""Other registries over HTTP: the only room that opens sockets, to addresses that the user named."""
