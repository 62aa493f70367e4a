"""The contract: Avro schemas by family, their catalog of ids, the wire format and the codec. Pure: no Kafka, no clock."""
