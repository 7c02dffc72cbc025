/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "marks.h"

#include <errno.h>
#include <inttypes.h>

#include "hvc/cleanup.h"
#include "hvc/text.h"
#include "marks_private.h"

void *marks_array_add(struct marks_array *array, size_t item_size)
{
    char *item;

    if (array->count == array->room) {
        size_t room = array->room ? array->room * 2 : 16;
        void *items = reallocarray(array->items, room, item_size);

        if (!items)
            return NULL;
        array->items = items;
        array->room = room;
    }
    item = (char *)array->items + array->count++ * item_size;
    memset(item, 0, item_size);
    return item;
}

int marks_new(struct marks **ret_marks)
{
    struct marks *marks = calloc(1, sizeof(*marks));

    if (!marks)
        return -ENOMEM;
    *ret_marks = marks;
    return 0;
}

void marks_free(struct marks *marks)
{
    if (!marks)
        return;
    free(marks->samples.items);
    free(marks->connections.items);
    free(marks->instances.items);
    free(marks->segments.items);
    free(marks->overlaps.items);
    free(marks);
}

int marks_open(struct marks *marks, unsigned connection, const char *peer)
{
    struct marks_connection *c = marks_array_add(&marks->connections, sizeof(*c));

    if (!c)
        return -ENOMEM;
    c->number = connection;
    c->instance = MARKS_NO_INSTANCE;
    c->pending = marks->samples.count;
    return hvc_text_copy(c->peer, sizeof(c->peer), peer) < 0 ? -EINVAL : 0;
}

/* From the newest: a recorder that was started again numbers its connections anew. */
static struct marks_connection *find_connection(const struct marks *marks, unsigned number, size_t *ret_index)
{
    for (size_t i = marks->connections.count; i-- > 0;) {
        if (marks_connections(marks)[i].number == number) {
            *ret_index = i;
            return &marks_connections(marks)[i];
        }
    }
    return NULL;
}

static int find_instance(struct marks *marks, uint64_t mark, size_t *ret_index)
{
    struct marks_instance *fresh;

    for (size_t i = marks->instances.count; i-- > 0;) {
        if (marks_instances(marks)[i].mark == mark) {
            *ret_index = i;
            return 0;
        }
    }
    fresh = marks_array_add(&marks->instances, sizeof(*fresh));
    if (!fresh)
        return -ENOMEM;
    fresh->mark = mark;
    *ret_index = marks->instances.count - 1;
    return 0;
}

/* A line told which tick it is: the ticks of this connection that waited for it are counted back from there. */
static void resolve_back(struct marks *marks, size_t connection, size_t instance, uint32_t tick)
{
    const struct marks_connection *c = &marks_connections(marks)[connection];
    uint32_t next = tick + 1;

    for (size_t i = marks->samples.count; i-- > c->pending;) {
        struct marks_sample *s = &marks_samples(marks)[i];
        uint32_t step;

        if (s->connection != connection || s->instance != MARKS_NO_INSTANCE)
            continue;
        step = (next - s->tick) & 0x7f;
        next -= step ? step : 0x80;
        s->tick = next;
        s->instance = instance;
    }
}

static int add_tick(struct marks *marks, int64_t time_ns, size_t connection, uint32_t low)
{
    struct marks_sample *s = marks_array_add(&marks->samples, sizeof(*s));
    struct marks_connection *c = &marks_connections(marks)[connection];

    if (!s)
        return -ENOMEM;
    *s = (struct marks_sample){.time_ns = time_ns, .connection = connection, .instance = c->instance, .tick = low};
    if (c->instance != MARKS_NO_INSTANCE)
        s->tick = c->tick = marks_next_tick(c->tick, low);
    return 0;
}

/* "mark 0123456789abcdef tick 00000064 count 0000000000000010 boots 00000001 forks 00000000", the first word telling
 * why. Anything else is a line that lost bytes, or the tail of one that was begun at another place: it tells nothing.
 */
