/* offsets_answer.c: see offsets_answer.h. */
#include "offsets_answer.h"

#include "image.h"
#include "request.h"
#include "wire/kerror.h"
#include "wire/msg_offset_commit.h"
#include "wire/msg_offset_delete.h"
#include "wire/msg_txn_offset_commit.h"

/* The structs of the three differ in what follows a partition's index. */
struct asked {
	struct kstr	name;
	struct karray	partitions;
};

struct answered {
	struct kstr	name;
	KARRAY(struct offset_commit_response_partition) partitions;
};

#define ALIKE(message)							\
	_Static_assert(							\
	    sizeof(struct message##_request_topic) ==			\
	    sizeof(struct asked) &&					\
	    offsetof(struct message##_request_partition,		\
	    partition_index) == 0 &&					\
	    sizeof(struct message##_response_topic) ==			\
	    sizeof(struct answered) &&					\
	    sizeof(struct message##_response_partition) ==		\
	    sizeof(struct offset_commit_response_partition), #message)

ALIKE(offset_commit);
ALIKE(txn_offset_commit);
ALIKE(offset_delete);

void *
offsets_answer(struct request *r, const void *topics, int32_t n,
    size_t part_size, bool *some)
{
	const struct asked *in = topics;
	struct answered *v = arena_alloc(&r->arena, (size_t)n * sizeof(*v));
	struct offset_commit_response_partition *out;
	const char *part;
	bool known;

	*some = false;
	for (int32_t i = 0; i < n; i++) {
		out = arena_alloc(&r->arena, (size_t)in[i].partitions.n *
		    sizeof(*out));
		v[i].name = in[i].name;
		v[i].partitions.v = out;
		v[i].partitions.n = in[i].partitions.n;
		part = in[i].partitions.v;
		for (int32_t j = 0; j < in[i].partitions.n; j++, out++) {
			memcpy(&out->partition_index, part,
			    sizeof(out->partition_index));
			part += part_size;
			known = image_has_partition(request_image(r),
			    v[i].name, out->partition_index);
			*some |= known;
			out->error_code = known ? ERR_NONE :
			    ERR_UNKNOWN_TOPIC_OR_PARTITION;
		}
	}
	return v;
}

void
offsets_answer_refuse(void *topics, int32_t n, int16_t error)
{
	struct answered *v = topics;

	for (int32_t i = 0; i < n; i++)
		for (int32_t j = 0; j < v[i].partitions.n; j++)
			if (v[i].partitions.v[j].error_code == 0)
				v[i].partitions.v[j].error_code = error;
}
