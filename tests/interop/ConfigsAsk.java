import java.util.*;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;

/**
 * ConfigsAsk BROKERS: asks for properties and changes them, and prints all
 * that comes back but the documentation, for comparison of two brokers.
 */
public class ConfigsAsk {
	static final ConfigResource.Type TOPIC = ConfigResource.Type.TOPIC;
	static final ConfigResource.Type BROKER = ConfigResource.Type.BROKER;
	static final AlterConfigOp.OpType SET = AlterConfigOp.OpType.SET;
	static final AlterConfigOp.OpType DELETE = AlterConfigOp.OpType.DELETE;
	static final AlterConfigOp.OpType APPEND = AlterConfigOp.OpType.APPEND;
	static final AlterConfigOp.OpType SUBTRACT =
	    AlterConfigOp.OpType.SUBTRACT;
	static Admin admin;

	static <T> T get(KafkaFuture<T> f) throws Exception
	{
		try {
			return f.get();
		} catch (ExecutionException e) {
			System.out.println("\t" +
			    e.getCause().getClass().getSimpleName() + ": " +
			    e.getCause().getMessage());
			return null;
		}
	}

	/* All of them, or what is not a default. */
	static void describe(ConfigResource.Type type, String name, boolean all)
	    throws Exception
	{
		ConfigResource r = new ConfigResource(type, name);
		Config c;

		System.out.println("describe " + type + " '" + name + "'");
		c = get(admin.describeConfigs(Arrays.asList(r),
		    new DescribeConfigsOptions().includeSynonyms(true)
		    .includeDocumentation(true)).values().get(r));
		if (c == null)
			return;
		TreeMap<String, String> lines = new TreeMap<>();
		for (ConfigEntry e : c.entries()) {
			StringBuilder s = new StringBuilder();
			if (!all && e.source() ==
			    ConfigEntry.ConfigSource.DEFAULT_CONFIG)
				continue;
			s.append("\t" + e.name() + "=" + e.value() + " " +
			    e.source() + " " + e.type() +
			    (e.isReadOnly() ? " read-only" : "") +
			    (e.isSensitive() ? " sensitive" : "") +
			    (e.documentation() == null ? " undocumented" : ""));
			for (ConfigEntry.ConfigSynonym y : e.synonyms())
				s.append(" " + y.name() + "=" + y.value() +
				    ":" + y.source());
			lines.put(e.name(), s.toString());
		}
		for (String s : lines.values())
			System.out.println(s);
	}

	static void alter(ConfigResource.Type type, String name, boolean dry,
	    Object... ops) throws Exception
	{
		ConfigResource r = new ConfigResource(type, name);
		List<AlterConfigOp> v = new ArrayList<>();
		StringBuilder s = new StringBuilder();

		for (int i = 0; i < ops.length; i += 3) {
			v.add(new AlterConfigOp(new ConfigEntry(
			    (String)ops[i + 1], (String)ops[i + 2]),
			    (AlterConfigOp.OpType)ops[i]));
			s.append(" " + ops[i] + " " + ops[i + 1] + "=" +
			    ops[i + 2]);
		}
		System.out.println("alter " + type + " '" + name + "'" + s +
		    (dry ? " (validate only)" : ""));
		get(admin.incrementalAlterConfigs(Map.of(r, v),
		    new AlterConfigsOptions().validateOnly(dry))
		    .values().get(r));
		Thread.sleep(100);
	}

	@SuppressWarnings("deprecation")
	static void replace(ConfigResource.Type type, String name, boolean dry,
	    String... pairs) throws Exception
	{
		ConfigResource r = new ConfigResource(type, name);
		List<ConfigEntry> v = new ArrayList<>();

		for (int i = 0; i < pairs.length; i += 2)
			v.add(new ConfigEntry(pairs[i], pairs[i + 1]));
		System.out.println("replace " + type + " '" + name + "' " +
		    Arrays.toString(pairs) + (dry ? " (validate only)" : ""));
		get(admin.alterConfigs(Map.of(r, new Config(v)),
		    new AlterConfigsOptions().validateOnly(dry))
		    .values().get(r));
		Thread.sleep(100);
	}

	static void create(String name, String... pairs) throws Exception
	{
		Map<String, String> c = new TreeMap<>();

		for (int i = 0; i < pairs.length; i += 2)
			c.put(pairs[i], pairs[i + 1]);
		System.out.println("create '" + name + "' " + c);
		CreateTopicsResult r = admin.createTopics(Arrays.asList(
		    new NewTopic(name, 1, (short)1).configs(c)));
		if (get(r.values().get(name)) == null)
			Thread.sleep(200);
		Config made;
		try {
			made = r.config(name).get();
		} catch (ExecutionException e) {
			return;
		}
		for (ConfigEntry e : made.entries())
			if (e.source() != ConfigEntry.ConfigSource.DEFAULT_CONFIG)
				System.out.println("\t" + e.name() + "=" +
				    e.value() + " " + e.source());
	}

