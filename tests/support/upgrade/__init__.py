"""A rolling upgrade: the version before this one beside it, who runs which."""
