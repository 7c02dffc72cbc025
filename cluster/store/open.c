/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The start: is what lies here the store that the last process left? Order of writes: generation.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include "file.h"
#include "hvc/text.h"
#include "internal.h"
#include "place.h"
#include "schema.h"

enum { LOG_FRAME = 4096 + 24 }; /* bytes of a page in the write-ahead log */

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

/* What was found, until the start is done. */
struct finding {
    sqlite3 *db; /* only when sound */
    struct hvc_content content;
    struct hvc_generation_file file;
    bool has_file, absent, sound;
    bool damaged;
    bool importable; /* damaged, but its pages and rows are sound */
    struct hvc_error damage;
};

int hvc_store_paths(const struct hvc_store_config *config, struct hvc_paths *ret_paths, struct hvc_error *error)
{
    const char *directory = config->directory;
    const char *boot_id = config->boot_id_file != NULL ? config->boot_id_file : BOOT_ID;
    int r = hvc_store_path(ret_paths->directory, directory, "", error);

    if (r == 0)
        r = hvc_store_path(ret_paths->database, directory, "/hvcluster.db", error);
    if (r == 0)
        r = hvc_store_path(ret_paths->wal, directory, "/hvcluster.db-wal", error);
    if (r == 0)
        r = hvc_store_path(ret_paths->restore, directory, "/hvcluster.db.restore", error);
    if (r == 0)
        r = hvc_store_path(ret_paths->lock, directory, "/lock", error);
    if (r == 0)
        r = config->generation_file != NULL ? hvc_store_path(ret_paths->generation, config->generation_file, "", error)
                                            : hvc_store_path(ret_paths->generation, directory, "/generation", error);
    return r < 0 ? r : hvc_store_path(ret_paths->boot_id, boot_id, "", error);
}

/* WAL and FULL: a commit is on stable storage when it returns. No checkpoint at the close of a failed start, because it
 * would remove the write-ahead log that the generation file promises. */
int hvc_store_connect(const char *path, bool create, sqlite3 **ret_db, struct hvc_error *error)
{
    HVC_CLEANUP(db) sqlite3 *db = NULL;
    HVC_CLEANUP(statement) sqlite3_stmt *mode = NULL;
    const char *word;
    int r = hvc_sql_open(path, SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0), &db, error);

    if (r < 0)
        return r;
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    r = hvc_sql_prepare(db, "PRAGMA journal_mode = WAL", &mode, error);
    if (r == 0)
        r = hvc_sql_step(mode, error);
    if (r < 0)
        return r;
    word = r == 1 ? (const char *)sqlite3_column_text(mode, 0) : NULL;
    if (word == NULL || strcmp(word, "wal") != 0)
        return hvc_error_set(error, -EIO, "%s: SQLite keeps no write-ahead log here (journal mode %s)", path,
                             word == NULL ? "unknown" : word);
    hvc_sql_reset(mode);
    r = hvc_sql_exec(db,
                     "PRAGMA synchronous = FULL; PRAGMA secure_delete = FAST; PRAGMA cell_size_check = ON;"
                     "PRAGMA journal_size_limit = 16777216; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 0",
                     error);
    if (r == 0)
        *ret_db = HVC_TAKE(db, NULL);
    return r;
}

static int put_life(sqlite3 *db, const struct hvc_life *life, struct hvc_error *error)
{
    HVC_CLEANUP(statement) sqlite3_stmt *put = NULL;
    int r = hvc_sql_prepare(db, HVC_SQL_LIFE, &put, error);

    return r < 0 ? r : hvc_writer_life(put, life, error);
}

static int put_first_state(sqlite3 *db, struct hvc_error *error)
{
    HVC_CLEANUP(statement) sqlite3_stmt *put = NULL;
    struct hvc_state none = {0};
    int r = hvc_sql_prepare(
        db, "INSERT INTO state(" HVC_COLUMNS_STATE ", id) VALUES(0, 0, 0, 0, zeroblob(16), '', 0, 0, 0, x'', 0, ?, 1)",
        &put, error);

    if (r == 0)
        r = hvc_sql_bind(put, error, "i", (int64_t)hvc_row_state(&none));
    return r < 0 ? r : hvc_sql_run(put, error);
}

