import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.apicurio.registry.serde.avro.AvroKafkaDeserializer;
import io.apicurio.registry.serde.avro.AvroKafkaSerializer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Publishes to a partner's topic and reads a recipient's, with Kafka's own client and Apicurio's Avro serde.
 *
 * <pre>
 * Client publish TOPIC FILE    an event a line, {"envelope": {…}, "body": {…}}; days and microseconds are numbers
 * Client read TOPIC COUNT      so many values from the topic's beginning, one a line
 * </pre>
 *
 * KAFKA: the broker, host:port. REGISTRY: the address of `throughline serve`.
 */
public final class Client {
    private static final String KAFKA = System.getenv("KAFKA");
    private static final Schemas SCHEMAS = new Schemas(System.getenv("REGISTRY"));

    public static void main(String[] words) throws Exception {
        if (words[0].equals("publish")) publish(words[1], Path.of(words[2]));
        else read(words[1], Integer.parseInt(words[2]));
    }

    static void publish(String topic, Path file) throws Exception {
        Schema schema = SCHEMAS.latest(topic);
        var serializer = new AvroKafkaSerializer<GenericRecord>(SCHEMAS.resolver());
        serializer.configure(Map.of(), false);
        Map<String, Object> settings = Map.of("bootstrap.servers", KAFKA, "acks", "all", "enable.idempotence", true);
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), serializer)) {
            List<Future<?>> answers = new ArrayList<>();
            for (String line : Files.readAllLines(file)) {
                JsonNode said = new ObjectMapper().readTree(line), envelope = said.get("envelope");
                JsonNode key = envelope.get(envelope.hasNonNull("subject_token") ? "subject_token" : "source_record_id");
                String id = envelope.get("event_id").asText();
                var sent = new ProducerRecord<>(topic, key.asText(), (GenericRecord) value(schema, said));
                sent.headers().add("ce_id", id.getBytes(StandardCharsets.UTF_8)); // a rejected event is found by it
                answers.add(producer.send(sent));
                System.out.println(id);
            }
            for (Future<?> answer : answers) answer.get(); // throws where the broker did not take it
        }
    }

    static void read(String topic, int count) {
        var deserializer = new AvroKafkaDeserializer<GenericRecord>(SCHEMAS.resolver());
        deserializer.configure(Map.of(), false);
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", KAFKA, "isolation.level", "read_committed", "auto.offset.reset", "earliest");
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), deserializer)) {
            consumer.assign(consumer.partitionsFor(topic).stream()
                    .map(part -> new TopicPartition(topic, part.partition())).toList());
            consumer.seekToBeginning(consumer.assignment());
            for (int left = count; left > 0; )
                for (ConsumerRecord<String, GenericRecord> found : consumer.poll(Duration.ofSeconds(1)))
                    if (left-- > 0) System.out.println(found.value());
        }
    }

    /** What a schema makes of JSON: a field that is left out has its default. */
    static Object value(Schema schema, JsonNode said) {
        switch (schema.getType()) {
            case RECORD:
                var record = new GenericRecordBuilder(schema);
                for (Schema.Field field : schema.getFields())
                    if (said.has(field.name())) record.set(field, value(field.schema(), said.get(field.name())));
                return record.build();
            case UNION:
                if (said.isNull()) return null;
                return value(schema.getTypes().stream().filter(s -> s.getType() != Schema.Type.NULL).findFirst().get(), said);
            case ARRAY:
                var list = new GenericData.Array<Object>(said.size(), schema);
                for (JsonNode one : said) list.add(value(schema.getElementType(), one));
                return list;
            case ENUM:
                return new GenericData.EnumSymbol(schema, said.asText());
            case INT:
                return said.intValue();
            case LONG:
                return said.longValue();
            case BOOLEAN:
                return said.booleanValue();
            default:
                return said.asText();
        }
    }
}
