"""The version of Throughline, told where it refuses what a newer one has made; at the bottom, where everyone may ask.

``pyproject.toml`` says the same (``tests/house``): what is installed may be of another version than the code that runs.
"""

VERSION = "0.4.0"
