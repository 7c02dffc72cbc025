/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvc-bench-wbem PORT CLIENTS REQUESTS FILE [CERTIFICATE KEY]
 *
 * So many clients, each over a connection of its own on loopback that it keeps, send the request in FILE so often, one
 * after the other. One line of JSON: median and 99th percentile of a request's time, requests a second of all together,
 * bytes of an answer's body and how many instances are in it. CERTIFICATE and KEY: over TLS, with that client
 * certificate. Any answer other than 200, and an ERROR in it, ends the run with words.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connection.h"
#include "hvc/text.h"

enum { CLIENTS_MAX = 256, REQUESTS_MAX = 10000000 };

static struct {
    uint16_t port;
    unsigned clients, requests;
    char *message;
    gnutls_certificate_credentials_t credentials; /* NULL: no TLS */
    pthread_barrier_t ready;
} plan;

struct client {
    pthread_t thread;
    struct connection connection;
    double *times_ms;
    const char *wrong; /* words; NULL: all went well */
};

/* ---- one client ---- */

static void *run(void *context)
{
    struct client *client = context;

    client->wrong = connection_open(&client->connection, plan.port, plan.credentials);
    (void)pthread_barrier_wait(&plan.ready);
    for (unsigned i = 0; i < plan.requests && client->wrong == NULL; i++) {
        double start = connection_now_ms();

        client->wrong = connection_ask(&client->connection, plan.message);
        client->times_ms[i] = connection_now_ms() - start;
    }
    return NULL;
}

/* ---- all of them ---- */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : (x > y ? 1 : 0);
}

static unsigned occurrences(const char *text, const char *what)
{
    unsigned count = 0;

    for (text = strstr(text, what); text != NULL; text = strstr(text + 1, what))
        count++;
    return count;
}

static int load(struct client *clients, double *times_ms)
{
    size_t count = (size_t)plan.clients * plan.requests;
    double start, seconds;

    if (pthread_barrier_init(&plan.ready, NULL, plan.clients + 1) != 0)
        return 1;
    for (unsigned i = 0; i < plan.clients; i++) {
        clients[i] = (struct client){.times_ms = times_ms + (size_t)i * plan.requests};
        if (pthread_create(&clients[i].thread, NULL, run, &clients[i]) != 0) {
            (void)fprintf(stderr, "hvc-bench-wbem: no threads\n");
            exit(1); /* the others wait for ever */
        }
    }
    (void)pthread_barrier_wait(&plan.ready);
    start = connection_now_ms();
    for (unsigned i = 0; i < plan.clients; i++)
        (void)pthread_join(clients[i].thread, NULL);
    seconds = (connection_now_ms() - start) / 1000;
    for (unsigned i = 0; i < plan.clients; i++)
        if (clients[i].wrong != NULL) {
            (void)fprintf(stderr, "hvc-bench-wbem: %s: %.600s\n", clients[i].wrong,
                          connection_answer(&clients[i].connection));
            return 1;
        }
    qsort(times_ms, count, sizeof(*times_ms), by_size);
    (void)printf("{\"p50_ms\": %.4f, \"p99_ms\": %.4f, \"rate\": %.1f, \"bytes\": %zu, \"instances\": %u}\n",
                 times_ms[count / 2], times_ms[count * 99 / 100], (double)count / seconds,
                 clients[0].connection.length - clients[0].connection.body,
                 occurrences(clients[0].connection.answer, "<INSTANCE "));
    return 0;
}

int main(int argc, char **argv)
{
    static struct client clients[CLIENTS_MAX];
    uint64_t port, count, requests;
    double *times_ms;
    int rc;

    if ((argc != 5 && argc != 7) || hvc_parse_u64(argv[1], 1, UINT16_MAX, &port) < 0 ||
        hvc_parse_u64(argv[2], 1, CLIENTS_MAX, &count) < 0 || hvc_parse_u64(argv[3], 1, REQUESTS_MAX, &requests) < 0 ||
        (plan.message = connection_message(argv[4], NULL)) == NULL) {
        (void)fputs("usage: hvc-bench-wbem PORT CLIENTS REQUESTS FILE [CERTIFICATE KEY]\n", stderr);
        return 2;
    }
    plan.port = (uint16_t)port;
    plan.clients = (unsigned)count;
    plan.requests = (unsigned)requests;
    if (argc == 7 &&
        (gnutls_certificate_allocate_credentials(&plan.credentials) < 0 ||
         gnutls_certificate_set_x509_key_file(plan.credentials, argv[5], argv[6], GNUTLS_X509_FMT_PEM) < 0)) {
        (void)fputs("hvc-bench-wbem: certificate and key cannot be read\n", stderr);
        return 1;
    }
    times_ms = calloc(count * requests, sizeof(*times_ms));
    rc = times_ms == NULL ? 1 : load(clients, times_ms);
    for (uint64_t i = 0; i < count; i++)
        connection_close(&clients[i].connection);
    free(times_ms);
    free(plan.message);
    if (plan.credentials != NULL)
        gnutls_certificate_free_credentials(plan.credentials);
    return rc;
}
