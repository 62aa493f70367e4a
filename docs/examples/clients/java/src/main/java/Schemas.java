import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.apicurio.registry.resolver.ParsedSchemaImpl;
import io.apicurio.registry.resolver.SchemaLookupResult;
import io.apicurio.registry.resolver.SchemaParser;
import io.apicurio.registry.resolver.SchemaResolver;
import io.apicurio.registry.resolver.client.RegistryClientFacade;
import io.apicurio.registry.resolver.data.Record;
import io.apicurio.registry.resolver.strategy.ArtifactReference;
import io.apicurio.registry.resolver.strategy.ArtifactReferenceResolverStrategy;
import io.apicurio.registry.serde.avro.AvroSchemaParser;
import io.apicurio.registry.serde.avro.DefaultAvroDatumProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;

/**
 * Schemas and their ids from the paths of a Confluent registry, for Apicurio's serde: by itself it asks for Apicurio's
 * own paths, which `throughline serve` does not have. Each is asked for once.
 */
final class Schemas {
    private final String address;
    private final HttpClient http = HttpClient.newHttpClient();
    private final Map<Integer, SchemaLookupResult<Schema>> byId = new ConcurrentHashMap<>();
    private final Map<Schema, Integer> ids = new ConcurrentHashMap<>();

    Schemas(String address) {
        this.address = address;
    }

    /** The newest schema of a topic's values. */
    Schema latest(String topic) {
        JsonNode found = get("/subjects/" + topic + "-value/versions/latest");
        return known(found.get("id").asInt(), found.get("schema").asText()).getParsedSchema().getParsedSchema();
    }

    private SchemaLookupResult<Schema> of(int id) {
        SchemaLookupResult<Schema> found = byId.get(id);
        return found != null ? found : known(id, get("/schemas/ids/" + id).get("schema").asText());
    }

    private SchemaLookupResult<Schema> known(int id, String text) {
        Schema schema = new Schema.Parser().parse(text);
        ids.put(schema, id);
        return byId.computeIfAbsent(id, i -> SchemaLookupResult.<Schema>builder().contentId(i).globalId(i)
                .parsedSchema(new ParsedSchemaImpl<Schema>().setParsedSchema(schema)
                        .setRawSchema(text.getBytes(StandardCharsets.UTF_8)))
                .build());
    }

    private JsonNode get(String path) {
        try {
            var answer = http.send(
                    HttpRequest.newBuilder(URI.create(address + path)).build(), HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) throw new IOException(path + ": " + answer.statusCode());
            return new ObjectMapper().readTree(answer.body());
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        } catch (InterruptedException error) {
            throw new IllegalStateException(error);
        }
    }

    /** What the serde asks. */
    SchemaResolver<Schema, GenericRecord> resolver() {
        return new SchemaResolver<>() {
            @Override
            public SchemaLookupResult<Schema> resolveSchema(Record<GenericRecord> record) {
                return of(ids.get(record.payload().getSchema()));
            }

            @Override
            public SchemaLookupResult<Schema> resolveSchemaByArtifactReference(ArtifactReference asked) {
                return of((asked.getContentId() != null ? asked.getContentId() : asked.getGlobalId()).intValue());
            }

            @Override
            public SchemaParser<Schema, GenericRecord> getSchemaParser() {
                return new AvroSchemaParser<>(new DefaultAvroDatumProvider<>());
            }

            @Override
            public void setClientFacade(RegistryClientFacade unused) {}

            @Override
            public void setArtifactResolverStrategy(ArtifactReferenceResolverStrategy<Schema, GenericRecord> unused) {}

            @Override
            public void reset() {}

            @Override
            public void close() {}
        };
    }
}
