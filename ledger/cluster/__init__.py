"""Work shared among processes, on this machine or on others."""
