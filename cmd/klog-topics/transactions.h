/* transactions.h: what the files of `klog-topics transactions` share. */
#ifndef KLOG_TOPICS_TRANSACTIONS_H
#define KLOG_TOPICS_TRANSACTIONS_H

#include "topics.h"

/* A transaction as its coordinator has it. */
struct txn_known {
	char	*id;
	char	*state;
	int64_t	 producer;
	int32_t	 coordinator;
};

struct txn_all {
	struct txn_known	*v;
	int			 n;
};

/* The transactions of all coordinators. */
int txn_all_load(struct topics *t, struct txn_all *a, struct kerr *e);
void txn_all_release(struct txn_all *a);

/* Those that are open in the topics' partitions: shown, or, where they hang,
 * aborted. */
enum exit_class transactions_open(struct topics *t, bool abort);

#endif
