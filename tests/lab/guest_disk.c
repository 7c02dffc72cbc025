/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest_disk.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "hvc/cleanup.h"

enum {
    SECTOR = 512,
    LBA_ORDERS = 16,
    LBA_MARK = 32,
};

static int read_sector(const char *image, off_t lba, unsigned char ret_sector[SECTOR])
{
    HVC_CLEANUP(fd) int fd = open(image, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : pread(fd, ret_sector, SECTOR, lba * SECTOR);

    if (n < 0)
        return -errno;
    return n == SECTOR ? 0 : -EIO;
}

static uint32_t get32(const unsigned char *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof(value));
    return le32toh(value);
}

static uint64_t get64(const unsigned char *at)
{
    uint64_t value;

    memcpy(&value, at, sizeof(value));
    return le64toh(value);
}

static void put32(unsigned char *at, uint32_t value)
{
    value = htole32(value);
    memcpy(at, &value, sizeof(value));
}

static void put64(unsigned char *at, uint64_t value)
{
    value = htole64(value);
    memcpy(at, &value, sizeof(value));
}

int guest_disk_read_mark(const char *image, struct guest_disk_mark *ret_mark)
{
    unsigned char s[SECTOR];
    int r = read_sector(image, LBA_MARK, s);

    if (r < 0)
        return r;
    if (memcmp(s, "HVCMARK1", 8) != 0)
        return -ENODATA;
    *ret_mark = (struct guest_disk_mark){
        .mark = get64(s + 8),
        .count = get64(s + 16),
        .nonce = get64(s + 32),
        .tick = get32(s + 24),
        .boots = get32(s + 40),
        .conflicts = get32(s + 44),
        .io_errors = get32(s + 48),
        .rate_kib = get32(s + 52),
        .memory_kib = get32(s + 56),
        .presses = get32(s + 60),
    };
    return 0;
}

int guest_disk_read_orders(const char *image, struct guest_disk_orders *ret_orders)
{
    unsigned char s[SECTOR];
    int r = read_sector(image, LBA_ORDERS, s);

    if (r < 0)
        return r;
    if (memcmp(s, "HVCORDER", 8) != 0)
        memset(s, 0, sizeof(s));
    *ret_orders = (struct guest_disk_orders){
        .rate_kib = get32(s + 8),
        .deaf = (get32(s + 12) & 1) != 0,
        .action = (enum guest_disk_action)get32(s + 16),
        .action_mark = get64(s + 24),
    };
    return 0;
}

int guest_disk_write_orders(const char *image, const struct guest_disk_orders *orders)
{
    HVC_CLEANUP(fd) int fd = open(image, O_WRONLY | O_CLOEXEC);
    unsigned char s[SECTOR] = "HVCORDER";
    ssize_t n;

    put32(s + 8, orders->rate_kib);
    put32(s + 12, orders->deaf ? 1 : 0);
    put32(s + 16, (uint32_t)orders->action);
    put64(s + 24, orders->action_mark);
    n = fd < 0 ? -1 : pwrite(fd, s, sizeof(s), (off_t)LBA_ORDERS * SECTOR);
    if (n < 0)
        return -errno;
    return n == SECTOR ? 0 : -EIO;
}
