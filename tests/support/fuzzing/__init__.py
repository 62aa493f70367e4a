"""Fuzzing of the parsers that we own: hostile bytes, made from sound ones, in processes that may die of them.

``target`` says what a parser is and what it may answer, ``trying`` tries one input, ``child`` is the process in which
atheris makes them, ``hostile`` is what it changes them by beside, ``parent`` waits for it. The targets stand in
``files``, ``sets``, ``contract``, ``doors`` and ``operators``; ``targets`` has them all by name.
"""
