/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hvc/clock.h"

static void must(bool good, const char *what)
{
    if (good)
        return;
    perror(what);
    abort();
}

void world_boot(struct world *world, const char *boot_id)
{
    FILE *file = fopen(world->boot_id, "w");

    must(file != NULL && fprintf(file, "%s\n", boot_id) > 0 && fclose(file) == 0, world->boot_id);
}

void world_up(struct world *world, const char *base)
{
    (void)snprintf(world->base, sizeof(world->base), "%s/hvc-store-XXXXXX", base);
    must(mkdtemp(world->base) != NULL, world->base);
    (void)snprintf(world->store, sizeof(world->store), "%s/store", world->base);
    (void)snprintf(world->boot_id, sizeof(world->boot_id), "%s/boot_id", world->base);
    world->config = (struct hvc_store_config){.directory = world->store, .boot_id_file = world->boot_id};
    world_boot(world, "0f1c7e8e-7d5f-4b9e-9c55-000000000001");
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

void world_remove_tree(const char *path)
{
    must(nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT, path);
}

void world_down(struct world *world)
{
    world_remove_tree(world->base);
}

/* The script's memory. */
static struct {
    struct hvc_store_record record;
    struct hvc_store_snapshot snapshot;
    struct hvc_store_entry entries[64];
    struct hvc_store_document documents[8];
    struct hvc_store_history lines[8];
    uint8_t retain[8][HVC_STORE_HASH_SIZE];
    uint8_t bytes[4 * 1024 * 1024];
    size_t used;
    uint64_t epoch;
} script;

/* Bytes that depend on the seed only. */
static const uint8_t *filler(uint32_t seed, size_t length)
{
    uint8_t *at = script.bytes + script.used;
    uint32_t x = seed * 2654435761u + 1;

    must(script.used + length <= sizeof(script.bytes), "script");
    for (size_t i = 0; i < length; i++) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        at[i] = (uint8_t)x;
    }
    script.used += length;
    return at;
}

static void append(uint64_t first, size_t count, size_t length)
{
    struct hvc_store_record *record = &script.record;

    for (size_t i = 0; i < count; i++) {
        struct hvc_store_entry *entry = &script.entries[i];

        *entry = (struct hvc_store_entry){.index = first + i,
                                          .epoch = script.epoch,
                                          .kind = (uint8_t)(1 + i % 3),
                                          .version = 7,
                                          .birth = first,
                                          .bytes = filler((uint32_t)(first + i + 1000 * script.epoch), length + i),
                                          .length = (uint32_t)(length + i)};
        memset(entry->token, (int)(first + i), sizeof(entry->token));
    }
    record->entries = script.entries;
    record->entry_count = count;
}

static void snapshot(uint64_t index, size_t length)
{
    script.snapshot = (struct hvc_store_snapshot){.index = index,
                                                  .metadata = filler((uint32_t)index + 7, 300),
                                                  .metadata_length = 300,
                                                  .state = filler((uint32_t)index + 9, length),
                                                  .state_length = length};
    script.record.snapshot = &script.snapshot;
    script.record.trim_to = index;
}

static void document(uint32_t seed, size_t length)
{
    struct hvc_store_document *document = &script.documents[script.record.document_count++];

    document->bytes = filler(seed, length);
    document->length = length;
    hvc_store_hash(document->bytes, length, document->hash);
    script.record.documents = script.documents;
}

static void retain(uint32_t seed, size_t length)
{
    hvc_store_hash(filler(seed, length), length, script.retain[script.record.retain_count++]);
    script.record.retain_hashes = (const uint8_t(*)[HVC_STORE_HASH_SIZE])script.retain;
    script.record.retain = true;
}

static void line(uint8_t kind, const char *key, uint32_t seed)
{
    struct hvc_store_history *history = &script.lines[script.record.history_count++];

    *history = (struct hvc_store_history){
        .kind = kind, .stamp_ms = 1700000000000 + seed, .index = seed, .bytes = filler(seed, 200), .length = 200};
    (void)snprintf(history->key, sizeof(history->key), "%s", key);
    script.record.history = script.lines;
}

