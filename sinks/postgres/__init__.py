"""The case views in PostgreSQL: any number of sinks write them, any number of portals read them.

Needs the extra ``postgres``. Nobody outside of this folder speaks PostgreSQL's SQL about views.
"""
