"""The engines by name, and where each one's class is: a library is imported only by the process that needs it."""

CLASSES = {
    "sqlite": "sqlite_engine:SqliteEngine",
    "lmdb": "lmdb_engine:LmdbEngine",
    "rocksdb": "rocksdb_engine:RocksdbEngine",
    "sqlite_cache_64m": "sqlite_engine:SmallCache",
    "sqlite_cache_1g": "sqlite_engine:LargeCache",
    "sqlite_pages_16k": "sqlite_engine:LargePages",
    "sqlite_log_4m": "sqlite_engine:SmallLog",
    "sqlite_log_512m": "sqlite_engine:LargeLog",
    "sqlite_mapped": "sqlite_engine:Mapped",
    "sqlite_sorted": "sqlite_engine:Sorted",
    "sqlite_without_rowid": "sqlite_engine:WithoutRowid",
    "sqlite_one_by_one": "sqlite_engine:OneByOne",
}
ENGINES = ("sqlite", "lmdb", "rocksdb")
"""Those compared unless others are named; the rest are SQLite with one knob turned."""
NEEDS_LIBRARY = {"lmdb", "rocksdb"}
"""Those that no library of the product is."""
