/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "generation.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/random.h>
#include <zlib.h>

#include "file.h"

#define HEAD "hvcluster store generation 1"

enum { TEXT_MAX = 512 };

bool hvc_generation_equal(const struct hvc_generation *a, const struct hvc_generation *b)
{
    return a->counter == b->counter && memcmp(a->random, b->random, sizeof(a->random)) == 0;
}

int hvc_generation_make(uint64_t above, struct hvc_generation *ret_generation, struct hvc_error *error)
{
    struct hvc_generation fresh = {.counter = above + 1};
    ssize_t n;

    do
        n = getrandom(fresh.random, sizeof(fresh.random), 0);
    while (n < 0 && errno == EINTR);
    if (n != (ssize_t)sizeof(fresh.random))
        return hvc_error_set(error, -EIO, "the kernel gave no random bytes: %s", strerror(errno));
    *ret_generation = fresh;
    return 0;
}

static void hex(const uint8_t *bytes, size_t count, char *ret_text)
{
    for (size_t i = 0; i < count; i++)
        (void)snprintf(ret_text + 2 * i, 3, "%02x", (unsigned)bytes[i]);
}

static int write_text(const struct hvc_generation_file *file, char *text)
{
    char previous[2 * HVC_GENERATION_RANDOM + 1], next[2 * HVC_GENERATION_RANDOM + 1];

    hex(file->previous.random, HVC_GENERATION_RANDOM, previous);
    hex(file->next.random, HVC_GENERATION_RANDOM, next);
    return snprintf(text, TEXT_MAX, HEAD "\nprevious %" PRIu64 " %s\nnext %" PRIu64 " %s\nlost %d\nrunning %d\n",
                    file->previous.counter, previous, file->next.counter, next, file->lost, file->running);
}

static int parse_hex(const char *text, uint8_t *ret_bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unsigned value = 0;

        for (size_t k = 0; k < 2; k++) {
            char c = text[2 * i + k];

            if (c >= '0' && c <= '9')
                value = value * 16 + (unsigned)(c - '0');
            else if (c >= 'a' && c <= 'f')
                value = value * 16 + (unsigned)(c - 'a' + 10);
            else
                return -EBADMSG;
        }
        ret_bytes[i] = (uint8_t)value;
    }
    return text[2 * count] == '\0' ? 0 : -EBADMSG;
}

int hvc_generation_parse(const char *text, struct hvc_generation_file *ret_file)
{
    struct hvc_generation_file file = {0};
    char previous[2 * HVC_GENERATION_RANDOM + 1], next[2 * HVC_GENERATION_RANDOM + 1];
    char again[TEXT_MAX], tail[32];
    unsigned lost, running;
    int length;

    if (sscanf(text, HEAD " previous %" SCNu64 " %32[0-9a-f] next %" SCNu64 " %32[0-9a-f] lost %1u running %1u",
               &file.previous.counter, previous, &file.next.counter, next, &lost, &running) != 6 ||
        parse_hex(previous, file.previous.random, HVC_GENERATION_RANDOM) < 0 ||
        parse_hex(next, file.next.random, HVC_GENERATION_RANDOM) < 0 || lost > 1 || running > 1)
        return -EBADMSG;
    file.lost = lost == 1;
    file.running = running == 1;
    /* the checksum covers the canonical text, and the file must be exactly that */
    length = write_text(&file, again);
    (void)snprintf(tail, sizeof(tail), "crc %08lx\n", crc32(0, (const Bytef *)again, (uInt)length));
    if (strncmp(text, again, (size_t)length) != 0 || strcmp(text + length, tail) != 0)
        return -EBADMSG;
    *ret_file = file;
    return 0;
}

int hvc_generation_read(const char *path, struct hvc_generation_file *ret_file, struct hvc_error *error)
{
    char text[TEXT_MAX];
    int r = hvc_store_file_read(path, text, sizeof(text), error);

    if (r == -EFBIG || (r == 0 && hvc_generation_parse(text, ret_file) < 0))
        return hvc_error_set(error, -EBADMSG, "the generation file %s is not what hvcluster wrote", path);
    return r;
}

int hvc_generation_write(const char *path, const struct hvc_generation_file *file, struct hvc_error *error)
{
    char text[TEXT_MAX];
    int length = write_text(file, text);

    length += snprintf(text + length, sizeof(text) - (size_t)length, "crc %08lx\n",
                       crc32(0, (const Bytef *)text, (uInt)length));
    return hvc_store_file_write(path, text, (size_t)length, error);
}
