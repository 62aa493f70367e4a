"""The views: what recipients were given, kept ready for their questions; the only SQL on views."""
