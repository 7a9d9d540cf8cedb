import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.serialization.*;

/** JavaTxn BROKER: Apache Kafka's own transactional clients; a TAP line for each thing that holds. */
public class JavaTxn {
    static String broker;
    static int n, failed;

    static void ok(String what, boolean yes) {
        System.out.println((yes ? "ok " : "not ok ") + ++n + " - " + what);
        if (!yes) failed++;
    }

    static KafkaProducer<String, String> producer(String id, String... more) {
        Properties p = new Properties();
        p.put("bootstrap.servers", broker);
        if (id != null) p.put("transactional.id", id);
        for (int i = 0; i < more.length; i += 2) p.put(more[i], more[i + 1]);
        return new KafkaProducer<>(p, new StringSerializer(), new StringSerializer());
    }

    static KafkaConsumer<String, String> consumer(String group, String isolation) {
        Properties p = new Properties();
        p.put("bootstrap.servers", broker);
        if (group != null) p.put("group.id", group);
        p.put("isolation.level", isolation);
        p.put("enable.auto.commit", "false");
        p.put("auto.offset.reset", "earliest");
        return new KafkaConsumer<>(p, new StringDeserializer(), new StringDeserializer());
    }

    /** Everything up to the end as that isolation level has it. */
    static List<String> read(String topic, String isolation) {
        List<String> out = new ArrayList<>();
        try (var c = consumer(null, isolation)) {
            TopicPartition tp = new TopicPartition(topic, 0);
            c.assign(List.of(tp));
            c.seekToBeginning(List.of(tp));
            long end = c.endOffsets(List.of(tp)).get(tp);
            while (c.position(tp) < end)
                for (var r : c.poll(Duration.ofMillis(200))) out.add(r.value());
        }
        return out;
    }

    static void send(KafkaProducer<String, String> p, String topic, String... values) throws Exception {
        for (String v : values) p.send(new ProducerRecord<>(topic, 0, null, v)).get();
    }

    static boolean fails(Class<?> with, Callable<?> f) {
        try {
            f.call();
        } catch (Throwable e) {
            for (Throwable t = e; t != null; t = t.getCause())
                if (with.isInstance(t)) return true;
            System.out.println("# " + e);
        }
        return false;
    }

    /* What is committed, once that is so many records: a commit is answered
     * before its markers are written. */
    static List<String> shown(String topic, int n) throws Exception {
        List<String> got = read(topic, "read_committed");
        for (long until = System.nanoTime() + 10_000_000_000L;
            got.size() < n && System.nanoTime() < until; )
            got = read(topic, "read_committed");
        return got;
    }

    static void basics() throws Exception {
        try (var p = producer("basics")) {
            p.initTransactions();
            for (int i = 0; i < 6; i++) {
                p.beginTransaction();
                send(p, "basics", "a" + i, "b" + i);
                if (i % 3 == 1) p.abortTransaction();
                else p.commitTransaction();
            }
            ok("committed", shown("basics", 8).equals(List.of("a0", "b0", "a2", "b2", "a3", "b3", "a5", "b5")));
            ok("uncommitted", read("basics", "read_uncommitted").size() == 12);
            p.beginTransaction();
            send(p, "basics", "open");
            ok("open: the end of what is stable", read("basics", "read_committed").size() == 8);
            p.commitTransaction();
            ok("then", shown("basics", 9).size() == 9);
        }
    }

    static void fencing() throws Exception {
        var a = producer("fenced");
        a.initTransactions();
        a.beginTransaction();
        send(a, "fencing", "zombie");
        try (var b = producer("fenced")) {
            b.initTransactions();
            ok("the older one cannot commit", fails(ProducerFencedException.class, () -> { a.commitTransaction(); return 0; }) ||
                    fails(InvalidProducerEpochException.class, () -> { a.commitTransaction(); return 0; }));
            b.beginTransaction();
            send(b, "fencing", "new");
            b.commitTransaction();
        }
        a.close(Duration.ZERO);
        ok("nothing of the older one", shown("fencing", 1).equals(List.of("new")));
    }

    static void timeout() throws Exception {
        try (var p = producer("late", "transaction.timeout.ms", "1000")) {
            p.initTransactions();
            p.beginTransaction();
            send(p, "late", "too late");
            for (int i = 0; i < 300 && read("late", "read_committed").isEmpty(); i++) {
                try (var c = consumer(null, "read_committed")) {
                    TopicPartition tp = new TopicPartition("late", 0);
                    if (c.endOffsets(List.of(tp)).get(tp) == 2) break;
                }
                Thread.sleep(100);
            }
            ok("a transaction that takes too long fails", fails(KafkaException(), () -> { p.commitTransaction(); return 0; }));
        }
        ok("and is aborted", read("late", "read_committed").isEmpty() && read("late", "read_uncommitted").size() == 1);
    }