int hvc_store_create(const char *path, const struct hvc_life *life, struct hvc_error *error)
{
    HVC_CLEANUP(db) sqlite3 *db = NULL;
    int r = hvc_store_file_private(path, error);

    if (r == 0)
        r = hvc_store_connect(path, true, &db, error);
    if (r == 0)
        r = hvc_sql_exec(db, "BEGIN IMMEDIATE", error);
    if (r == 0)
        r = hvc_store_schema_migrate(db, hvc_store_steps, error);
    if (r == 0)
        r = put_life(db, life, error);
    if (r == 0)
        r = put_first_state(db, error);
    if (r == 0)
        r = hvc_sql_exec(db, "COMMIT", error);
    return r < 0 ? r : hvc_store_sync_folder_of(path, error);
}

/* What SQLite itself calls read-only, unsupported or a plain error although it is a changed byte of the file's head. */
static int check_format(const char *path, struct hvc_error *error)
{
    static const char magic[16] = "SQLite format 3";
    HVC_CLEANUP(fd) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    uint8_t head[100];
    ssize_t n;

    if (fd < 0)
        return hvc_error_set(error, -errno, "cannot open %s: %s", path, strerror(errno));
    n = pread(fd, head, sizeof(head), 0);
    if (n < 0)
        return hvc_error_set(error, -errno, "cannot read %s: %s", path, strerror(errno));
    /* 18, 19: versions of writing and reading, 2 is WAL; 44: format of the schema, at most 4 */
    if (n < (ssize_t)sizeof(head) || memcmp(head, magic, sizeof(magic)) != 0 || head[18] > 2 || head[19] > 2 ||
        head[44] != 0 || head[45] != 0 || head[46] != 0 || head[47] > 4)
        return hvc_error_set(error, -EBADMSG, "%s does not begin as a database does", path);
    return 0;
}

/* 0 sound, -ENODATA without tables, -EBADMSG corrupt, or no judgement. */
static int examine(const struct hvc_paths *paths, struct finding *finding, struct hvc_error *error)
{
    int r = check_format(paths->database, error);

    if (r == 0 && finding->has_file && finding->file.running && !hvc_store_exists(paths->wal))
        r = hvc_error_set(error, -EBADMSG,
                          "%s is gone, which held the last transactions (removed, or merged by another program that "
                          "opened the database after a crash)",
                          paths->wal);
    if (r == 0)
        r = hvc_wal_check(paths->wal, error);
    if (r == 0)
        r = hvc_store_connect(paths->database, false, &finding->db, error);
    if (r == 0)
        r = hvc_store_verify(finding->db, &finding->content, error);
    finding->sound = r == 0;
    if (r < 0)
        hvc_sql_close(HVC_TAKE(finding->db, NULL));
    return r;
}

static bool belongs(const struct finding *finding)
{
    const struct hvc_generation *found = &finding->content.life.generation;

    return finding->has_file && (hvc_generation_equal(found, &finding->file.next) ||
                                 (!finding->file.lost && hvc_generation_equal(found, &finding->file.previous)));
}

static void judge_generation(const struct hvc_paths *paths, struct finding *finding)
{
    const struct hvc_generation *found = &finding->content.life.generation;

    if (!finding->damaged && belongs(finding))
        return;
    finding->importable = true;
    if (finding->damaged) /* by its generation file; the words are there */
        return;
    finding->damaged = true;
    if (found->counter == 0)
        (void)hvc_error_set(&finding->damage, -ESTALE,
                            "the store was restored from a backup; entries acknowledged since then may be missing");
    else if (!finding->has_file)
        (void)hvc_error_set(&finding->damage, -ESTALE,
                            "the store was copied or restored: its generation file %s is missing", paths->generation);
    else
        (void)hvc_error_set(&finding->damage, -ESTALE,
                            "the store was restored or rolled back: it is of generation %" PRIu64
                            ", the last start here was generation %" PRIu64 " (%s)",
                            found->counter, finding->file.next.counter, paths->generation);
}

static void judge_absence(const struct hvc_paths *paths, struct finding *finding)
{
    bool never = !finding->has_file || (finding->file.previous.counter == 0 && !finding->file.lost);

    finding->absent = true;
    if (finding->damaged || never)
        return;
    finding->damaged = true;
    (void)hvc_error_set(&finding->damage, -ESTALE,
                        "the store's database %s is gone, although generation %" PRIu64 " was written here (%s)",
                        paths->database, finding->file.next.counter, paths->generation);
}

static bool is_there(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && st.st_size > 0;
}

