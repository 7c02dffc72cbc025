/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvc-bench-follow PORT USER:PASSWORD CALL GET
 *
 * A client of CIM that has a guest moved and follows the job: the request in CALL, then the one in GET, with the job's
 * InstanceID for @JOB@, ten times a second until the job is complete; all over one connection with TLS that it keeps,
 * as clients do. One line: milliseconds until CALL was answered and until the job was told as complete, both from
 * before the connection. Any answer but 200, an ERROR, and a job that ends in another way end it with words.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "connection.h"
#include "hvc/text.h"

enum { POLL_MS = 100, POLLS_MAX = 1200, JOB_MAX = 64, GET_MAX = 1 << 16 };

static const char job_begin[] = "HVCluster:MigrationJob-", place[] = "@JOB@";

static bool read_job(const char *answer, char job[JOB_MAX])
{
    const char *found = strstr(answer, job_begin);
    size_t length = found == NULL ? 0 : strcspn(found, "<\"&");

    if (length <= strlen(job_begin) || length >= JOB_MAX)
        return false;
    memcpy(job, found, length);
    job[length] = '\0';
    return true;
}

/* The GET of this job, in a file that connection_message reads. */
static bool write_get(const char *path, const char *job, const char *copy)
{
    static char text[GET_MAX];
    FILE *from = fopen(path, "re"), *to = fopen(copy, "we");
    size_t length = from == NULL ? 0 : fread(text, 1, sizeof(text) - 1, from);
    const char *at = length == 0 ? NULL : strstr(text, place);
    bool good =
        at != NULL && to != NULL && fprintf(to, "%.*s%s%s", (int)(at - text), text, job, at + strlen(place)) > 0;

    if (from != NULL)
        (void)fclose(from);
    return (to == NULL || fclose(to) == 0) && good;
}

static unsigned state_of(const char *answer)
{
    const char *property = strstr(answer, "NAME=\"JobState\""),
               *value = property == NULL ? NULL : strstr(property, "<VALUE>");

    return value == NULL ? 0 : (unsigned)strtoul(value + strlen("<VALUE>"), NULL, 10);
}

/* Words, or NULL when the job is complete. */
static const char *follow(struct connection *connection, const char *get)
{
    static const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};

    for (unsigned i = 0; i < POLLS_MAX; i++) {
        const char *wrong = connection_ask(connection, get);
        unsigned state = wrong == NULL ? state_of(connection_answer(connection)) : 0;

        if (wrong != NULL || state == 7)
            return wrong;
        if (state < 2 || state > 4)
            return "the job has ended, and is not complete";
        (void)nanosleep(&pause, NULL);
    }
    return "the job does not end";
}

int main(int argc, char **argv)
{
    gnutls_certificate_credentials_t credentials = NULL; /* the server's certificate is the lab's own */
    struct connection connection = {0};
    char *call = NULL, *get = NULL, job[JOB_MAX] = "", copy[] = "/tmp/hvc-bench-follow.XXXXXX";
    double begin, invoked;
    const char *wrong;
    uint64_t port;
    int fd;

    if (argc != 5 || hvc_parse_u64(argv[1], 1, UINT16_MAX, &port) < 0 ||
        (call = connection_message(argv[3], argv[2])) == NULL ||
        gnutls_certificate_allocate_credentials(&credentials) < 0 || (fd = mkstemp(copy)) < 0) {
        (void)fputs("usage: hvc-bench-follow PORT USER:PASSWORD CALL GET\n", stderr);
        free(call);
        return 2;
    }
    (void)close(fd);
    begin = connection_now_ms();
    wrong = connection_open(&connection, (uint16_t)port, credentials);
    if (wrong == NULL)
        wrong = connection_ask(&connection, call);
    invoked = connection_now_ms() - begin;
    if (wrong == NULL && (!read_job(connection_answer(&connection), job) || !write_get(argv[4], job, copy) ||
                          (get = connection_message(copy, argv[2])) == NULL))
        wrong = "the answer names no job, or there is nothing to ask for it with";
    if (wrong == NULL)
        wrong = follow(&connection, get);
    if (wrong == NULL)
        (void)printf("%.0f %.0f\n", invoked, connection_now_ms() - begin);
    else
        (void)fprintf(stderr, "hvc-bench-follow: %s: %.2000s\n", wrong, connection_answer(&connection));
    connection_close(&connection);
    gnutls_certificate_free_credentials(credentials);
    (void)unlink(copy);
    free(call);
    free(get);
    return wrong == NULL ? 0 : 1;
}
