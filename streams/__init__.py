"""The movement: topics, settings, the exactly-once stage, state stores, keys, telemetry."""
