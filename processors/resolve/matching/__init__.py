"""Whose records are of one person: descriptions compared in pairs, weighed by a model, clustered. Pure."""
