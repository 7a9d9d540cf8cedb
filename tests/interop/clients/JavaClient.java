import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.*;

/** JavaClient write BROKER FILE TOPIC=CODEC.. | read BROKER TOPIC.. | group BROKER TOPIC GROUP [PROP=VAL..]: Apache Kafka's own client. */
public class JavaClient {
    static byte[] un(String s) {
        if (s.equals("-")) return null;
        return s.equals("=") ? new byte[0] : Base64.getDecoder().decode(s);
    }

    static String b(byte[] x) {
        if (x == null) return "-";
        return x.length == 0 ? "=" : Base64.getEncoder().encodeToString(x);
    }

    static ProducerRecord<byte[], byte[]> record(String topic, String line) {
        String[] f = line.split("\t");
        List<Header> hs = new ArrayList<>();
        if (!f[3].equals("."))
            for (String h : f[3].split(",")) {
                String[] nv = h.split(":");
                hs.add(new RecordHeader(new String(un(nv[0]), StandardCharsets.UTF_8), un(nv[1])));
            }
        return new ProducerRecord<>(topic, 0, Long.valueOf(f[0]), un(f[1]), un(f[2]), hs);
    }

    static void write(String broker, String[] a) throws Exception {
        for (int i = 3; i < a.length; i++) {
            String[] t = a[i].split("=");
            Properties p = new Properties();
            p.put("bootstrap.servers", broker);
            p.put("compression.type", t[1]);
            p.put("linger.ms", "20");
            List<java.util.concurrent.Future<RecordMetadata>> sent = new ArrayList<>();
            try (var prod = new KafkaProducer<>(p, new ByteArraySerializer(), new ByteArraySerializer())) {
                for (String line : Files.readAllLines(Path.of(a[2])))
                    sent.add(prod.send(record(t[0], line)));
                for (var s : sent) s.get();
            }
        }
    }

    static void read(String broker, String[] a) {
        Properties p = new Properties();
        p.put("bootstrap.servers", broker);
        p.put("enable.auto.commit", "false");
        p.put("fetch.max.wait.ms", "50");
        StringBuilder out = new StringBuilder();
        try (var c = new KafkaConsumer<>(p, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            for (int i = 2; i < a.length; i++) {
                TopicPartition tp = new TopicPartition(a[i], 0);
                c.assign(List.of(tp));
                c.seekToBeginning(List.of(tp));
                long end = c.endOffsets(List.of(tp)).get(tp);
                long until = System.currentTimeMillis() + 10000;
                while (c.position(tp) < end) {
                    if (System.currentTimeMillis() > until) throw new RuntimeException(a[i] + ": nothing for 10 s");
                    for (var r : c.poll(Duration.ofSeconds(1))) {
                        StringJoiner h = new StringJoiner(",");
                        h.setEmptyValue(".");
                        for (Header x : r.headers())
                            h.add(b(x.key().getBytes(StandardCharsets.UTF_8)) + ":" + b(x.value()));
                        out.append(String.join("\t", a[i], "" + r.offset(), "" + r.timestamp(), b(r.key()), b(r.value()),
                            h.toString())).append('\n');
                    }
                }
            }
        }
        System.out.print(out);
    }

    static void group(String broker, String[] a) {
        Properties p = new Properties();
        p.put("bootstrap.servers", broker);
        p.put("group.id", a[3]);
        p.put("auto.offset.reset", "earliest");
        for (int i = 4; i < a.length; i++) p.put(a[i].split("=")[0], a[i].split("=")[1]);
        try (var c = new KafkaConsumer<>(p, new StringDeserializer(), new StringDeserializer())) {
            c.subscribe(List.of(a[2]));
            long until = System.currentTimeMillis() + 20000;
            while (System.currentTimeMillis() < until)
                for (var r : c.poll(Duration.ofMillis(200))) {
                    System.out.println(r.value());
                    until = System.currentTimeMillis() + 2000;
                }
        }
    }

    /** To topics that match, which the broker finds: clients since 4.0. */
    static void subscribe(KafkaConsumer<byte[], byte[]> c, String topic) throws Exception {
        if (!topic.startsWith("^")) {
            c.subscribe(List.of(topic));
            return;
        }
        var pattern = Class.forName("org.apache.kafka.clients.consumer.SubscriptionPattern");
        KafkaConsumer.class.getMethod("subscribe", pattern)
            .invoke(c, pattern.getConstructor(String.class).newInstance(topic));
    }

    /** A member that prints values until it is told to end: member BROKER GROUP TOPIC|^REGEX ASSIGNOR|consumer [PROP=VAL..]. */
    static void member(String[] a) throws Exception {
        var names = Map.of("range", "RangeAssignor", "roundrobin", "RoundRobinAssignor",
            "sticky", "StickyAssignor", "cooperative-sticky", "CooperativeStickyAssignor");
        Properties p = new Properties();
        p.put("bootstrap.servers", a[1]);
        p.put("group.id", a[2]);
        p.put("auto.offset.reset", "earliest");
        p.put("fetch.max.wait.ms", "50");
        if (a[4].equals("consumer"))
            p.put("group.protocol", "consumer");
        else {
            p.put("heartbeat.interval.ms", "200");
            p.put("partition.assignment.strategy", "org.apache.kafka.clients.consumer." + names.get(a[4]));
        }
        for (int i = 5; i < a.length; i++) p.put(a[i].split("=")[0], a[i].split("=")[1]);
        var c = new KafkaConsumer<>(p, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        Thread main = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            c.wakeup();
            try { main.join(5000); } catch (InterruptedException e) { }
        }));
        subscribe(c, a[3]);
        try {
            while (true) {
                for (var r : c.poll(Duration.ofMillis(100)))
                    System.out.println(new String(r.value(), StandardCharsets.UTF_8));
                System.out.flush();
            }
        } catch (org.apache.kafka.common.errors.WakeupException e) {
            c.close();
        }
    }

    public static void main(String[] a) throws Exception {
        if (a[0].equals("member")) member(a);
        else if (a[0].equals("write")) write(a[1], a);
        else if (a[0].equals("group")) group(a[1], a);
        else read(a[1], a);
    }
}
