"""The parts of the erasure proof: tests/proofs/erase.py."""
