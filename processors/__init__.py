"""The decisions: whose event it is (resolve), who may see it (consent). Pure: no Kafka, database, clock, randomness."""
