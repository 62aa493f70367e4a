"""The partners' door: a client that publishes, file formats, a synthetic population. Knows Kafka and the contract."""
