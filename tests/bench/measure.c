/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * measure [-n RUNS] [-w WARM-UPS] [-e EXIT] -- COMMAND [ARG...]: runs a command as a whole process, several times after
 * one warm-up (WARM-UPS 0: none), and prints the medians of wall time and of CPU time (user + system, with every
 * descendant that was waited for) as one JSON object in milliseconds. A run that ends with another status than EXIT (0)
 * ends the measurement: a figure of something that did not do its work is no figure.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RUNS_MAX = 1000 };

struct sample {
    double wall_ms, cpu_ms;
};

static double milliseconds(struct timeval t)
{
    return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static double now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int run_once(char *const *command, int *ret_status, struct sample *ret_sample)
{
    struct rusage usage;
    double begin = now_ms();
    pid_t pid = fork();
    int status;

    if (pid < 0)
        return -errno;
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

        if (null >= 0 && dup2(null, STDOUT_FILENO) >= 0)
            (void)execvp(command[0], command);
        _exit(127);
    }
    if (wait4(pid, &status, 0, &usage) != pid)
        return -errno;
    ret_sample->wall_ms = now_ms() - begin;
    ret_sample->cpu_ms = milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
    *ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return 0;
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static double quantile(double *values, size_t count, double q)
{
    size_t at = (size_t)((double)(count - 1) * q + 0.5);

    qsort(values, count, sizeof(*values), compare);
    return values[at];
}

static int usage(void)
{
    (void)fputs("usage: measure [-n RUNS] [-w WARM-UPS] [-e EXIT] -- COMMAND [ARG...]\n", stderr);
    return 2;
}

static int number(const char *text, int max, int *ret_value)
{
    char *end;
    long value = strtol(text, &end, 10);

    if (*text == '\0' || *end != '\0' || value < 0 || value > max)
        return -EINVAL;
    *ret_value = (int)value;
    return 0;
}

int main(int argc, char **argv)
{
    static double wall[RUNS_MAX], cpu[RUNS_MAX];
    int runs = 40, warm_ups = 1, expected = 0, option;

    while ((option = getopt(argc, argv, "n:w:e:")) != -1) {
        int *target = option == 'n' ? &runs : option == 'w' ? &warm_ups : &expected;

        if (option == '?' || number(optarg, option == 'e' ? 255 : RUNS_MAX, target) != 0)
            return usage();
    }
    if (optind >= argc || runs == 0)
        return usage();
    for (int i = -warm_ups; i < runs; i++) {
        struct sample sample = {0};
        int status = 0, result = run_once(argv + optind, &status, &sample);

        if (result < 0 || status != expected) {
            (void)fprintf(stderr, "measure: %s: %s %d, expected %d\n", argv[optind],
                          result < 0 ? strerror(-result) : "ended with", result < 0 ? result : status, expected);
            return 1;
        }
        if (i >= 0) {
            wall[i] = sample.wall_ms;
            cpu[i] = sample.cpu_ms;
        }
    }
    (void)printf("{\"runs\": %d, \"wall_ms\": %.3f, \"wall_p95_ms\": %.3f, \"cpu_ms\": %.3f, \"cpu_p95_ms\": %.3f}\n",
                 runs, quantile(wall, (size_t)runs, 0.5), quantile(wall, (size_t)runs, 0.95),
                 quantile(cpu, (size_t)runs, 0.5), quantile(cpu, (size_t)runs, 0.95));
    return 0;
}
