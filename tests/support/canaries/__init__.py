"""The parts of the canaries' proof: tests/proofs/canaries.py."""
