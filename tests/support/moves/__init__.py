"""The parts of the moves proof: tests/proofs/moves.py."""
