"""``throughline publish``: what the command looks at, remembers and tells; files are read and sent in ``partners/``.

``one_file.py``, ``district.py`` (a set of files) and ``watch.py`` are the three ways to publish.
"""