static int take_line(struct marks *marks, size_t connection)
{
    struct marks_connection *c = &marks_connections(marks)[connection];
    struct marks_instance *instance;
    char word[8];
    uint64_t mark, count;
    uint32_t tick, boots, forks;
    size_t index;
    int end = -1, r;

    if (strcmp(c->line, "start") == 0) {
        c->instance = MARKS_NO_INSTANCE;
        c->pending = marks->samples.count;
        return 0;
    }
    if (sscanf(c->line,
               "%7[a-z] %16" SCNx64 " tick %8" SCNx32 " count %16" SCNx64 " boots %8" SCNx32 " forks %8" SCNx32 "%n",
               word, &mark, &tick, &count, &boots, &forks, &end) != 6 ||
        end < 0 || c->line[end] != '\0' || (size_t)end != strlen(word) + 84)
        return 0;
    r = find_instance(marks, mark, &index);
    if (r < 0)
        return r;
    if (c->instance != index)
        resolve_back(marks, connection, index, tick);
    c->instance = index;
    c->tick = tick;
    instance = &marks_instances(marks)[index];
    instance->count = count;
    instance->boots = boots;
    instance->forks = forks;
    instance->lines++;
    if (strcmp(word, "off") == 0)
        instance->off = true;
    return 0;
}

int marks_data(struct marks *marks, int64_t time_ns, unsigned connection, const unsigned char *bytes, size_t size)
{
    size_t index = 0;
    struct marks_connection *c = find_connection(marks, connection, &index);
    int r = 0;

    if (!c)
        return -EINVAL;
    for (size_t i = 0; i < size && r == 0; i++) {
        if (bytes[i] >= 0x80)
            r = add_tick(marks, time_ns, index, bytes[i] & 0x7f);
        else if (bytes[i] == '\n') {
            c->line[c->used] = '\0';
            r = take_line(marks, index);
            c->used = 0;
        } else if (c->used < sizeof(c->line) - 1)
            c->line[c->used++] = (char)bytes[i];
    }
    return r;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c ? strchr(digits, c) : NULL;

    return found ? (int)(found - digits) : -EINVAL;
}

static int take_data(struct marks *marks, int64_t time_ns, unsigned connection, const char *hex)
{
    unsigned char bytes[4096];
    size_t size = 0;

    while (*hex && *hex != '\n' && size < sizeof(bytes)) {
        int high = hex_digit(hex[0]), low = high < 0 ? high : hex_digit(hex[1]);

        if (low < 0)
            return -EINVAL;
        bytes[size++] = (unsigned char)(high << 4 | low);
        hex += 2;
    }
    return marks_data(marks, time_ns, connection, bytes, size);
}

static int take_event(struct marks *marks, const char *line)
{
    char kind[8], peer[MARKS_PEER_MAX];
    int64_t time_ns;
    unsigned connection;
    int end = 0;

    if (sscanf(line, "%" SCNd64 " %7s %u %n", &time_ns, kind, &connection, &end) != 3 || end == 0)
        return -EINVAL;
    if (strcmp(kind, "open") == 0)
        return sscanf(line + end, "%45s", peer) == 1 ? marks_open(marks, connection, peer) : -EINVAL;
    if (strcmp(kind, "data") == 0)
        return take_data(marks, time_ns, connection, line + end);
    return strcmp(kind, "close") == 0 ? 0 : -EINVAL;
}

HVC_DEFINE_CLEANUP(FILE *, file, (void)fclose, NULL)

int marks_read_file(struct marks *marks, const char *path, unsigned long *ret_line)
{
    HVC_CLEANUP(file) FILE *file = fopen(path, "re");
    HVC_CLEANUP(free) char *line = NULL;
    size_t room = 0;
    ssize_t size;

    *ret_line = 0;
    if (!file)
        return -errno;
    while ((size = getline(&line, &room, file)) > 0 && line[size - 1] == '\n') {
        int r = take_event(marks, line);

        ++*ret_line;
        if (r < 0)
            return r;
    }
    return 0;
}
