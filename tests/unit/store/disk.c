/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk.h"

#include <dirent.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "shim.h"

enum { FILES_MAX = 512, NAME_MAX_ = 200, SECTOR = 512 };

struct bytes {
    uint8_t *at;
    size_t length;
};

struct pending {
    struct pending *next;
    bool truncate;
    uint64_t offset, length;
    uint8_t bytes[];
};

/* A file without a name: two names can lead to it while a rename is not durable. */
struct file {
    bool used;
    char name[NAME_MAX_], durable_name[NAME_MAX_]; /* "": none */
    struct bytes durable;
    struct pending *head, **tail;
};

static char root[256];
static struct file files[FILES_MAX];

static void *need(void *block)
{
    if (block == NULL)
        abort();
    return block;
}

/* The name below the folder; NULL for what lies elsewhere (the lock, SQLite's shared memory). */
static const char *name_of(const char *path)
{
    size_t length = strlen(root);
    const char *name;

    if (strncmp(path, root, length) != 0 || path[length] != '/')
        return NULL;
    name = path + length + 1;
    if (strcmp(name, "lock") == 0 || strstr(name, "-shm") != NULL)
        return NULL;
    return name;
}

static struct file *find(const char *path)
{
    const char *name = name_of(path);

    for (size_t i = 0; name != NULL && i < FILES_MAX; i++)
        if (files[i].used && strcmp(files[i].name, name) == 0)
            return &files[i];
    return NULL;
}

static void drop_pending(struct file *file)
{
    while (file->head != NULL) {
        struct pending *next = file->head->next;

        free(file->head);
        file->head = next;
    }
    file->tail = &file->head;
}

static void forget(struct file *file)
{
    drop_pending(file);
    free(file->durable.at);
    *file = (struct file){0};
}

void disk_create(const char *path)
{
    const char *name = name_of(path);

    if (name == NULL || find(path) != NULL)
        return;
    for (size_t i = 0; i < FILES_MAX; i++)
        if (!files[i].used) {
            files[i].used = true;
            files[i].tail = &files[i].head;
            (void)snprintf(files[i].name, NAME_MAX_, "%s", name);
            (void)snprintf(files[i].durable_name, NAME_MAX_, "%s", name);
            return;
        }
    abort();
}

static void append(const char *path, bool truncate, uint64_t offset, const void *bytes, uint64_t length)
{
    struct file *file = find(path);
    struct pending *pending;

    if (file == NULL)
        return;
    pending = need(calloc(1, sizeof(*pending) + (truncate ? 0 : length)));
    pending->truncate = truncate;
    pending->offset = offset;
    pending->length = length;
    if (!truncate && length > 0)
        memcpy(pending->bytes, bytes, length);
    *file->tail = pending;
    file->tail = &pending->next;
}

void disk_write(const char *path, uint64_t offset, const void *bytes, uint64_t length)
{
    append(path, false, offset, bytes, length);
}

void disk_truncate(const char *path, uint64_t length)
{
    append(path, true, 0, NULL, length);
}

static void resize(struct bytes *bytes, size_t length)
{
    if (length > bytes->length) {
        bytes->at = need(realloc(bytes->at, length));
        memset(bytes->at + bytes->length, 0, length - bytes->length);
    }
    bytes->length = length;
}

static void put(struct bytes *bytes, uint64_t offset, const uint8_t *from, uint64_t length)
{
    if (offset + length > bytes->length)
        resize(bytes, offset + length);
    if (length > 0)
        memcpy(bytes->at + offset, from, length);
}

static void carry_out(struct bytes *bytes, const struct pending *pending)
{
    if (pending->truncate)
        resize(bytes, pending->length);
    else
        put(bytes, pending->offset, pending->bytes, pending->length);
}

void disk_sync(const char *path)
{
    struct file *file = find(path);

    if (file == NULL)
        return;
    for (const struct pending *p = file->head; p != NULL; p = p->next)
        carry_out(&file->durable, p);
    drop_pending(file);
}

void disk_fail_sync(const char *path)
{
    struct file *file = find(path);

    if (file != NULL)
        drop_pending(file);
}

