"""The law as data: facts of closed classes, rules with citations, one file per law. Not legal advice.

``facts.py`` says what a decision may ask; ``rules.py`` what a rule is and how one decides by many; a law's own file has
its rules, ``text/`` the words that they quote; ``shipped.py`` puts them together, ``documents.py`` writes them as JSON.
"""
