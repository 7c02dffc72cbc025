/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvc-bench-fsync FILE COUNT: one page written and synced, COUNT times, into space that FILE already has, as a
 * database's log grows; prints the latencies as one JSON object. FILE is made and removed.
 */
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "hvc/text.h"

enum { PAGE = 4096, PAGES = 256, COUNT_MAX = 100000 };

static double now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static int measure(int fd, double *samples, unsigned count)
{
    static uint8_t page[PAGE];

    for (unsigned i = 0; i < PAGES + count; i++) {
        double begin = now_ms();

        memset(page, (int)i, sizeof(page));
        if (pwrite(fd, page, PAGE, (off_t)(i % PAGES) * PAGE) != PAGE || (i >= PAGES - 1 && fsync(fd) < 0))
            return -1;
        if (i >= PAGES)
            samples[i - PAGES] = now_ms() - begin;
    }
    return 0;
}

int main(int argc, char **argv)
{
    uint64_t count = 0;
    double *samples;
    int fd, result;

    if (argc != 3 || hvc_parse_u64(argv[2], 10, COUNT_MAX, &count) < 0) {
        (void)fputs("usage: hvc-bench-fsync FILE COUNT\n", stderr);
        return 2;
    }
    samples = calloc(count, sizeof(*samples));
    fd = open(argv[1], O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (samples == NULL || fd < 0) {
        perror(argv[1]);
        return 1;
    }
    result = measure(fd, samples, (unsigned)count);
    if (result < 0)
        perror(argv[1]);
    (void)close(fd);
    (void)unlink(argv[1]);
    if (result < 0)
        return 1;
    qsort(samples, count, sizeof(*samples), by_value);
    (void)printf("{\"p50_ms\": %.3f, \"p99_ms\": %.3f}\n", samples[count / 2], samples[count * 99 / 100]);
    free(samples);
    return 0;
}
