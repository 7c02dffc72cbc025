/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A move's parts among themselves: move.c starts, watches and steers it, move_prove.c proves its end; both stand on
 * move_state.c. */
#ifndef HVC_MOVE_PRIVATE_H
#define HVC_MOVE_PRIVATE_H

#include <pthread.h>

#include "guest_devices.h"
#include "hvc/move.h"
#include "hvc/pacing.h"
#include "recovery.h"

enum migrate_call { CALL_NONE, CALL_UNDER_WAY, CALL_RETURNED };
typedef int (*hvc_move_call_fn)(struct hvc_move *m, struct hvc_error *error);

struct hvc_move {
    struct hvc_move_request request; /* its texts are these: */
    char target_uri[HVC_URI_MAX], migrate_uri[HVC_URI_MAX];
    char source_name[HVC_NODE_NAME_MAX], target_name[HVC_NODE_NAME_MAX], tls_name[HVC_NODE_NAME_MAX];
    char token[HVC_TOKEN_MAX];
    struct hvc_storage_plan *plan;              /* NULL: none */
    char *definition;                           /* likewise */
    struct hvc_migrate_options migrate_options; /* of the request, and what copying disks along needs: */
    struct hvc_disk_place *places;
    const char *disks[HVC_PLAN_DISKS_MAX];
    size_t place_count;
    struct hvc_transit *transit; /* of disks that are copied along; NULL: not begun by this process */
    char *target_xml, *target_stored_xml;
    char save_path[HVC_DISK_PATH_MAX]; /* of a quick move */

    /* of the thread that runs the move */
    uint64_t began_ms, run_began_ms, deadline_ms;
    struct hvc_pacing_config pacing_config;
    struct hvc_pacing_state pacing;
    uint64_t pass, pass_bytes; /* the pass over the memory, and the most that remained in it */
    uint64_t cancel_sent_ms;   /* 0: never */
    uint64_t destroy_sent_ms;  /* likewise */
    struct hvc_recovery recovery;
    struct hvc_move_way way;    /* of the last try to resume */
    unsigned told;              /* tries whose words were told */
    uint64_t rescue_ms;         /* of the last look whether an end is lost */
    char lost[320];             /* why the guest is lost in post-copy; "": it is not */
    unsigned seen_changes;      /* of changes, when it last looked at what they are */
    bool job_seen_after_return; /* libvirt still has the migration whose call has returned (its connection broke) */
    struct hvc_error source_words, target_words; /* why an end did not answer */
    struct hvc_error note;                       /* what is to be said of a move that ended well */

    pthread_mutex_t lock; /* what follows */
    pthread_cond_t changed;
    unsigned changes; /* cancels, and returns of the call */
    unsigned refs;
    struct hvc_move_report report;
    char cancel_reason[256];
    bool let_go;   /* somebody wants the post-copy interrupted */
    bool has_wish; /* of another deadline, not taken yet: */
    bool wished_force;
    uint64_t wished_deadline_ms;
    hvc_move_call_fn call_run;
    enum migrate_call call;
    int call_result;
    struct hvc_error call_error;
};

static inline void hvc_move_lock(struct hvc_move *m)
{
    (void)pthread_mutex_lock(&m->lock);
}

static inline void hvc_move_unlock(struct hvc_move *m)
{
    (void)pthread_mutex_unlock(&m->lock);
}

/* ---- move_state.c ---- */

void hvc_move_set_phase(struct hvc_move *m, enum hvc_move_phase phase);
uint64_t hvc_move_call_deadline(const struct hvc_move *m);
/* For calls that do something on a node: start, define, copy. */
uint64_t hvc_move_work_deadline(void);
bool hvc_move_is_cancelled(struct hvc_move *m);
bool hvc_move_is_late(const struct hvc_move *m);
/* Until a cancel, the return of the call, or the time: also one that came since the run's thread last looked for them.
 */
void hvc_move_wait(struct hvc_move *m, uint64_t ms);
/* The lock is held: a cancel or a return has come. */
void hvc_move_changed(struct hvc_move *m);
int hvc_move_inspect(struct hvc_move *m, struct hvc_hypervisor *end, struct hvc_guest_state *ret_state,
                     struct hvc_error *error);
void hvc_move_ask_ends(struct hvc_move *m);
void hvc_move_unref(struct hvc_move *m);

/* One long call in a thread of its own, which may outlive the run. */
int hvc_move_call(struct hvc_move *m, hvc_move_call_fn run, struct hvc_error *error);
/* Its result, and the next one may begin; -EINPROGRESS when it has not returned by the deadline. */
int hvc_move_await(struct hvc_move *m, struct hvc_error *error);

