/*
 * AssignVectors: what Java's assignors give, as text that
 * tests/unit/test_assign.c reads: random groups that live through a few
 * rebalances. Run with the jars of kafka-clients in the class path:
 *
 *	java -cp "LIBS/*" AssignVectors.java [SEED [GROUPS]] >tests/data/assign_vectors.txt
 */
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.internals.AbstractPartitionAssignor;
import org.apache.kafka.common.TopicPartition;

public class AssignVectors {
	static class Member {
		String id, instance;
		List<String> topics = new ArrayList<>();
		List<TopicPartition> owned = new ArrayList<>();
		int generation = -1;
	}

	static Random random = new Random(20261125);

	static AbstractPartitionAssignor assignor(String name) {
		switch (name) {
		case "range": return new RangeAssignor();
		case "roundrobin": return new RoundRobinAssignor();
		case "sticky": return new StickyAssignor();
		default: return new CooperativeStickyAssignor();
		}
	}

	static Map<String, List<Integer>> grouped(List<TopicPartition> parts) {
		Map<String, List<Integer>> m = new TreeMap<>();
		for (TopicPartition p : parts)
			m.computeIfAbsent(p.topic(), t -> new ArrayList<>()).add(p.partition());
		return m;
	}

	static ByteBuffer stickyData(Member m) {
		if (m.generation < 0)
			return null;
		ByteBuffer b = ByteBuffer.allocate(1 << 16);
		Map<String, List<Integer>> g = grouped(m.owned);
		b.putInt(g.size());
		g.forEach((t, l) -> {
			b.putShort((short)t.length());
			b.put(t.getBytes(StandardCharsets.UTF_8));
			b.putInt(l.size());
			l.forEach(b::putInt);
		});
		b.putInt(m.generation);
		b.flip();
		return b;
	}

	static Subscription subscription(String name, Member m) {
		Subscription s;
		if (name.equals("sticky"))
			s = new Subscription(m.topics, stickyData(m), Collections.emptyList(), m.generation, Optional.empty());
		else if (name.equals("cooperative-sticky")) {
			ByteBuffer b = ByteBuffer.allocate(4);
			b.putInt(m.generation);
			b.flip();
			s = new Subscription(m.topics, b, m.owned, m.generation, Optional.empty());
		} else
			s = new Subscription(m.topics, null, Collections.emptyList(), m.generation, Optional.empty());
		if (m.instance != null)
			s.setGroupInstanceId(Optional.of(m.instance));
		return s;
	}

	static String text(List<TopicPartition> parts) {
		List<String> l = new ArrayList<>();
		for (TopicPartition p : parts)
			l.add(p.topic() + ":" + p.partition());
		return l.isEmpty() ? "-" : String.join(",", l);
	}

	static String id() {
		StringBuilder b = new StringBuilder("c-");
		for (int i = 0; i < 6; i++)
			b.append("0123456789abcdef".charAt(random.nextInt(16)));
		return b.toString();
	}

	static Member member(List<String> topics, boolean same) {
		Member m = new Member();
		m.id = id();
		if (random.nextInt(4) == 0)
			m.instance = "i" + random.nextInt(1000000);
		for (String t : topics)
			if (same || random.nextInt(3) > 0)
				m.topics.add(t);
		/* Java gives partitions to members without topics, too */
		if (m.topics.isEmpty())
			m.topics.add(topics.get(0));
		return m;
	}

	/* A group that grows, shrinks and changes, and its assignments. */
	static void group(String name, int n) {
		boolean same = n % 2 == 0;
		Map<String, Integer> counts = new TreeMap<>();
		for (int i = 1 + random.nextInt(4); i > 0; i--)
			counts.put("t" + (char)('a' + random.nextInt(26)), 1 + random.nextInt(9));
		List<String> topics = new ArrayList<>(counts.keySet());
		List<Member> members = new ArrayList<>();
		for (int i = 1 + random.nextInt(6); i > 0; i--)
			members.add(member(topics, same));
		for (int generation = 1; generation < 5; generation++) {
			Map<String, Subscription> subs = new HashMap<>();
			members.sort(Comparator.comparing(m -> m.id));
			for (Member m : members)
				subs.put(m.id, subscription(name, m));
			Map<String, Integer> known = new TreeMap<>();
			for (Member m : members)
				for (String t : m.topics)
					known.put(t, counts.get(t));
			System.out.println("case " + name + " " + n + "." + generation);
			known.forEach((t, c) -> System.out.println("topic " + t + " " + c));
			for (Member m : members)
				System.out.println("member " + m.id + " " + (m.instance == null ? "-" : m.instance) + " " + m.generation + " " +
				    (m.topics.isEmpty() ? "-" : String.join(",", m.topics)) + " " + text(m.owned));
			Map<String, List<TopicPartition>> out = assignor(name).assign(known, subs);
			for (Member m : members) {
				List<TopicPartition> got = new ArrayList<>(out.get(m.id));
				got.sort(Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition));
				System.out.println("gets " + m.id + " " + text(got));
				/* now and then one has missed it */
				if (random.nextInt(12) > 0) {
					m.owned = got;
					m.generation = generation;
				}
			}
			switch (random.nextInt(4)) {
			case 0:
				members.add(member(topics, same));
				break;
			case 1:
				if (members.size() > 1)
					members.remove(random.nextInt(members.size()));
				break;
			case 2:
				counts.merge(topics.get(random.nextInt(topics.size())), 1 + random.nextInt(4), Integer::sum);
				break;
			default:
				members.add(member(topics, same));
				members.add(member(topics, same));
			}
		}
	}

	public static void main(String[] args) {
		int groups = args.length > 1 ? Integer.parseInt(args[1]) : 24;

		if (args.length > 0)
			random = new Random(Long.parseLong(args[0]));
		for (String name : new String[] { "range", "roundrobin", "sticky", "cooperative-sticky" })
			for (int i = 0; i < (name.contains("sticky") ? groups : groups / 4); i++)
				group(name, i);
	}
}