static void fill(unsigned number)
{
    struct hvc_store_record *record = &script.record;

    switch (number) {
    case 2:
        append(1, 3, 40);
        break;
    case 3:
        append(4, 7, 400);
        document(1, 6000);
        document(2, 6000);
        document(3, 100);
        line(1, "job-1", 1);
        line(2, "audit-1", 2);
        break;
    case 4:
        append(11, 2, 100);
        snapshot(6, 280 * 1024);
        break;
    case 5:
        record->truncate = true;
        record->truncate_above = 9;
        append(10, 4, 100);
        break;
    case 6:
        record->seq = 0;
        document(4, 9000);
        retain(2, 6000);
        retain(4, 9000);
        line(1, "job-2", 3);
        line(1, "job-1", 4);
        break;
    case 7:
        append(14, 4, 9000);
        break;
    case 8:
        snapshot(15, 50000);
        break;
    case 9:
        break; /* a promise alone */
    case 10:
        append(18, 40, 10);
        break;
    case 11:
        record->seq = 0;
        line(1, "job-3", 5);
        line(1, "job-4", 6);
        record->history_trim_kind = 1;
        record->history_keep = 3;
        break;
    case 12:
        record->wipe = true;
        record->voter = false;
        break;
    case 13:
        record->wipe = true;
        snapshot(100, 60 * 1024);
        append(101, 1, 60);
        break;
    case 14:
        append(102, 20, 800);
        break;
    case 15:
        snapshot(121, 0);
        break;
    case 16:
        append(122, 5, 0);
        document(5, 1);
        break;
    case 17:
        record->truncate = true;
        record->truncate_above = 121;
        break;
    case 18:
        append(122, 3, 64);
        break;
    default:
        break;
    }
}

const struct hvc_store_record *world_record(unsigned number)
{
    script.used = 0;
    script.epoch = number < 5 ? 1 : number < 13 ? 2 : 3;
    script.record = (struct hvc_store_record){.seq = number * 10,
                                              .promised = number,
                                              .commit = number / 2,
                                              .node = 3,
                                              .voter = true,
                                              .view_boot = UINT64_MAX - number};
    memset(script.record.cluster_id, 0xc1, sizeof(script.record.cluster_id));
    script.record.refused = number % 3 == 2 ? number : 0;
    /* none, one, ... and all there can be */
    script.record.with.count = number == WORLD_SCRIPT / 2 ? HVC_NODES_MAX : number % 4;
    for (unsigned i = 0; i < script.record.with.count; i++)
        script.record.with.node[i] = i == 0 ? UINT32_MAX - number : number << 8 | i;
    fill(number);
    return &script.record;
}

static int by_hash(const void *a, const void *b)
{
    return memcmp(a, b, HVC_STORE_HASH_SIZE);
}

static void apply_log(struct world_model *model, const struct hvc_store_record *record)
{
    size_t kept = 0;

    if (record->wipe) {
        model->entry_count = 0;
        model->has_snapshot = false;
    }
    if (record->snapshot != NULL) {
        model->has_snapshot = true;
        model->snapshot_index = record->snapshot->index;
        hvc_store_hash(record->snapshot->metadata, record->snapshot->metadata_length, model->metadata);
        hvc_store_hash(record->snapshot->state, record->snapshot->state_length, model->state);
    }
    for (size_t i = 0; i < model->entry_count; i++) {
        uint64_t index = model->entries[i].entry.index;

        if ((!record->truncate || index <= record->truncate_above) && index > record->trim_to)
            model->entries[kept++] = model->entries[i];
    }
    model->entry_count = kept;
    for (size_t i = 0; i < record->entry_count; i++) {
        struct world_entry *entry = &model->entries[model->entry_count++];

        entry->entry = record->entries[i];
        hvc_store_hash(entry->entry.bytes, entry->entry.length, entry->hash);
        entry->entry.bytes = NULL;
    }
    model->promised = record->promised;
    model->commit = record->commit;
    model->node = record->node;
    model->voter = record->voter;
    model->view_boot = record->view_boot;
    model->with = record->with;
    model->refused = record->refused;
    memcpy(model->cluster_id, record->cluster_id, sizeof(model->cluster_id));
}

static void apply_line(struct world_model *model, const struct hvc_store_history *line_)
{
    struct world_line fresh = {.line = *line_};
    size_t at = 0;

    hvc_store_hash(line_->bytes, line_->length, fresh.hash);
    fresh.line.bytes = NULL;
    fresh.line.id = 0;
    for (size_t i = 0; i < model->line_count; i++)
        if (model->lines[i].line.kind == line_->kind && strcmp(model->lines[i].line.key, line_->key) == 0) {
            model->lines[i] = fresh;
            return;
        }
    while (at < model->line_count && model->lines[at].line.kind < line_->kind)
        at++;
    memmove(&model->lines[at + 1], &model->lines[at], (model->line_count - at) * sizeof(fresh));
    model->lines[at] = fresh;
    model->line_count++;
}