void disk_sync_folder(const char *path)
{
    if (strcmp(path, root) != 0)
        return;
    for (size_t i = 0; i < FILES_MAX; i++) {
        if (!files[i].used)
            continue;
        if (files[i].name[0] == '\0')
            forget(&files[i]);
        else
            memcpy(files[i].durable_name, files[i].name, NAME_MAX_);
    }
}

void disk_remove(const char *path)
{
    struct file *file = find(path);

    if (file != NULL)
        forget(file);
}

void disk_rename(const char *from, const char *to)
{
    struct file *file = find(from), *replaced = find(to);
    const char *name = name_of(to);

    if (name_of(from) == NULL) /* another folder than the one that is modelled */
        return;
    if (file == NULL || name == NULL)
        abort();
    if (replaced != NULL)
        replaced->name[0] = '\0'; /* still there under its durable name */
    (void)snprintf(file->name, NAME_MAX_, "%s", name);
}

static void dump_file(const char *folder, const char *name, const struct bytes *bytes)
{
    char path[512];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = need(fopen(path, "w"));
    if (bytes->length > 0 && fwrite(bytes->at, bytes->length, 1, file) != 1)
        abort();
    if (fclose(file) != 0)
        abort();
}

static uint32_t next_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

/* Each sector of the write lasts with one half of probability. */
static void tear(struct bytes *bytes, const struct pending *pending, uint32_t *seed)
{
    for (uint64_t at = 0; at < pending->length;) {
        uint64_t in_sector = SECTOR - (pending->offset + at) % SECTOR;
        uint64_t part = in_sector < pending->length - at ? in_sector : pending->length - at;

        if ((next_random(seed) & 1) != 0)
            put(bytes, pending->offset + at, pending->bytes + at, part);
        at += part;
    }
}

static void lose(const struct file *file, struct bytes *bytes, enum shim_loss loss, uint32_t *seed)
{
    size_t count = 0, kept = 0;

    for (const struct pending *p = file->head; p != NULL; p = p->next)
        count++;
    if (loss == SHIM_LOSE_TAIL)
        kept = next_random(seed) % (count + 1);
    for (const struct pending *p = file->head; p != NULL && loss != SHIM_LOSE_ALL; p = p->next) {
        if (loss == SHIM_LOSE_TAIL && kept-- > 0) {
            carry_out(bytes, p);
        } else if (p->truncate) {
            if (loss == SHIM_LOSE_SOME && (next_random(seed) & 1) != 0)
                carry_out(bytes, p);
        } else {
            tear(bytes, p, seed);
        }
        if (loss == SHIM_LOSE_TAIL && kept == SIZE_MAX)
            break;
    }
}

void disk_dump(const char *folder, int loss, uint32_t seed)
{
    bool renames = false;

    seed = seed * 2654435761u + 1;
    /* the renames of one folder are one journal transaction: all or none */
    if (loss != SHIM_LOSE_ALL)
        renames = (next_random(&seed) & 1) != 0;
    for (size_t i = 0; i < FILES_MAX; i++) {
        const char *name = renames ? files[i].name : files[i].durable_name;
        struct bytes bytes = {0};

        if (!files[i].used || name[0] == '\0')
            continue;
        put(&bytes, 0, files[i].durable.at, files[i].durable.length);
        lose(&files[i], &bytes, (enum shim_loss)loss, &seed);
        dump_file(folder, name, &bytes);
        free(bytes.at);
    }
}

static void load_file(const char *folder, const char *name)
{
    char path[512];
    struct stat st;
    struct bytes *bytes;
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    disk_create(path);
    if (find(path) == NULL)
        return;
    bytes = &find(path)->durable;
    file = need(fopen(path, "r"));
    if (fstat(fileno(file), &st) != 0)
        abort();
    resize(bytes, (size_t)st.st_size);
    if (bytes->length > 0 && fread(bytes->at, bytes->length, 1, file) != 1)
        abort();
    (void)fclose(file);
}

void disk_reset(const char *folder)
{
    DIR *dir;
    const struct dirent *entry;

    for (size_t i = 0; i < FILES_MAX; i++)
        if (files[i].used)
            forget(&files[i]);
    root[0] = '\0';
    if (folder == NULL)
        return;
    (void)snprintf(root, sizeof(root), "%s", folder);
    dir = need(opendir(folder));
    while ((entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.')
            load_file(folder, entry->d_name);
    (void)closedir(dir);
}
