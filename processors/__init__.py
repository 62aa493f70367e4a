"""The decisions: whose event it is (resolve) and who may see it (consent). Pure: no Kafka, database, clock, randomness."""