/* NOT_STARTED, and why. */
enum hvc_move_end hvc_move_refuse(struct hvc_move *m, int code, const char *why, struct hvc_error *error);
enum hvc_move_end hvc_move_refuse_for(struct hvc_move *m, const struct hvc_error *why, struct hvc_error *error);
/* Something more to be said at a good end. */
void hvc_move_note(struct hvc_move *m, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- move_prove.c ---- */

/* What is known when there is no more time. */
enum hvc_move_end hvc_move_unproven(struct hvc_move *m, struct hvc_error *error);

/* Until an end is proven or there is no more time (UNPROVEN); UNDER_WAY when the migration still is. */
enum hvc_move_end hvc_move_prove(struct hvc_move *m, struct hvc_error *error);

/* ---- move_rescue.c: a post-copy that was interrupted ---- */

/* One look, after the source's progress was told: resumes it when that is due. True: an end has nothing of the guest
 * any more, or no more than a forgotten half, and that is to be proven. */
bool hvc_move_tend_split(struct hvc_move *m);

/* ---- move_files.c: what the kinds do with files and marks ---- */

/* The guest's definition at an end and what is in it, both on the heap; inactive: the stored one. */
int hvc_move_read(struct hvc_move *m, struct hvc_hypervisor *end, bool inactive, char **ret_xml,
                  struct hvc_guest_devices **ret_devices, struct hvc_error *error);
bool hvc_move_is_ours(const struct hvc_move *m, const struct hvc_transit *transit);
/* Puts the mark on the guest at an end; not present: removes it. */
int hvc_move_mark(struct hvc_move *m, struct hvc_hypervisor *end, const struct hvc_transit *transit,
                  struct hvc_error *error);
/* Do both ends see the same directory? Found out with a file that is made at the source for a moment. */
int hvc_move_is_shared(struct hvc_move *m, const char *path, bool *ret_shared, struct hvc_error *error);
/* The file of the source at the same path of the target, replacing one there. Nothing is done when both see the same.
 */
int hvc_move_carry(struct hvc_move *m, const char *path, struct hvc_error *error);
/* What was made and is of no use; one that cannot be removed is said in the note. */
void hvc_move_remove_files(struct hvc_move *m, struct hvc_hypervisor *end, const char *node,
                           char (*paths)[HVC_DISK_PATH_MAX], size_t count);
/* Refuses what no kind but a live move can take along. */
int hvc_move_check_devices(struct hvc_move *m, const struct hvc_guest_devices *devices, struct hvc_error *error);
/* Files for the places at a node: none is there (or may go), and there is room. */
int hvc_move_check_room(struct hvc_move *m, struct hvc_hypervisor *end, const char *node,
                        const struct hvc_disk_place *places, const uint64_t *sizes, size_t count,
                        struct hvc_error *error);
/* Files beside the disks that the plan names; what fails is said in the note. target_uri NULL: on the same node. */
void hvc_move_send_unmanaged(struct hvc_move *m, const char *target_uri);
/* An image of the place's format at the node; one that is there goes. */
int hvc_move_make_file(struct hvc_hypervisor *end, const struct hvc_disk_place *place, uint64_t size,
                       struct hvc_error *error);
int hvc_move_disk_sizes(struct hvc_move *m, const struct hvc_disk_place *places, size_t count, uint64_t *ret_sizes,
                        struct hvc_error *error);

/* ---- the kinds; each runs until its end or the deadline ---- */

enum hvc_move_end hvc_move_run_storage(struct hvc_move *m, struct hvc_error *error);
enum hvc_move_end hvc_move_run_staged(struct hvc_move *m, struct hvc_error *error);
enum hvc_move_end hvc_move_run_quick(struct hvc_move *m, struct hvc_error *error);
enum hvc_move_end hvc_move_run_restart(struct hvc_move *m, struct hvc_error *error);
enum hvc_move_end hvc_move_run_definition(struct hvc_move *m, struct hvc_error *error);
/* A planned system at the target is a planned one no more. */
void hvc_move_realise(struct hvc_move *m);
/* LIVE_STORAGE, around the migration: UNDER_WAY when it may begin; and what its end leaves to do. */
enum hvc_move_end hvc_move_prepare_disks(struct hvc_move *m, struct hvc_error *error);
void hvc_move_finish_disks(struct hvc_move *m, enum hvc_move_end end);

#endif