static void apply_beside(struct world_model *model, const struct hvc_store_record *record)
{
    size_t kept = 0, seen = 0;

    for (size_t i = 0; i < record->document_count; i++)
        if (bsearch(record->documents[i].hash, model->documents, model->document_count, HVC_STORE_HASH_SIZE, by_hash) ==
            NULL) {
            memcpy(model->documents[model->document_count++], record->documents[i].hash, HVC_STORE_HASH_SIZE);
            qsort(model->documents, model->document_count, HVC_STORE_HASH_SIZE, by_hash);
        }
    for (size_t i = 0; record->retain && i < model->document_count; i++)
        for (size_t k = 0; k < record->retain_count; k++)
            if (memcmp(model->documents[i], record->retain_hashes[k], HVC_STORE_HASH_SIZE) == 0) {
                memmove(model->documents[kept++], model->documents[i], HVC_STORE_HASH_SIZE);
                break;
            }
    if (record->retain)
        model->document_count = kept;
    for (size_t i = 0; i < record->history_count; i++)
        apply_line(model, &record->history[i]);
    kept = 0;
    for (size_t i = 0; i < model->line_count; i++) {
        bool counted = record->history_keep > 0 && model->lines[i].line.kind == record->history_trim_kind;

        if (!counted || seen++ < record->history_keep)
            model->lines[kept++] = model->lines[i];
    }
    model->line_count = kept;
}

void world_apply(struct world_model *model, const struct hvc_store_record *record)
{
    if (record->seq != 0)
        apply_log(model, record);
    apply_beside(model, record);
}

void world_model_after(unsigned count, struct world_model *ret_model)
{
    memset(ret_model, 0, sizeof(*ret_model));
    for (unsigned i = 1; i <= count; i++)
        world_apply(ret_model, world_record(i));
}

struct reading {
    struct world_model *model;
    uint8_t *state;
    size_t length;
};

static int read_state(void *userdata, uint64_t offset, const void *bytes, size_t length)
{
    struct reading *reading = userdata;

    if (offset != reading->length)
        return -EBADMSG;
    reading->state = realloc(reading->state, reading->length + length + 1);
    must(reading->state != NULL, "state");
    memcpy(reading->state + offset, bytes, length);
    reading->length += length;
    return 0;
}

static int read_entry(void *userdata, const struct hvc_store_entry *entry)
{
    struct reading *reading = userdata;
    struct world_entry *copy = &reading->model->entries[reading->model->entry_count++];

    copy->entry = *entry;
    hvc_store_hash(entry->bytes, entry->length, copy->hash);
    copy->entry.bytes = NULL;
    return reading->model->entry_count == WORLD_ENTRIES_MAX ? -ENOBUFS : 0;
}

static int read_line(void *userdata, const struct hvc_store_history *found)
{
    struct world_model *model = userdata;
    struct world_line *copy = &model->lines[model->line_count++];

    copy->line = *found;
    hvc_store_hash(found->bytes, found->length, copy->hash);
    copy->line.bytes = NULL;
    copy->line.id = 0;
    return model->line_count == WORLD_LINES_MAX ? -ENOBUFS : 0;
}

static int read_documents(struct hvc_store *store, struct world_model *model, unsigned *ret_bad,
                          struct hvc_error *error)
{
    uint8_t(*hashes)[HVC_STORE_HASH_SIZE] = NULL;
    size_t count = 0;
    int r = hvc_store_documents(store, &hashes, &count, error);

    for (size_t i = 0; r == 0 && i < count; i++) {
        char *bytes;
        size_t length;

        r = hvc_store_document(store, hashes[i], &bytes, &length, error);
        if (r == -EBADMSG || r == -ENOENT) {
            ++*ret_bad;
            r = 0;
        } else if (r == 0) {
            memcpy(model->documents[model->document_count++], hashes[i], HVC_STORE_HASH_SIZE);
            free(bytes);
        }
    }
    free(hashes);
    qsort(model->documents, model->document_count, HVC_STORE_HASH_SIZE, by_hash);
    return r;
}

int world_read(struct hvc_store *store, struct world_model *ret_model, unsigned *ret_bad_documents,
               struct hvc_error *error)
{
    static const struct hvc_store_loader loader = {.state = read_state, .entry = read_entry};
    struct hvc_store_facts facts;
    struct reading reading = {.model = ret_model};
    int r;

