"""Hypothesis without a deadline: what a machine is busy with besides is no fault of the example."""

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
