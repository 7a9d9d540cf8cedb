/*
 * image_edit_impl.h: the inside of an edit, for the image_edit files: one
 * function a record of the metadata log, which returns 0, or the code of e.
 *
 * They write only to objects of the edit's own serial: the *_own() functions
 * make a copy of what older images share.
 */
#ifndef KLOG_BROKER_IMAGE_EDIT_IMPL_H
#define KLOG_BROKER_IMAGE_EDIT_IMPL_H

#include "base/arena.h"
#include "image_edit.h"
#include "image_impl.h"
#include "wire/msg_meta.h"

struct image_edit {
	struct image		 *im;
	struct arena		  arena;	/* the record at hand */
	struct image_topic	**touched;
	int32_t			  n_touched, cap_touched;
	struct image_topic	**removed;
	int32_t			  n_removed, cap_removed;
	bool			  settings;	/* a broker's were changed */
};

/* The topic, to be written to; NULL with e set where there is none. */
struct topic *edit_topic_own(struct image_edit *, const struct kuuid *,
    struct kerr *e);
int edit_topic(struct image_edit *, const struct topic_record *,
    struct kerr *e);
int edit_remove_topic(struct image_edit *, const struct remove_topic_record *,
    struct kerr *e);
int edit_partition(struct image_edit *, const struct partition_record *,
    struct kerr *e);
int edit_partition_change(struct image_edit *,
    const struct partition_change_record *, struct kerr *e);

/* Brokers, their properties, features: to be written to. */
struct cluster *edit_cluster_own(struct image_edit *);
int edit_register_broker(struct image_edit *,
    const struct register_broker_record *);
int edit_unregister_broker(struct image_edit *,
    const struct unregister_broker_record *, struct kerr *e);
int edit_registration_change(struct image_edit *,
    const struct broker_registration_change_record *, struct kerr *e);
int edit_set_fenced(struct image_edit *, int32_t id, bool fenced,
    struct kerr *e);
int edit_feature(struct image_edit *, const struct feature_level_record *);

/* A property of a topic or of a broker. */
int edit_config(struct image_edit *, const struct config_record *,
    struct kerr *e);

#endif
