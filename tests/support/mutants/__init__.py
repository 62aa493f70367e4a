"""The parts of the mutation proof: tests/proofs/mutation.py."""
