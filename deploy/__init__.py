"""The operators' door: the command line, and what starts and watches the parts."""
