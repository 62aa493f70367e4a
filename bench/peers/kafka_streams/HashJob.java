import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.util.Utf8;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;

/**
 * The job in Kafka Streams, exactly once: decode by Avro's own library, a keyed hash, encode. One stream thread, so
 * what is kept between two events is used by one thread alone.
 */
public final class HashJob {
    private static final int FRAME = 5;

    private final Schema hashedSchema;
    private final GenericDatumReader<GenericRecord> reader;
    private final GenericDatumWriter<GenericRecord> writer;
    private final Mac mac;
    private final byte[] head;
    private final int token;
    private final ByteArrayOutputStream target = new ByteArrayOutputStream(512);
    private GenericRecord event;
    private BinaryDecoder decoder;
    private BinaryEncoder encoder;

    private HashJob(Path event, Path hashed, int hashedId, byte[] key) throws Exception {
        Schema eventSchema = new Schema.Parser().parse(Files.readString(event));
        hashedSchema = new Schema.Parser().parse(Files.readString(hashed));
        reader = new GenericDatumReader<>(eventSchema);
        writer = new GenericDatumWriter<>(hashedSchema);
        mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        head = ByteBuffer.allocate(FRAME).put((byte) 0).putInt(hashedId).array();
        token = eventSchema.getField("subject_token").pos();
    }

    private byte[] work(byte[] value) {
        try {
            decoder = DecoderFactory.get().binaryDecoder(value, FRAME, value.length - FRAME, decoder);
            event = reader.read(event, decoder);
            GenericRecord made = new GenericData.Record(hashedSchema);
            for (int place = 0; place < hashedSchema.getFields().size(); place++) {
                made.put(place, place == token ? keyed((Utf8) event.get(place)) : event.get(place));
            }
            target.reset();
            target.write(head, 0, FRAME);
            encoder = EncoderFactory.get().binaryEncoder(target, encoder);
            writer.write(made, encoder);
            encoder.flush();
            return target.toByteArray();
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private String keyed(Utf8 text) {
        mac.update(text.getBytes(), 0, text.getByteLength());
        return HexFormat.of().formatHex(mac.doFinal());
    }

    /** Arguments: bootstrap, name, source, target, folder, commit milliseconds, both schemas, id, key. */
    public static void main(String[] args) throws Exception {
        Properties settings = new Properties();
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, args[1]);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, args[4]);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, args[5]);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        settings.put(StreamsConfig.producerPrefix("compression.type"), "lz4");
        settings.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
        HashJob job = new HashJob(
            Path.of(args[6]), Path.of(args[7]), Integer.parseInt(args[8]), HexFormat.of().parseHex(args[9]));
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(args[2], Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
            .mapValues(job::work)
            .to(args[3], Produced.with(Serdes.ByteArray(), Serdes.ByteArray()));
        CountDownLatch ended = new CountDownLatch(1);
        try (KafkaStreams streams = new KafkaStreams(builder.build(), settings)) {
            streams.setUncaughtExceptionHandler(error -> {
                error.printStackTrace();
                ended.countDown();
                return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
            });
            Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
            streams.start();
            ended.await();
        }
        System.exit(1);
    }
}
