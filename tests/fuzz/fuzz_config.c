/* The reader of configuration files, and what a program then asks of it. */
#include <stddef.h>
#include <stdint.h>

#include "cli/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config *c = config_new(NULL, NULL);
	struct config_cluster which;
	struct kerr e = KERR_INIT;
	bool found;

	if (config_parse(c, CONFIG_FILE, "fuzz", (const char *)data, size,
	    size % 2 == 0 ? "p" : NULL, &found, &e) == 0)
		(void)config_cluster(c, NULL, &which, &e);
	config_free(c);
	return 0;
}
