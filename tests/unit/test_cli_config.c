#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "cli/config.h"
#include "cli/props.h"

static char warned[512];

static void
warn(void *arg, const char *where, const char *text)
{
	snprintf(warned, sizeof(warned), "%s: %s", where, text);
}

static int
setup(void **state)
{
	*state = config_new(warn, NULL);
	warned[0] = '\0';
	return 0;
}

static int
teardown(void **state)
{
	config_free(*state);
	return 0;
}

/* Reads text as the user's file, the section named profile. */
static int
take(struct config *c, const char *text, const char *profile, bool *found,
    struct kerr *e)
{
	bool here;

	return config_parse(c, CONFIG_FILE, "config", text, strlen(text),
	    profile, found != NULL ? found : &here, e);
}

static const char *
str(struct config *c, const char *name)
{
	const char *s = "(none)";

	config_str(c, name, &s);
	return s;
}

static void
test_table(void **state)
{
	const struct prop *p;
	char why[128];

	for (p = props; p->name != NULL; p++) {
		assert_non_null(prop_find(p->name));
		if (p->type == PROP_ALIAS)
			assert_string_equal(prop_find(p->name)->name, p->of);
		else
			assert_ptr_equal(prop_find(p->name), p);
		if (p->def != NULL)
			assert_true(prop_check(p, p->def, why, sizeof(why)));
	}
	assert_null(prop_find("no.such.thing"));
	assert_string_equal(prop_find("topic.request.required.acks")->name,
	    "acks");
}

static void
test_order(void **state)
{
	static const char *const env[] = { "PATH=/bin",
	    "KLOG_REQUEST_TIMEOUT_MS=300", "KLOG_ACKS=1", NULL };
	struct config *c = *state;
	struct kerr e = KERR_INIT;
	int64_t ms = 0;

	assert_false(config_int(c, "request.timeout.ms", &ms));
	assert_int_equal(ms, 30000);
	assert_int_equal(config_set_pair(c, "acks=all", &e), 0);
	assert_int_equal(config_set_environ(c, (char *const *)(uintptr_t)env,
	    &e), 0);
	assert_int_equal(take(c, "request.timeout.ms=100\nacks=0\n"
	    "client.id=top\nclient.rack=r\n[p]\nclient.id=inner\n", "p", NULL,
	    &e), 0);
	assert_true(config_int(c, "socket.timeout.ms", &ms));
	assert_int_equal(ms, 300);
	assert_string_equal(str(c, "acks"), "all");
	assert_string_equal(str(c, "client.id"), "inner");
	assert_string_equal(str(c, "client.rack"), "r");
	assert_int_equal(config_where(c, "client.id"), CONFIG_PROFILE);
	assert_int_equal(config_where(c, "client.rack"), CONFIG_FILE);
	assert_int_equal(config_where(c, "acks"), CONFIG_FLAG);
}

static void
test_grammar(void **state)
{
	struct config *c = *state;
	struct kerr e = KERR_INIT;

	assert_int_equal(take(c, "# comment\r\n! another\n\n"
	    "  client.id : with blanks  \r\n"
	    "client.rack r1\n"
	    "group.id=a\\\n    b\\u00e9\\tc\n"
	    "sasl.password=back\\slash\\\\\n"
	    "key.serializer=org.apache.X", NULL, NULL, &e), 0);
	assert_string_equal(str(c, "client.id"), "with blanks");
	assert_string_equal(str(c, "client.rack"), "r1");
	assert_string_equal(str(c, "group.id"), "ab\303\251\tc");
	assert_string_equal(str(c, "sasl.password"), "back\\slash\\");
	assert_string_equal(warned, "");
}

static void
test_refused(void **state)
{
	struct config *c = *state;
	struct kerr e = KERR_INIT;

	assert_int_equal(take(c, "\nacks\n", NULL, NULL, &e), KE_CONFIG);
	assert_string_equal(e.msg, "config:2: 'acks' is not of the form "
	    "property=value");
	assert_int_equal(take(c, "[x\n", NULL, NULL, &e), KE_CONFIG);
	assert_int_equal(take(c, "[]\n", NULL, NULL, &e), KE_CONFIG);
	assert_int_equal(take(c, "acks=2\n", NULL, NULL, &e), KE_CONFIG);
	assert_string_equal(e.msg, "config:1: property 'acks': '2' is not one "
	    "of: all -1 0 1");
	assert_int_equal(config_set_pair(c, "request.timeout.ms=0", &e),
	    KE_CONFIG);
	assert_int_equal(config_set_pair(c, "linger.ms=0.5", &e), 0);
	assert_int_equal(config_set_pair(c, "linger.ms=0.x", &e), KE_CONFIG);
	assert_int_equal(config_set_pair(c, "check.crcs=perhaps", &e),
	    KE_CONFIG);
	assert_int_equal(config_set_pair(c, "acks", &e), KE_USAGE);
	assert_int_equal(config_set_pair(c, "=1", &e), KE_USAGE);
	assert_int_equal(config_parse(c, CONFIG_FILE, "f", "a\0b", 3, NULL,
	    &(bool){ false }, &e), KE_CONFIG);
}

