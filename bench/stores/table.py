"""The engines by name, and where each one's class is: a library is imported only by the process that needs it."""

CLASSES = {
    "rocksdb": "rocksdb_engine:RocksdbEngine",
    "sqlite": "sqlite_engine:SqliteEngine",
    "lmdb": "lmdb_engine:LmdbEngine",
}
NEEDS_LIBRARY = {"lmdb"}
"""Those that no library of the product is."""