/* No error: a judgement was possible. */
static int find(const struct hvc_paths *paths, struct finding *finding, struct hvc_error *error)
{
    int r = hvc_generation_read(paths->generation, &finding->file, error);

    if (r < 0 && r != -ENOENT && r != -EBADMSG)
        return r;
    finding->has_file = r == 0;
    if (r == -EBADMSG) {
        finding->damaged = true;
        finding->damage = *error;
    }
    if (!is_there(paths->database)) {
        judge_absence(paths, finding);
        return 0;
    }
    r = examine(paths, finding, error);
    if (r == 0) {
        judge_generation(paths, finding);
    } else if (r == -ENODATA) { /* a creation that was cut short, or a store that lost all its pages */
        judge_absence(paths, finding);
    } else if (r == -EBADMSG) {
        finding->damaged = true;
        finding->damage = *error;
    } else {
        return r;
    }
    return 0;
}

/* Documents and history of a sound database that was put aside; they are checked when they are read. */
static int import(const struct hvc_paths *paths, const char *aside, struct hvc_error *error)
{
    HVC_CLEANUP(db) sqlite3 *db = NULL;
    HVC_CLEANUP(statement) sqlite3_stmt *attach = NULL;
    int r = hvc_store_connect(paths->database, false, &db, error);

    if (r == 0)
        r = hvc_sql_prepare(db, "ATTACH DATABASE ? AS aside", &attach, error);
    if (r == 0)
        r = hvc_sql_bind(attach, error, "t", aside);
    if (r == 0)
        r = hvc_sql_run(attach, error);
    if (r < 0)
        return r;
    return hvc_sql_exec(db,
                        "BEGIN IMMEDIATE;"
                        "INSERT OR IGNORE INTO document SELECT * FROM aside.document;"
                        "INSERT OR IGNORE INTO history SELECT * FROM aside.history;"
                        "COMMIT;",
                        error);
}

static int remove_leftovers(const struct hvc_paths *paths, struct hvc_error *error)
{
    static const char *const tails[] = {"-journal", "-shm", "-wal", ""};
    char path[HVC_PATH_TEXT_MAX];
    int r = 0;

    for (size_t i = 0; r == 0 && i < sizeof(tails) / sizeof(tails[0]); i++) {
        r = hvc_store_path(path, paths->database, tails[i], error);
        if (r == 0)
            r = hvc_store_file_remove(path, error);
    }
    return r;
}

/* A new, empty database; damaged: with the words in it, the former one aside. */
static int begin_anew(const struct hvc_paths *paths, struct finding *finding, struct hvc_life *life,
                      struct hvc_error *error)
{
    struct hvc_generation_file file = {.next = life->generation, .lost = finding->damaged};
    int r = hvc_generation_write(paths->generation, &file, error);

    if (r == 0 && finding->damaged) {
        (void)hvc_text_copy(life->damage, sizeof(life->damage), finding->damage.text);
        r = hvc_store_aside(paths, life->aside, error);
    } else if (r == 0) {
        r = remove_leftovers(paths, error);
    }
    if (r == 0)
        r = hvc_store_create(paths->database, life, error);
    if (r == 0 && finding->importable && life->aside[0] != '\0')
        r = import(paths, life->aside, error);
    return r;
}

static int settle(const struct hvc_paths *paths, const struct hvc_generation *generation, bool running,
                  struct hvc_error *error)
{
    struct hvc_generation_file file = {.previous = *generation, .next = *generation, .running = running};

    return hvc_generation_write(paths->generation, &file, error);
}

/*
 * Gives the database its new generation and moves everything out of the write-ahead log. The checkpoint writes anew
 * what an earlier process had written: after a failed or never finished fsync, what can be read is not what is on the
 * disk.
 */
static int renew(const struct hvc_paths *paths, sqlite3 *db, struct hvc_life *life,
                 const struct hvc_generation *generation, bool running, struct hvc_error *error)
{
    struct hvc_generation_file file = {.previous = life->generation, .next = *generation, .running = running};
    int64_t busy = 0;
    int r = hvc_generation_write(paths->generation, &file, error);

    if (r < 0)
        return r;
    life->generation = *generation;
    r = put_life(db, life, error);
    if (r == 0)
        r = hvc_sql_number(db, "PRAGMA wal_checkpoint(TRUNCATE)", &busy, error);
    if (r == 0 && busy != 0)
        r = hvc_error_set(error, -EBUSY, "%s: another program reads the database; end it", paths->database);
    return r < 0 ? r : hvc_store_file_sync(paths->wal, error);
}

/*
 * A commit that makes the log longer costs a change of the file's metadata as well, which is many times the time of the
 * data alone. So the log begins with zeros as long as it grows between two checkpoints; SQLite takes them for an empty
 * log and writes over them. The lock keeps out another program that would begin the log at this moment.
 */
