"""Identity: the gate, and whose event it is."""
