import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Random;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * CompactFill BROKER TOPIC ROUNDS: something for a cleaner to do, into
 * partition 0: keys that come again, tombstones, each codec, plain and
 * idempotent producers, transactions that commit and that abort, also side by
 * side. The same every time, but for the clock: producers
 * whose records are old are forgotten.
 */
public class CompactFill {
	static final String[] CODECS = { "none", "gzip", "snappy", "lz4", "zstd" };
	static final Random random = new Random(11);
	static final long start = System.currentTimeMillis() - 3600000;
	static int n;

	static KafkaProducer<byte[], byte[]> producer(String broker, String codec,
	    boolean idempotent, String txn) {
		Properties p = new Properties();

		p.put("bootstrap.servers", broker);
		p.put("key.serializer", ByteArraySerializer.class.getName());
		p.put("value.serializer", ByteArraySerializer.class.getName());
		p.put("compression.type", codec);
		p.put("enable.idempotence", idempotent);
		p.put("linger.ms", 20);
		p.put("batch.size", 4000);
		if (txn != null)
			p.put("transactional.id", txn);
		return new KafkaProducer<>(p);
	}

	static byte[] bytes(String s) {
		return s.getBytes(StandardCharsets.UTF_8);
	}

	static void send(KafkaProducer<byte[], byte[]> p, String topic) {
		StringBuilder value = new StringBuilder("value " + n++ + " ");
		List<Header> headers = new ArrayList<>();

		for (int i = random.nextInt(150); i > 0; i--)
			value.append((char)('a' + random.nextInt(26)));
		if (random.nextInt(5) == 0)
			headers.add(new RecordHeader("h", bytes("" + n)));
		p.send(new ProducerRecord<>(topic, 0, start + n,
		    bytes("key " + random.nextInt(300)),
		    random.nextInt(6) == 0 ? null : bytes(value.toString()),
		    headers));
	}

	static void some(KafkaProducer<byte[], byte[]> p, String topic) {
		for (int i = random.nextInt(60); i >= 0; i--)
			send(p, topic);
	}

	static void end(KafkaProducer<byte[], byte[]> p) {
		if (random.nextBoolean()) {
			p.commitTransaction();
		} else {
			p.flush();
			p.abortTransaction();
		}
	}

	public static void main(String[] args) {
		String broker = args[0], topic = args[1];
		int rounds = Integer.parseInt(args[2]);
		List<KafkaProducer<byte[], byte[]>> all = new ArrayList<>();
		List<KafkaProducer<byte[], byte[]>> txns = new ArrayList<>();

		for (String codec : CODECS) {
			all.add(producer(broker, codec, false, null));
			all.add(producer(broker, codec, true, null));
			txns.add(producer(broker, codec, true, topic + codec));
		}
		for (KafkaProducer<byte[], byte[]> t : txns)
			t.initTransactions();
		for (int i = 0; i < rounds; i++) {
			KafkaProducer<byte[], byte[]> p = all.get(random.nextInt(all.size()));
			KafkaProducer<byte[], byte[]> t = txns.get(random.nextInt(txns.size()));
			KafkaProducer<byte[], byte[]> u = txns.get(random.nextInt(txns.size()));

			some(p, topic);
			p.flush();
			t.beginTransaction();
			some(t, topic);
			t.flush();
			some(p, topic);
			p.flush();
			if (u != t) {
				u.beginTransaction();
				some(u, topic);
				u.flush();
				some(t, topic);
				end(u);
			}
			end(t);
		}
		for (KafkaProducer<byte[], byte[]> p : all)
			p.close();
		for (KafkaProducer<byte[], byte[]> p : txns)
			p.close();
	}
}
