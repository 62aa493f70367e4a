"""The contract: Avro schemas by family, their catalog of ids, wire format and codec. Pure: no Kafka, no clock."""
