"""Evaluating and training the identity engine on files: reading them, running it, measuring it."""
