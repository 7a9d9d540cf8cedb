/*
 * handle_log_dirs.c: DescribeLogDirs: what lies in the data directory, and how
 * much room there is.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "api.h"
#include "broker.h"
#include "image.h"
#include "partition.h"
#include "request.h"
#include "wire/codec.h"
#include "wire/msg_describe_log_dirs.h"

static bool
is_asked(const struct describe_log_dirs_request_topic *q, int32_t index)
{
	if (q == NULL)
		return true;
	for (int32_t i = 0; i < q->partitions.n; i++)
		if (q->partitions.v[i] == index)
			return true;
	return false;
}

/* Its partitions here, those that q names (NULL: all); false where none is. */
static bool
put_topic(struct request *r, const struct image_topic *t,
    const struct describe_log_dirs_request_topic *q,
    struct describe_log_dirs_response_topic *out)
{
	struct describe_log_dirs_response_partition *p;

	out->name = (struct kstr){ arena_strndup(&r->arena, t->name.p,
	    (size_t)t->name.len), t->name.len };
	out->partitions.n = 0;
	out->partitions.v = arena_alloc(&r->arena,
	    (size_t)t->n * sizeof(*p));
	for (int32_t i = 0; i < t->n && out->partitions.v != NULL; i++) {
		if (t->partitions[i].local == NULL || !is_asked(q, i))
			continue;
		p = &out->partitions.v[out->partitions.n++];
		p->partition_index = i;
		p->partition_size = partition_size(t->partitions[i].local);
	}
	return out->partitions.n > 0;
}

static void
put_topics(struct request *r, struct describe_log_dirs_response_result *out)
{
	const struct describe_log_dirs_request *req = r->msg;
	const struct image *im = request_image(r);
	int32_t n = req->topics.n < 0 ? image_topic_count(im) : req->topics.n;
	const struct image_topic *t;
	struct image_iter it = { 0 };

	out->topics.v = arena_alloc(&r->arena,
	    (size_t)n * sizeof(*out->topics.v));
	if (out->topics.v == NULL)
		return;
	while (req->topics.n < 0 && (t = image_next(im, &it)) != NULL)
		if (put_topic(r, t, NULL, &out->topics.v[out->topics.n]))
			out->topics.n++;
	for (int32_t i = 0; i < req->topics.n; i++) {
		t = image_topic(im, req->topics.v[i].topic);
		if (t != NULL && put_topic(r, t, &req->topics.v[i],
		    &out->topics.v[out->topics.n]))
			out->topics.n++;
	}
}

void
handle_describe_log_dirs(struct request *r)
{
	struct describe_log_dirs_response_result dir;
	struct describe_log_dirs_response rsp;
	char *path = realpath(r->broker->data_dir, NULL);
	struct statvfs fs;

	KDEFAULTS(describe_log_dirs_response_result, &dir);
	kmsg_defaults(&describe_log_dirs_response_msg, &rsp);
	dir.log_dir = kstr(path == NULL ? r->broker->data_dir :
	    arena_strndup(&r->arena, path, strlen(path)));
	free(path);
	if (statvfs(r->broker->data_dir, &fs) == 0) {
		dir.total_bytes = (int64_t)(fs.f_blocks * fs.f_frsize);
		dir.usable_bytes = (int64_t)(fs.f_bavail * fs.f_frsize);
	}
	put_topics(r, &dir);
	rsp.results.v = &dir;
	rsp.results.n = 1;
	request_reply(r, &rsp);
}