    static Class<?> KafkaException() { return org.apache.kafka.common.KafkaException.class; }

    /** Consume, transform, produce, with the offsets in the same transaction; half of them aborted at first. */
    static void copy() throws Exception {
        try (var p = producer(null)) {
            for (int i = 0; i < 500; i++) p.send(new ProducerRecord<>("in", 0, null, "v" + i));
        }
        int round = 0;
        for (boolean done = false; !done; round++) {
            try (var c = consumer("copier", "read_committed"); var p = producer("copier", "linger.ms", "5")) {
                c.subscribe(List.of("in"));
                p.initTransactions();
                for (int quiet = 0, batches = 0; quiet < 10 && batches < 20; ) {
                    var rs = c.poll(Duration.ofMillis(200));
                    if (rs.isEmpty()) {
                        var tp = new TopicPartition("in", 0);
                        done = c.assignment().contains(tp) && c.position(tp) == 500;
                        if (done) break;
                        quiet++;
                        continue;
                    }
                    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
                    p.beginTransaction();
                    int taken = 0;
                    for (var r : rs) {
                        if (taken++ == 40) break;
                        p.send(new ProducerRecord<>("out", 0, null, r.value()));
                        offsets.put(new TopicPartition(r.topic(), r.partition()), new OffsetAndMetadata(r.offset() + 1));
                    }
                    p.sendOffsetsToTransaction(offsets, c.groupMetadata());
                    if (batches++ % 2 == 0) {
                        p.abortTransaction();
                    } else {
                        p.commitTransaction();
                    }
                    for (var tp : offsets.keySet()) {
                        var o = c.committed(Set.of(tp)).get(tp);
                        c.seek(tp, o == null ? 0 : o.offset());
                    }
                    if (round == 0 && batches == 6) break;  /* a new incarnation */
                }
            }
        }
        List<String> want = new ArrayList<>();
        for (int i = 0; i < 500; i++) want.add("v" + i);
        ok("consumed and produced exactly once", shown("out", want.size()).equals(want));
        ok("with what was aborted in between", read("out", "read_uncommitted").size() > 500);
    }

    static void admin() throws Exception {
        Properties ap = new Properties();
        ap.put("bootstrap.servers", broker);
        try (var a = Admin.create(ap); var p = producer("shown")) {
            p.initTransactions();
            p.beginTransaction();
            send(p, "shown", "x");
            var list = a.listTransactions().all().get();
            ok("listTransactions", list.stream().anyMatch(t -> t.transactionalId().equals("shown") && t.state() == TransactionState.ONGOING));
            var d = a.describeTransactions(List.of("shown")).description("shown").get();
            ok("describeTransactions", d.topicPartitions().equals(Set.of(new TopicPartition("shown", 0))) && d.state() == TransactionState.ONGOING);
            var tp = new TopicPartition("shown", 0);
            var ps = a.describeProducers(List.of(tp)).partitionResult(tp).get().activeProducers();
            ok("describeProducers", ps.size() == 1 && ps.get(0).currentTransactionStartOffset().getAsLong() == 0);
            a.abortTransaction(new AbortTransactionSpec(tp, d.producerId(), (short) d.producerEpoch(), ps.get(0).coordinatorEpoch().orElse(0))).all().get();
            ps = a.describeProducers(List.of(tp)).partitionResult(tp).get().activeProducers();
            ok("abortTransaction", ps.get(0).currentTransactionStartOffset().isEmpty());
            ok("what was aborted by hand", read("shown", "read_committed").isEmpty());
            a.fenceProducers(List.of("shown")).all().get();
            ok("fenceProducers", fails(KafkaException(), () -> { p.commitTransaction(); return 0; }));
        }
    }

    public static void main(String[] args) throws Exception {
        broker = args[0];
        Properties ap = new Properties();
        ap.put("bootstrap.servers", broker);
        try (var a = Admin.create(ap)) {
            List<NewTopic> ts = new ArrayList<>();
            for (String t : List.of("basics", "fencing", "late", "in", "out", "shown")) ts.add(new NewTopic(t, 1, (short) 1));
            a.createTopics(ts).all().get();
        }
        basics();
        fencing();
        copy();
        admin();
        timeout();
        System.exit(failed > 0 ? 1 : 0);
    }
}
