/* What a client subscribes by: a topic's name up to the first newline, the
 * expression behind it. Whatever it is, it is judged in time. */
#include <string.h>

#include "cmd/klog-broker/topic_regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NAME_MAX_LEN	249

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *nl = memchr(data, '\n', size);
	struct topic_regex *re;
	struct kstr topic, text;

	if (nl == NULL || nl - p > NAME_MAX_LEN || size > INT16_MAX)
		return 0;
	topic = (struct kstr){ p, (int32_t)(nl - p) };
	text = (struct kstr){ nl + 1, (int32_t)(p + size - nl - 1) };
	if ((re = topic_regex_new(text)) != NULL)
		topic_regex_matches(re, topic);
	topic_regex_free(re);
	return 0;
}
