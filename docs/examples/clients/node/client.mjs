// Publishes to a partner's topic and reads a recipient's, with kafkajs and Confluent's client of a schema registry.
//
//   node client.mjs publish TOPIC FILE    an event a line, {"envelope": {…}, "body": {…}}; days and microseconds are numbers
//   node client.mjs read TOPIC COUNT      so many values from the topic's beginning, one a line
//
// KAFKA: the broker, host:port. REGISTRY: the address of `throughline serve`.
import { readFileSync } from "node:fs";
import { AvroDeserializer, AvroSerializer, SchemaRegistryClient, SerdeType } from "@confluentinc/schemaregistry";
import kafkajs from "kafkajs";
import lz4 from "lz4js";

const { CompressionCodecs, CompressionTypes, Kafka, Partitioners, logLevel } = kafkajs;
// What recipients' topics hold is compressed with LZ4, which kafkajs leaves to others.
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: async (encoder) => Buffer.from(lz4.compress(encoder.buffer)),
  decompress: async (buffer) => Buffer.from(lz4.decompress(buffer)),
});

const [doing, topic, what] = process.argv.slice(2);
const kafka = new Kafka({ clientId: "node-client", brokers: process.env.KAFKA.split(","), logLevel: logLevel.ERROR });
const registry = new SchemaRegistryClient({ baseURLs: [process.env.REGISTRY] });
if (doing === "publish") await publish();
else await read(Number(what));

async function publish() {
  const serializer = new AvroSerializer(registry, SerdeType.VALUE, { autoRegisterSchemas: false, useLatestVersion: true });
  const events = readFileSync(what, "utf8").trim().split("\n").map((line) => JSON.parse(line));
  const messages = await Promise.all(
    events.map(async (event) => ({
      key: event.envelope.subject_token ?? event.envelope.source_record_id,
      value: await serializer.serialize(topic, event),
      headers: { ce_id: event.envelope.event_id }, // a rejected event is found by this header
    })),
  );
  // Versions of one record must be in one partition, whoever sends them: as Java's client chooses it.
  const producer = kafka.producer({
    createPartitioner: Partitioners.JavaCompatiblePartitioner,
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  await producer.send({ topic, messages, acks: -1 });
  await producer.disconnect();
  for (const event of events) console.log(event.envelope.event_id);
}

async function read(count) {
  const deserializer = new AvroDeserializer(registry, SerdeType.VALUE, {});
  const consumer = kafka.consumer({ groupId: `node-client-${process.pid}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise((enough, failed) => {
    let left = count;
    consumer.on(consumer.events.CRASH, ({ payload }) => failed(payload.error));
    consumer.run({
      eachMessage: async ({ message }) => {
        if (left <= 0) return;
        console.log(JSON.stringify(await deserializer.deserialize(topic, message.value)));
        if (--left === 0) enough();
      },
    });
  });
  await consumer.disconnect();
}