static int extend_log(const struct hvc_paths *paths, sqlite3 *db, struct hvc_error *error)
{
    size_t length = (size_t)hvc_store_checkpoint_pages * LOG_FRAME * 9 / 8;
    int r = hvc_sql_exec(db, "BEGIN IMMEDIATE", error);

    if (r < 0)
        return r;
    r = hvc_store_file_fill(paths->wal, length, error);
    if (r < 0) {
        (void)hvc_sql_exec(db, "ROLLBACK", NULL); /* the first error counts */
        return r;
    }
    return hvc_sql_exec(db, "ROLLBACK", error);
}

static void fill_facts(struct hvc_store *store, const struct finding *finding, const char *boot_id)
{
    const struct hvc_content *content = &finding->content;
    const struct hvc_state *state = &content->state;
    struct hvc_store_facts *facts = &store->facts;

    *facts = (struct hvc_store_facts){
        .empty = state->last == 0 && !content->has_snapshot,
        .damaged = content->life.damage[0] != '\0',
        .rebooted = state->boot_id[0] != '\0' && strcmp(state->boot_id, boot_id) != 0,
        .voter = state->voter,
        .view_boot = state->view_boot,
        .with = state->with,
        .refused = state->refused,
        .node = state->node,
        .promised = state->promised,
        .commit = state->commit,
        .first_index = state->first,
        .last_index = state->last,
        .has_snapshot = content->has_snapshot,
        .snapshot_index = content->head.index,
        .metadata = content->has_snapshot ? store->metadata : NULL,
        .metadata_length = content->head.metadata_length,
        .state_length = content->head.state_length,
        .generation = content->life.generation.counter,
        .schema = content->schema,
        .volatile_place = facts->volatile_place,
        .place = facts->place,
    };
    memcpy(facts->cluster_id, state->cluster_id, sizeof(facts->cluster_id));
    memcpy(facts->damage, content->life.damage, sizeof(facts->damage));
    memcpy(facts->aside, content->life.aside, sizeof(facts->aside));
}

static int read_boot_id(const char *path, char *ret_id, struct hvc_error *error)
{
    int r = hvc_store_file_read(path, ret_id, HVC_BOOT_ID_MAX, error);

    if (r == -ENOENT)
        return hvc_error_set(error, r, "there is no %s, which tells one boot of the host from the next", path);
    if (r == 0)
        ret_id[strcspn(ret_id, "\n")] = '\0';
    if (r == 0 && ret_id[0] == '\0')
        return hvc_error_set(error, -ENODATA, "%s is empty, which tells one boot of the host from the next", path);
    return r;
}

/* After find: leads to a sound database, opened for writing, with a generation of its own. */
static int establish(struct hvc_store *store, struct finding *finding, struct hvc_error *error)
{
    uint64_t above = finding->file.next.counter;
    struct hvc_life life = {0};
    struct hvc_generation generation;
    int r;

    if (finding->content.life.generation.counter > above)
        above = finding->content.life.generation.counter;
    r = hvc_generation_make(above, &generation, error);
    if (r == 0 && (finding->damaged || finding->absent)) {
        hvc_sql_close(HVC_TAKE(finding->db, NULL));
        hvc_cleanup_free(&finding->content.head.metadata);
        finding->content = (struct hvc_content){0};
        finding->file.running = false; /* the new database is made anew, its log does not matter yet */
        life.generation = generation;
        r = begin_anew(&store->paths, finding, &life, error);
        if (r == 0)
            r = hvc_store_connect(store->paths.database, false, &finding->db, error);
        if (r == 0)
            r = hvc_store_verify(finding->db, &finding->content, error);
    }
    if (r == 0)
        r = renew(&store->paths, finding->db, &finding->content.life, &generation, finding->file.running, error);
    if (r == 0)
        r = extend_log(&store->paths, finding->db, error);
    if (r == 0)
        r = settle(&store->paths, &generation, true, error);
    return r;
}

/* reason: NULL at a start, otherwise the owner's words against the content. */
static int adopt(struct hvc_store *store, const char *reason, struct hvc_error *error)
{
    struct finding finding = {0};
    struct hvc_writer *writer = &store->writer;
    int r = read_boot_id(store->paths.boot_id, writer->boot_id, error);

    if (r == 0)
        r = find(&store->paths, &finding, error);
    if (r == 0 && reason != NULL && !finding.damaged) {
        finding.damaged = finding.importable = true;
        (void)hvc_error_set(&finding.damage, -EBADMSG, "%s", reason);
    }
    if (r == 0)
        r = establish(store, &finding, error);
    writer->db = finding.db;
    store->metadata = (void *)(uintptr_t)finding.content.head.metadata;
    if (r == 0)
        r = hvc_writer_prepare(writer, &finding.content, error);
    if (r == 0)
        r = hvc_sql_open(store->paths.database, SQLITE_OPEN_READONLY, &store->reader, error);
    if (r == 0)
        fill_facts(store, &finding, writer->boot_id);
    return r;
}