	static void topics() throws Exception
	{
		create("conf", "retention.ms", "1234", "cleanup.policy",
		    "compact");
		create("bad", "no.such", "1");
		create("bad", "segment.bytes", "13");
		create("bad", "segment.bytes", "x");
		create("bad", "cleanup.policy", "delete,shred");
		create("bad", "compression.type", "rar");
		create("bad", "min.cleanable.dirty.ratio", "1.5");
		create("bad", "preallocate", "yes");
		create("bad", "compression.gzip.level", "0");
		create("bad", "message.format.version", "9.9");
		create("bad", "leader.replication.throttled.replicas", "a:b");
		create("bad", "min.compaction.lag.ms", "9",
		    "max.compaction.lag.ms", "8");
		create("bad", "remote.storage.enable", "true");
		describe(TOPIC, "conf", true);
		describe(TOPIC, "missing", true);
		describe(TOPIC, "not/good", true);
		alter(TOPIC, "conf", false, SET, "segment.bytes", "20000",
		    DELETE, "retention.ms", "");
		alter(TOPIC, "conf", true, SET, "segment.bytes", "30000");
		alter(TOPIC, "conf", false, APPEND, "cleanup.policy", "delete");
		describe(TOPIC, "conf", false);
		alter(TOPIC, "conf", false, APPEND, "cleanup.policy", "delete");
		alter(TOPIC, "conf", false, SUBTRACT, "cleanup.policy",
		    "compact");
		alter(TOPIC, "conf", false, APPEND,
		    "leader.replication.throttled.replicas", "0:1,0:2");
		alter(TOPIC, "conf", false, APPEND, "retention.ms", "1");
		alter(TOPIC, "conf", false, SUBTRACT, "no.such", "1");
		alter(TOPIC, "conf", false, SET, "no.such", "1");
		alter(TOPIC, "conf", false, DELETE, "no.such", "");
		alter(TOPIC, "conf", false, SET, "segment.bytes", "13");
		alter(TOPIC, "conf", false, SET, "retention.ms", "7",
		    SET, "segment.bytes", "many");
		alter(TOPIC, "conf", false, SET, "retention.ms", "7",
		    SET, "retention.ms", "8");
		alter(TOPIC, "missing", false, SET, "retention.ms", "7");
		alter(TOPIC, "missing", false, SET, "retention.ms", "x");
		alter(TOPIC, "not/good", false, SET, "retention.ms", "7");
		alter(TOPIC, "", false, SET, "retention.ms", "7");
		describe(TOPIC, "conf", false);
		replace(TOPIC, "conf", true, "retention.ms", "99");
		replace(TOPIC, "conf", false, "retention.ms", "98",
		    "max.message.bytes", "5000");
		describe(TOPIC, "conf", false);
		replace(TOPIC, "conf", false, "retention.ms", "-3");
		replace(TOPIC, "conf", false);
		describe(TOPIC, "conf", false);
	}

	static void brokers() throws Exception
	{
		alter(BROKER, "", false, SET, "log.retention.ms", "5000000",
		    SET, "log.segment.bytes", "2000000");
		alter(BROKER, "1", false, SET, "log.segment.bytes", "3000000");
		describe(BROKER, "", true);
		describe(TOPIC, "conf", true);
		alter(BROKER, "", false, APPEND, "log.cleanup.policy",
		    "compact");
		alter(BROKER, "", false, APPEND, "log.segment.bytes", "1");
		alter(BROKER, "", false, SET, "log.segment.bytes", "x");
		alter(BROKER, "", false, SET, "log.segment.bytes", "1");
		alter(BROKER, "", false, SET, "node.id", "3");
		alter(BROKER, "1", false, SET, "node.id", "3", SET,
		    "num.partitions", "7");
		alter(BROKER, "", false, SET, "ssl.keystore.type", "PEM");
		alter(BROKER, "7", false, SET, "log.segment.bytes", "3000000");
		alter(BROKER, "1", true, SET, "log.segment.bytes", "4000000");
		alter(BROKER, "1", false, SET, "max.connections", "4000",
		    SET, "log.message.timestamp.type", "LogAppendTime");
		describe(BROKER, "1", false);
		describe(TOPIC, "conf", false);
		describe(BROKER, "1", true);
		describe(BROKER, "7", true);
		alter(BROKER, "1", false, DELETE, "log.segment.bytes", "",
		    DELETE, "max.connections", "",
		    DELETE, "log.message.timestamp.type", "");
		describe(TOPIC, "conf", false);
		replace(BROKER, "", false, "log.retention.minutes", "1");
		replace(BROKER, "", false, "log.flush.interval.ms", "77");
		describe(BROKER, "", true);
		describe(TOPIC, "conf", false);
		replace(BROKER, "", false);
		describe(BROKER, "", true);
		describe(TOPIC, "conf", false);
	}

	static void logDirs() throws Exception
	{
		System.out.println("log dirs");
		for (LogDirDescription d : admin.describeLogDirs(
		    Arrays.asList(1)).allDescriptions().get().get(1).values()) {
			System.out.println("\terror " + d.error() + ", room " +
			    (d.totalBytes().getAsLong() >=
			    d.usableBytes().getAsLong()));
			TreeMap<String, String> lines = new TreeMap<>();
			d.replicaInfos().forEach((p, r) -> lines.put("" + p,
			    "\t" + p + " " + r.size() + " " + r.offsetLag() +
			    " " + r.isFuture()));
			for (String l : lines.values())
				System.out.println(l);
		}
	}

	public static void main(String[] args) throws Exception
	{
		Properties p = new Properties();

		p.put("bootstrap.servers", args[0]);
		p.put("request.timeout.ms", 4000);
		p.put("default.api.timeout.ms", 5000);
		admin = Admin.create(p);
		topics();
		brokers();
		logDirs();
		admin.close();
	}
}
