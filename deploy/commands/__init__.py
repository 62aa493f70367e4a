"""The commands of ``throughline``, one file a noun."""