static void drop(struct hvc_store *store)
{
    hvc_store_thread_stop(store);
    hvc_sql_close(HVC_TAKE(store->reader, NULL));
    hvc_writer_close(&store->writer);
    free(HVC_TAKE(store->metadata, NULL));
}

static void dispose(struct hvc_store *store)
{
    drop(store);
    hvc_cleanup_fd(&store->event_fd);
    hvc_cleanup_fd(&store->lock_fd);
    (void)pthread_mutex_destroy(&store->reader_lock);
    (void)pthread_mutex_destroy(&store->lock);
    (void)pthread_cond_destroy(&store->wake);
    free(store);
}

static int start(struct hvc_store *store, const struct hvc_store_config *config, struct hvc_error *error)
{
    int r = hvc_store_paths(config, &store->paths, error);

    if (r == 0)
        r = hvc_store_place(config->directory, &store->facts.place, &store->facts.volatile_place, error);
    if (r == 0)
        r = hvc_store_lock(store->paths.lock, &store->lock_fd, error);
    if (r < 0)
        return r;
    store->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (store->event_fd < 0)
        return hvc_error_set(error, -errno, "cannot make an eventfd: %s", strerror(errno));
    r = adopt(store, NULL, error);
    return r < 0 ? r : hvc_store_thread_start(store, error);
}

int hvc_store_open(const struct hvc_store_config *config, struct hvc_store **ret_store, struct hvc_error *error)
{
    struct hvc_error own;
    struct hvc_store *store;
    int r;

    if (error == NULL)
        error = &own;
    store = calloc(1, sizeof(*store));
    if (store == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory for the store");
    store->lock_fd = store->event_fd = -1;
    store->tail = &store->head;
    (void)pthread_mutex_init(&store->reader_lock, NULL); /* these cannot fail with default attributes */
    (void)pthread_mutex_init(&store->lock, NULL);
    (void)pthread_cond_init(&store->wake, NULL);
    r = start(store, config, error);
    if (r < 0) {
        dispose(store);
        return r;
    }
    *ret_store = store;
    return 0;
}

int hvc_store_write_beside(const struct hvc_store *store, const char *name, const void *bytes, size_t length,
                           char ret_path[HVC_PATH_TEXT_MAX], struct hvc_error *error)
{
    char path[HVC_PATH_TEXT_MAX];
    int r = hvc_store_path(path, store->paths.directory, "/", error);

    if (r == 0)
        r = hvc_store_path(ret_path, path, name, error);
    return r < 0 ? r : hvc_store_file_write(ret_path, bytes, length, error);
}

int hvc_store_condemn(struct hvc_store *store, const char *reason, struct hvc_error *error)
{
    struct hvc_error own;
    int r;

    if (error == NULL)
        error = &own;
    if (hvc_store_has_submitted(store))
        return hvc_error_set(error, -EINVAL, "a store that has taken a record is not given up");
    drop(store);
    r = adopt(store, reason, error);
    return r < 0 ? r : hvc_store_thread_start(store, error);
}

/* From now on the write-ahead log may go: everything is in the database, and the file says so. */
static int stop_cleanly(struct hvc_store *store, struct hvc_error *error)
{
    struct hvc_generation generation;
    struct hvc_life *life = &store->writer.life;
    int r = hvc_generation_make(life->generation.counter, &generation, error);

    hvc_sql_close(HVC_TAKE(store->reader, NULL));
    if (r == 0)
        r = renew(&store->paths, store->writer.db, life, &generation, true, error);
    if (r == 0)
        r = settle(&store->paths, &generation, false, error);
    if (r == 0)
        (void)sqlite3_db_config(store->writer.db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    return r;
}

int hvc_store_close(struct hvc_store *store, struct hvc_error *error)
{
    struct hvc_error own;
    int r = 0;

    if (error == NULL)
        error = &own;
    if (store == NULL)
        return 0;
    if (store->thread_runs) {
        hvc_store_thread_stop(store);
        *error = store->progress.error;
        r = store->progress.error.code;
        if (r == 0)
            r = stop_cleanly(store, error);
    }
    dispose(store);
    return r;
}

void hvc_store_facts(const struct hvc_store *store, struct hvc_store_facts *ret_facts)
{
    *ret_facts = store->facts;
}
