import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.server.config.ServerTopicConfigSynonyms;
import org.apache.kafka.storage.internals.log.LogConfig;

/**
 * Configs: prints every property that Apache Kafka defines for a topic and for
 * a broker, in the form of tests/helper/config_table.c.
 */
public class Configs {
	static String range(ConfigDef.Validator v)
	{
		String s = v == null ? "-" : v.toString();

		if (s.startsWith("non-"))	/* emptiness is no range */
			return "-";
		return s.startsWith("The default value of -1") ? "[-1,...]" : s;
	}

	static String preset(ConfigDef.ConfigKey k)
	{
		if (k.defaultValue == null ||
		    k.defaultValue == ConfigDef.NO_DEFAULT_VALUE)
			return "-";
		String s = ConfigDef.convertToString(k.defaultValue, k.type);
		return s.isEmpty() ? "''" : s;
	}

	static void print(String what, ConfigDef def, Map<String, String> updates)
	{
		for (ConfigDef.ConfigKey k :
		    new TreeMap<>(def.configKeys()).values())
			System.out.println(String.join("\t", what, k.name,
			    k.type.name(), preset(k), range(k.validator),
			    updates == null ? "-" :
			    updates.getOrDefault(k.name, "read-only"),
			    k.internalConfig ? "internal" : "public"));
	}

	public static void main(String[] args)
	{
		print("topic", LogConfig.configDefCopy(), null);
		print("broker", kafka.server.KafkaConfig.configDef(),
		    kafka.server.DynamicBrokerConfig$.MODULE$
		    .dynamicConfigUpdateModes());
		for (Map.Entry<String, String> e :
		    ServerTopicConfigSynonyms.TOPIC_CONFIG_SYNONYMS.entrySet())
			System.out.println("synonym\t" + e.getKey() + "\t" +
			    e.getValue());
	}
}
