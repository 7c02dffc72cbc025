/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SQLite ends the recovery of a write-ahead log silently at the first frame that does not fit: after a power cut that
 * is the end of an unfinished transaction. A changed byte in the middle looks the same to it, and every later
 * transaction is gone. With synchronous=FULL a transaction is on stable storage before the next one is written; so a
 * frame that does not fit and is followed by the ends of two transactions of the same log was once acknowledged:
 * damage. Format: https://www.sqlite.org/fileformat2.html section 4.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>

#include "internal.h"

enum {
    HEAD = 32,
    FRAME = 24,
    PAGE_MIN = 512,
    PAGE_MAX = 65536,
};

struct wal {
    int fd;
    bool big; /* checksums read big-endian words */
    uint32_t page, salt[2], sum[2];
};

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t word(const struct wal *wal, const uint8_t *p)
{
    return wal->big ? be32(p) : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static void add(struct wal *wal, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i += 8) {
        wal->sum[0] += word(wal, bytes + i) + wal->sum[1];
        wal->sum[1] += word(wal, bytes + i + 4) + wal->sum[0];
    }
}

/* 1 read, 0 the file ends before, or a negative errno. */
static int read_at(int fd, uint8_t *bytes, size_t length, uint64_t offset, struct hvc_error *error)
{
    for (size_t used = 0; used < length;) {
        ssize_t n = pread(fd, bytes + used, length - used, (off_t)(offset + used));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return hvc_error_set(error, -errno, "cannot read the write-ahead log: %s", strerror(errno));
        if (n == 0)
            return 0;
        used += (size_t)n;
    }
    return 1;
}

/* 1 sound, 0 nothing there. */
static int read_head(struct wal *wal, struct hvc_error *error)
{
    static const uint8_t zeros[HEAD];
    uint8_t head[HEAD];
    int r = read_at(wal->fd, head, sizeof(head), 0, error);

    if (r != 1 || memcmp(head, zeros, sizeof(head)) == 0)
        return r < 0 ? r : 0;
    wal->big = (head[3] & 1) != 0;
    wal->page = be32(head + 8) == 1 ? PAGE_MAX : be32(head + 8);
    wal->salt[0] = be32(head + 16);
    wal->salt[1] = be32(head + 20);
    add(wal, head, 24);
    if ((be32(head) & 0xfffffffe) == 0x377f0682 && wal->sum[0] == be32(head + 24) && wal->sum[1] == be32(head + 28) &&
        wal->page >= PAGE_MIN && wal->page <= PAGE_MAX && (wal->page & (wal->page - 1)) == 0)
        return 1;
    return hvc_error_set(error, -EBADMSG, "the head of the write-ahead log is torn or changed");
}

/* What stands in a frame's place. */
enum frame {
    FRAME_NONE, /* the file ends */
    FRAME_OLD,  /* of the log before this one, or a head that is changed */
    FRAME_BAD,  /* of this log, its checksum does not fit */
    FRAME_GOOD,
};

static int read_frame(struct wal *wal, uint8_t *buffer, uint64_t number, enum frame *ret_frame, struct hvc_error *error)
{
    int r = read_at(wal->fd, buffer, FRAME + wal->page, HEAD + number * (FRAME + wal->page), error);

    if (r < 0)
        return r;
    if (r == 0) {
        *ret_frame = FRAME_NONE;
    } else if (be32(buffer + 8) != wal->salt[0] || be32(buffer + 12) != wal->salt[1]) {
        *ret_frame = FRAME_OLD;
    } else {
        add(wal, buffer, 8);
        add(wal, buffer + FRAME, wal->page);
        *ret_frame = wal->sum[0] == be32(buffer + 16) && wal->sum[1] == be32(buffer + 20) ? FRAME_GOOD : FRAME_BAD;
    }
    return 0;
}

static int scan(struct wal *wal, uint8_t *buffer, struct hvc_error *error)
{
    uint64_t broken = 0, ends = 0;
    uint32_t end_page = 0; /* of the last frame, when that ended a transaction */
    bool found = false;

    for (uint64_t number = 0;; number++) {
        enum frame frame;
        int r = read_frame(wal, buffer, number, &frame, error);

        if (r < 0)
            return r;
        if (frame == FRAME_NONE)
            return 0;
        if (!found && frame != FRAME_GOOD) {
            found = true;
            broken = number;
        }
        /* the size of the database stands in the last frame of a transaction */
        if (frame != FRAME_OLD) { /* a repetition may be lost in the middle */
            uint32_t page = be32(buffer + 4) != 0 ? be32(buffer) : 0;

            ends += found && page != 0 && page != end_page;
            end_page = page;
        }
        if (ends >= 2)
            return hvc_error_set(error, -EBADMSG,
                                 "the write-ahead log is changed at frame %" PRIu64
                                 ": completed transactions follow that SQLite cannot read any more",
                                 broken);
    }
}

int hvc_wal_check(const char *path, struct hvc_error *error)
{
    HVC_CLEANUP(fd) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct wal wal = {.fd = fd};
    uint8_t *buffer;
    int r;

    if (fd < 0)
        return errno == ENOENT ? 0 : hvc_error_set(error, -errno, "cannot open %s: %s", path, strerror(errno));
    r = read_head(&wal, error);
    if (r == 1) {
        buffer = malloc(FRAME + PAGE_MAX);
        if (buffer == NULL)
            return hvc_error_set(error, -ENOMEM, "out of memory for a page of the write-ahead log");
        r = scan(&wal, buffer, error);
        free(buffer);
    }
    if (r < 0)
        (void)hvc_error_prefix(error, "%s", path);
    return r < 0 ? r : 0;
}
