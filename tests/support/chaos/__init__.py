"""The whole stack under faults: which faults, a partner that publishes meanwhile, and what a run must have left behind.

``compare`` is pure: what an outsider finds, against the population's truth and against itself.
"""
