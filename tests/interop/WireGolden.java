/*
 * WireGolden.java: messages filled at random, as Apache Kafka's own classes
 * write them: one line a message and version, "body NAME VERSION HEX".
 *
 *	java -cp "$KAFKA_LIBS/*" tests/interop/WireGolden.java [SEED] NAME...
 *
 * NAME is a message of the protocol (FetchRequest) or a record of the metadata
 * log (TopicRecord) or of an internal topic (OffsetCommitValue). "errors" alone prints the table of error codes instead.
 */
import java.lang.reflect.*;
import java.nio.ByteBuffer;
import java.util.*;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.protocol.*;
import org.apache.kafka.common.record.*;
import org.apache.kafka.common.utils.ImplicitLinkedHashCollection;

public class WireGolden {
	static Random rnd;

	static byte[] write(Message m, short v) {
		ObjectSerializationCache cache = new ObjectSerializationCache();
		MessageSizeAccumulator size = new MessageSizeAccumulator();
		m.addSize(size, cache, v);
		ByteBuffer b = ByteBuffer.allocate(size.totalSize());
		m.write(new ByteBufferAccessor(b), cache, v);
		return b.array();
	}

	static byte[] bytes(int n) {
		byte[] b = new byte[n];
		rnd.nextBytes(b);
		return b;
	}

	static String text() {
		StringBuilder s = new StringBuilder();
		for (int n = rnd.nextInt(12); n > 0; n--)
			s.append(rnd.nextInt(9) == 0 ? 'é' :
			    (char)('a' + rnd.nextInt(26)));
		return s.toString();
	}

	/* A value for a member, or null: null or no idea. */
	static Object value(Type t, short v) throws Exception {
		if (t instanceof ParameterizedType) {
			Type e = ((ParameterizedType)t)
			    .getActualTypeArguments()[0];
			List<Object> l = new ArrayList<>();
			for (int n = rnd.nextInt(3); n > 0; n--)
				l.add(value(e, v));
			return l;
		}
		Class<?> c = (Class<?>)t;
		if (c == boolean.class) return rnd.nextBoolean();
		if (c == byte.class || c == Byte.class) return (byte)rnd.nextInt();
		if (c == short.class || c == Short.class) return (short)rnd.nextInt();
		if (c == int.class || c == Integer.class)
			return rnd.nextInt() >> rnd.nextInt(31);
		if (c == long.class || c == Long.class)
			return rnd.nextLong() >> rnd.nextInt(63);
		if (c == double.class) return rnd.nextDouble();
		if (c == String.class) return text();
		if (c == Uuid.class) return Uuid.randomUuid();
		if (c == byte[].class) return bytes(rnd.nextInt(9));
		if (c == ByteBuffer.class)
			return ByteBuffer.wrap(bytes(rnd.nextInt(9)));
		if (BaseRecords.class.isAssignableFrom(c))
			return MemoryRecords.readableRecords(
			    ByteBuffer.wrap(bytes(rnd.nextInt(40))));
		if (ImplicitLinkedHashCollection.class.isAssignableFrom(c)) {
			@SuppressWarnings("unchecked")
			ImplicitLinkedHashCollection<ImplicitLinkedHashCollection
			    .Element> l = (ImplicitLinkedHashCollection<
			    ImplicitLinkedHashCollection.Element>)
			    c.getConstructor().newInstance();
			Type e = ((ParameterizedType)c.getGenericSuperclass())
			    .getActualTypeArguments()[0];
			for (int n = rnd.nextInt(3); n > 0; n--)
				l.add((ImplicitLinkedHashCollection.Element)
				    value(e, v));
			return l;
		}
		if (Message.class.isAssignableFrom(c)) {
			Message m = (Message)c.getConstructor().newInstance();
			fill(m, v);
			return m;
		}
		throw new IllegalStateException(c.toString());
	}

	/* Sets each member that this version can carry, some to null. */
	static void fill(Message m, short v) throws Exception {
		for (Field f : m.getClass().getDeclaredFields()) {
			if (Modifier.isStatic(f.getModifiers()) ||
			    f.getName().startsWith("_") ||
			    f.getName().equals("next") ||
			    f.getName().equals("prev"))
				continue;
			f.setAccessible(true);
			if (f.getName().equals("port"))	{	/* uint16 */
				try_set(m, f, rnd.nextInt(65536), v);
				continue;
			}
			boolean none = !f.getType().isPrimitive() &&
			    rnd.nextInt(4) == 0;
			if (!try_set(m, f, none ? null :
			    value(f.getGenericType(), v), v) && none)
				try_set(m, f, value(f.getGenericType(), v), v);
		}
	}

	static boolean try_set(Message m, Field f, Object to, short v)
	    throws Exception {
		Object old = f.get(m);
		try {
			f.set(m, to);
			write(m, v);
			return true;
		} catch (RuntimeException e) {
			f.set(m, old);
			return false;
		}
	}

	static Message make(String name) throws Exception {
		String[] packages = { "org.apache.kafka.common.message.",
		    "org.apache.kafka.common.metadata.",
		    "org.apache.kafka.coordinator.group.generated.",
		    "org.apache.kafka.coordinator.transaction.generated." };
		String[] tails = { "Data", "" };
		for (String p : packages)
			for (String t : tails)
				try {
					return (Message)Class.forName(p + name + t)
					    .getConstructor().newInstance();
				} catch (ClassNotFoundException e) {
				}
		throw new ClassNotFoundException(name);
	}

	static void errors() {
		for (Errors e : Errors.values()) {
			int again = e.exception() instanceof
			    RetriableException ? 1 : 0;
			System.out.println("error\t" + e.code() + "\t" + e +
			    "\t" + again);
		}
	}

	public static void main(String[] args) throws Exception {
		if (args.length == 1 && args[0].equals("errors")) {
			errors();
			return;
		}
		int first = 0;
		long seed = 1;
		if (args.length > 0 && args[0].matches("[0-9]+")) {
			seed = Long.parseLong(args[0]);
			first = 1;
		}
		for (int i = first; i < args.length; i++) {
			Message probe = make(args[i]);
			for (short v = probe.lowestSupportedVersion();
			    v <= probe.highestSupportedVersion(); v++) {
				rnd = new Random(seed * 31 + v);
				Message m = make(args[i]);
				fill(m, v);
				System.out.println("body " + args[i] + " " + v + " " +
				    HexFormat.of().formatHex(write(m, v)));
			}
		}
	}
}
