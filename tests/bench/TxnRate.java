import java.util.Properties;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.serialization.StringSerializer;

/** TxnRate BROKER TOPIC N: seconds that N transactions of one record take. */
public class TxnRate {
    public static void main(String[] a) throws Exception {
        int n = Integer.parseInt(a[2]);
        Properties p = new Properties();
        p.put("bootstrap.servers", a[0]);
        p.put("transactional.id", "rate");
        try (var k = new KafkaProducer<>(p, new StringSerializer(), new StringSerializer())) {
            k.initTransactions();
            long start = 0;
            for (int i = -n / 4; i < n; i++) {
                if (i == 0) start = System.nanoTime();
                k.beginTransaction();
                k.send(new ProducerRecord<>(a[1], "record " + i));
                k.commitTransaction();
            }
            System.out.println((System.nanoTime() - start) / 1e9);
        }
    }
}
