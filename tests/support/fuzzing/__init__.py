"""Fuzzing of the parsers that we own: hostile bytes, made from sound ones, in processes that may die of them.

``target`` says what a parser is and what it may answer, ``making`` makes inputs, ``trying`` tries one, ``child`` is the
process in which that happens, ``parent`` watches it. The targets stand in ``files``, ``contract``, ``doors`` and
``operators``; ``targets`` has them all by name.
"""