    hvc_store_facts(store, &facts);
    memset(ret_model, 0, sizeof(*ret_model));
    *ret_bad_documents = 0;
    ret_model->promised = facts.promised;
    ret_model->commit = facts.commit;
    ret_model->node = facts.node;
    ret_model->voter = facts.voter;
    ret_model->view_boot = facts.view_boot;
    ret_model->with = facts.with;
    ret_model->refused = facts.refused;
    memcpy(ret_model->cluster_id, facts.cluster_id, sizeof(ret_model->cluster_id));
    ret_model->has_snapshot = facts.has_snapshot;
    ret_model->snapshot_index = facts.snapshot_index;
    r = hvc_store_load(store, &loader, &reading, error);
    if (facts.has_snapshot) {
        hvc_store_hash(facts.metadata, facts.metadata_length, ret_model->metadata);
        hvc_store_hash(reading.state, reading.length, ret_model->state);
    }
    free(reading.state);
    if (r == 0)
        r = read_documents(store, ret_model, ret_bad_documents, error);
    for (uint8_t kind = 1; r == 0 && kind <= 2; kind++)
        r = hvc_store_history_read(store, kind, 0, WORLD_LINES_MAX, read_line, ret_model, error);
    return r;
}

static bool same_log(const struct world_model *a, const struct world_model *b)
{
    if (a->entry_count != b->entry_count)
        return false;
    for (size_t i = 0; i < a->entry_count; i++) {
        const struct hvc_store_entry *x = &a->entries[i].entry, *y = &b->entries[i].entry;

        if (x->index != y->index || x->epoch != y->epoch || x->kind != y->kind || x->version != y->version ||
            memcmp(x->token, y->token, sizeof(x->token)) != 0 || x->birth != y->birth || x->length != y->length ||
            memcmp(a->entries[i].hash, b->entries[i].hash, HVC_STORE_HASH_SIZE) != 0)
            return false;
    }
    return true;
}

static bool same_lines(const struct world_model *a, const struct world_model *b)
{
    if (a->line_count != b->line_count)
        return false;
    for (size_t i = 0; i < a->line_count; i++) {
        const struct hvc_store_history *x = &a->lines[i].line, *y = &b->lines[i].line;

        if (x->kind != y->kind || strcmp(x->key, y->key) != 0 || x->stamp_ms != y->stamp_ms || x->index != y->index ||
            memcmp(a->lines[i].hash, b->lines[i].hash, HVC_STORE_HASH_SIZE) != 0)
            return false;
    }
    return true;
}

const char *world_difference(const struct world_model *a, const struct world_model *b)
{
    if (a->promised != b->promised || a->commit != b->commit || a->node != b->node || a->voter != b->voter ||
        a->view_boot != b->view_boot || a->refused != b->refused || a->with.count != b->with.count ||
        memcmp(a->with.node, b->with.node, sizeof(a->with.node)) != 0 ||
        memcmp(a->cluster_id, b->cluster_id, sizeof(a->cluster_id)) != 0)
        return "promise, commit, node, voter, boot of the view, refusal, nodes or cluster id";
    if (a->has_snapshot != b->has_snapshot)
        return "one has a snapshot";
    if (a->has_snapshot &&
        (a->snapshot_index != b->snapshot_index || memcmp(a->metadata, b->metadata, sizeof(a->metadata)) != 0 ||
         memcmp(a->state, b->state, sizeof(a->state)) != 0))
        return "the snapshot";
    if (!same_log(a, b))
        return "the log";
    if (a->document_count != b->document_count ||
        memcmp(a->documents, b->documents, a->document_count * HVC_STORE_HASH_SIZE) != 0)
        return "the documents";
    return same_lines(a, b) ? NULL : "the history";
}

bool world_wait(struct hvc_store *store, uint64_t count, struct hvc_store_progress *ret_progress)
{
    uint64_t deadline = hvc_deadline_in(20000);

    for (;;) {
        struct pollfd ready = {.fd = hvc_store_fd(store), .events = POLLIN};

        hvc_store_collect(store, ret_progress);
        if (ret_progress->carried_out >= count || ret_progress->condition != HVC_STORE_GOOD)
            return true;
        if (hvc_deadline_left(deadline) == 0)
            return false;
        (void)poll(&ready, 1, (int)hvc_deadline_left(deadline));
    }
}

unsigned world_run(struct hvc_store *store, unsigned from, unsigned to, struct hvc_error *error)
{
    struct hvc_store_progress progress;
    unsigned done = 0;

    for (unsigned i = from; i <= to; i++) {
        if (hvc_store_submit(store, world_record(i), error) < 0)
            break;
        must(world_wait(store, done + 1, &progress), "a record is carried out in time");
        if (progress.condition != HVC_STORE_GOOD) {
            *error = progress.error;
            break;
        }
        done++;
    }
    return done;
}
