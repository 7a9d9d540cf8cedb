/*
 * config_table.c: every property, as data, and how to find its row. Columns:
 *
 *	name for topics, name for the broker, kind, default,
 *	range or words, how it changes, what it does, what it is for
 *
 * tests/interop/configs.sh holds the table against Apache Kafka's jars.
 */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "config_table.h"

#define FOREVER	"9223372036854775807"

/* min, max, choices */
#define ANY		-INFINITY, INFINITY, NULL
#define FROM(a)		(a), INFINITY, NULL
#define WITHIN(a, b)	(a), (b), NULL
#define WORDS(s)	-INFINITY, INFINITY, s

/* use, why, off */
#define TOPIC(f)	APPLIED, NULL,					\
			(int)(offsetof(struct broker_config, topic) +	\
			    offsetof(struct topic_config, f))
#define LIVE(f)		APPLIED, NULL, (int)offsetof(struct broker_config, f)
#define AT(f)		AT_START, NULL, (int)offsetof(struct broker_config, f)
#define USED		AT_START, NULL, -1	/* by its text */
#define NO_EFFECT(why)	INERT, why, -1
#define REFUSED(why)	IMPOSSIBLE, why, -1

#define ACL		"access is not controlled yet"
#define CHECKPOINT	"it is written down together with the recovery points"
#define CLEANER		"the cleaner's buffers grow with the batches"
#define CLUSTER		"the broker is its own controller"
#define COMMITS	"an offset is committed when all in-sync replicas have it"
#define DOWN		"consumers older than Kafka 0.11 are not served"
#define DTP		"DescribeTopicPartitions is not served"
#define EARLY		"every listener accepts at once"
#define FORMAT		"formats are those of Kafka 3.9"
#define GROUP_OWN	"groups have no properties of their own"
#define GROUP_ROUND	"what is decided at the same time is written at once"
#define JAVA		"klog-broker runs no Java classes"
#define JMX		"there is no Java machine to measure"
#define KERBEROS	"Kerberos is not served"
#define LOADING	"the log is read a megabyte at a time"
#define LISTENERS	"all listeners speak PLAINTEXT"
#define METALOG		"klog-broker keeps its metadata log by its own rules"
#define OAUTH		"OAuth is not served"
#define ONE_COORD	"there is one coordinator of groups"
#define ONE_DIR		"klog-broker uses one data directory"
#define PID		"they are looked for as records are appended"
#define PLAIN		"records of groups are written uncompressed"
#define PREALLOC	"segments grow in small steps of their own"
#define PURGE		"waiting requests are freed when they end"
#define QUEUE		"requests do not queue for threads"
#define QUORUM		CLUSTER
#define QUOTA		"quotas are not served"
#define RATE		"the rate of connections is not limited"
#define REPL		"partitions are not replicated yet"
#define ROLES		CLUSTER
#define SECURITY	LISTENERS
#define PIECES		"logs are read in pieces of 1 MiB"
#define SHARE		"share groups are not served"
#define SOCKET		"the system sizes its queues and buffers"
#define STARTUP		"no limit is set to it"
#define TASKS		"background work begins at once"
#define TELEMETRY	"client telemetry is not served"
#define THREADS		"klog-broker chooses its threads itself"
#define TIER		"there is no remote storage"
#define TIER_OFF	"Tiered Storage functionality is disabled in the "  \
			"broker. Topic cannot be configured with remote log " \
			"storage."
#define TOKEN		"delegation tokens are not served"
#define UNSTABLE	"nothing that is under development is offered"
#define ZK		"klog-broker works without ZooKeeper"

#define VERSIONS							\
	"0.8.0|0.8.1|0.8.2|0.9.0|0.10.0-IV0|0.10.0-IV1|0.10.1-IV0|"	\
	"0.10.1-IV1|0.10.1-IV2|0.10.2-IV0|0.11.0-IV0|0.11.0-IV1|"	\
	"0.11.0-IV2|1.0-IV0|1.1-IV0|2.0-IV0|2.0-IV1|2.1-IV0|2.1-IV1|"	\
	"2.1-IV2|2.2-IV0|2.2-IV1|2.3-IV0|2.3-IV1|2.4-IV0|2.4-IV1|"	\
	"2.5-IV0|2.6-IV0|2.7-IV0|2.7-IV1|2.7-IV2|2.8-IV0|2.8-IV1|"	\
	"3.0-IV0|3.0-IV1|3.1-IV0|3.2-IV0|3.3-IV0|3.3-IV1|3.3-IV2|"	\
	"3.3-IV3|3.4-IV0|3.5-IV0|3.5-IV1|3.5-IV2|3.6-IV0|3.6-IV1|"	\
	"3.6-IV2|3.7-IV0|3.7-IV1|3.7-IV2|3.7-IV3|3.7-IV4|3.8-IV0|"	\
	"3.9-IV0|4.0-IV0|4.0-IV1"

const struct property properties[] = {
#include "config_rows_topics.h"
#include "config_rows_log.h"
#include "config_rows_net.h"
#include "config_rows_security.h"
#include "config_rows_groups.h"
#include "config_rows_cluster.h"
};

const unsigned int n_properties = sizeof(properties) / sizeof(properties[0]);

static const char *const synonyms[][4] = {
	{ "log.retention.ms", "log.retention.minutes", "log.retention.hours" },
	{ "log.roll.ms", "log.roll.hours" },
	{ "log.roll.jitter.ms", "log.roll.jitter.hours" },
	{ "log.flush.interval.ms", "log.flush.scheduler.interval.ms" },
};

const char *const *
property_synonyms(const char *name)
{
	for (size_t i = 0; i < sizeof(synonyms) / sizeof(synonyms[0]); i++)
		for (int j = 0; synonyms[i][j] != NULL; j++)
			if (strcmp(synonyms[i][j], name) == 0)
				return synonyms[i];
	return NULL;
}

const struct property *
broker_property(const char *name)
{
	for (unsigned int i = 0; i < n_properties; i++)
		if (properties[i].broker != NULL &&
		    strcmp(properties[i].broker, name) == 0)
			return &properties[i];
	return NULL;
}

const struct property *
topic_property(struct kstr name)
{
	for (unsigned int i = 0; i < n_properties; i++)
		if (properties[i].topic != NULL &&
		    kstr_eq(kstr(properties[i].topic), name))
			return &properties[i];
	return NULL;
}