static void
test_unknown(void **state)
{
	struct config *c = *state;
	struct kerr e = KERR_INIT;

	assert_int_equal(config_set_pair(c, "linger.msec=5", &e), 0);
	assert_string_equal(warned, "-X: unknown property 'linger.msec' (did "
	    "you mean 'linger.ms'?)");
	assert_int_equal(take(c, "utterly.unknown=1\n", NULL, NULL, &e), 0);
	assert_string_equal(warned, "config:1: unknown property "
	    "'utterly.unknown'");
}

static void
test_profiles(void **state)
{
	static const char text[] = "profile=two\n[one]\nbrokers=a\n"
	    "[two]\nmetadata.broker.list=b\n";
	struct config *c = *state;
	struct kerr e = KERR_INIT;
	bool found;

	assert_int_equal(take(c, text, NULL, &found, &e), 0);
	assert_true(found);
	assert_string_equal(str(c, "bootstrap.servers"), "b");
	assert_int_equal(take(c, text, "one", &found, &e), 0);
	assert_true(found);
	assert_string_equal(str(c, "bootstrap.servers"), "a");
	assert_int_equal(take(c, text, "three", &found, &e), 0);
	assert_false(found);
}

static void
test_secrets(void **state)
{
	struct config *c = *state;
	struct kerr e = KERR_INIT;
	char path[] = "/tmp/klog-test-secret.XXXXXX", *s;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "s3cret\n", 7), 7);
	close(fd);
	assert_int_equal(config_set(c, CONFIG_FLAG, "-X", "sasl.password.file",
	    path, &e), 0);
	assert_int_equal(config_secret(c, "sasl.password", &s, &e), 0);
	assert_string_equal(s, "s3cret");
	free(s);
	unlink(path);
	assert_int_equal(config_secret(c, "sasl.password", &s, &e), KE_SYS);
	assert_null(s);
	assert_int_equal(config_set_pair(c, "sasl.token.command=printf tok",
	    &e), 0);
	assert_int_equal(config_secret(c, "sasl.token", &s, &e), 0);
	assert_string_equal(s, "tok");
	free(s);
	assert_int_equal(config_set_pair(c, "sasl.token.command=exit 3", &e),
	    0);
	assert_int_equal(config_secret(c, "sasl.token", &s, &e), KE_CONFIG);
	assert_non_null(strstr(e.msg, "'exit 3' exits 3"));
	assert_int_equal(config_set_pair(c, "acks.file=/etc/passwd", &e), 0);
	assert_non_null(strstr(warned, "unknown property 'acks.file'"));
}

static void
test_jaas(void **state)
{
	struct config *c = *state;
	struct kerr e = KERR_INIT;
	char *s;

	assert_int_equal(take(c, "sasl.jaas.config=org.apache.kafka.common."
	    "security.plain.PlainLoginModule required \\\n"
	    "  username=\"bob\" password=\"p\\\\\"w\";\n", NULL, NULL, &e), 0);
	assert_string_equal(str(c, "sasl.username"), "bob");
	assert_int_equal(config_secret(c, "sasl.password", &s, &e), 0);
	assert_string_equal(s, "p\"w");
	free(s);
}

static void
test_cluster(void **state)
{
	struct config *c = *state;
	struct config_cluster w;
	struct kerr e = KERR_INIT;

	assert_int_equal(config_cluster(c, NULL, &w, &e), 0);
	assert_null(w.brokers);
	assert_false(w.named);
	assert_int_equal(config_cluster(c, "private", &w, &e), 0);
	assert_null(w.brokers);
	assert_true(w.named);
	assert_int_equal(config_cluster(c, "dir:/x", &w, &e), 0);
	assert_null(w.brokers);
	assert_string_equal(w.dir, "/x");
	assert_int_equal(config_cluster(c, "", &w, &e), KE_CONFIG);
	assert_int_equal(config_cluster(c, " , ", &w, &e), KE_CONFIG);
	assert_int_equal(config_cluster(c, "dir:", &w, &e), KE_CONFIG);

	/* a secret log must not end up in the private one unasked */
	assert_int_equal(config_set_pair(c, "security.protocol=ssl", &e), 0);
	assert_int_equal(config_cluster(c, NULL, &w, &e), KE_CONFIG);
	assert_int_equal(config_cluster(c, "private", &w, &e), 0);
	assert_int_equal(config_set(c, CONFIG_ENV, "KLOG_BROKERS", "brokers",
	    "h:1", &e), 0);
	assert_int_equal(config_cluster(c, NULL, &w, &e), 0);
	assert_string_equal(w.brokers, "h:1");
	assert_int_equal(config_cluster(c, "k:2", &w, &e), 0);
	assert_string_equal(w.brokers, "k:2");
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_table), T(test_order), T(test_grammar),
		T(test_refused), T(test_unknown), T(test_profiles),
		T(test_secrets), T(test_jaas), T(test_cluster),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
