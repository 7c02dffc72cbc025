/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvc-bench-wbem PORT CLIENTS REQUESTS FILE [CERTIFICATE KEY]
 *
 * So many clients, each over a connection of its own on loopback that it keeps, send the request in FILE so often, one
 * after the other. One line of JSON: median and 99th percentile of a request's time, requests a second of all together,
 * bytes of an answer's body and how many instances are in it. CERTIFICATE and KEY: over TLS, with that client
 * certificate. Any answer other than 200, and an ERROR in it, ends the run with words.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hvc/text.h"

enum { CLIENTS_MAX = 256, REQUESTS_MAX = 10000000, HEAD_MAX = 4096, BODY_MAX = 1 << 16, ANSWER_MAX = 1 << 28 };

static struct {
    uint16_t port;
    unsigned clients, requests;
    char *message; /* head and body */
    size_t length;
    gnutls_certificate_credentials_t credentials; /* NULL: no TLS */
    pthread_barrier_t ready;
} plan;

struct client {
    pthread_t thread;
    int fd;
    gnutls_session_t tls;
    char *answer; /* head and body of the last one */
    size_t size, length, body;
    double *times_ms;
    const char *wrong; /* words; NULL: all went well */
};

static double now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1e6;
}

/* ---- one client ---- */

static const char *connect_client(struct client *client)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(plan.port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const int yes = 1;

    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->fd < 0 || connect(client->fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
        return "nobody listens at the port";
    (void)setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    if (plan.credentials == NULL)
        return NULL;
    if (gnutls_init(&client->tls, GNUTLS_CLIENT) < 0 || gnutls_set_default_priority(client->tls) < 0 ||
        gnutls_credentials_set(client->tls, GNUTLS_CRD_CERTIFICATE, plan.credentials) < 0)
        return "no TLS";
    gnutls_transport_set_int(client->tls, client->fd);
    return gnutls_handshake(client->tls) < 0 ? "the handshake fails" : NULL;
}

static bool say(struct client *client)
{
    for (size_t at = 0; at < plan.length;) {
        ssize_t said = client->tls != NULL ? gnutls_record_send(client->tls, plan.message + at, plan.length - at)
                                           : send(client->fd, plan.message + at, plan.length - at, MSG_NOSIGNAL);

        if (said <= 0)
            return false;
        at += (size_t)said;
    }
    return true;
}

/* More of the answer; at most up to `wanted` bytes, 0: what comes. */
static bool hear(struct client *client, size_t wanted)
{
    size_t room = wanted == 0 ? HEAD_MAX : wanted - client->length;
    ssize_t got;

    if (client->length + room + 1 > client->size) {
        char *bigger = client->length + room < ANSWER_MAX ? realloc(client->answer, client->length + room + 1) : NULL;

        if (bigger == NULL)
            return false;
        client->answer = bigger;
        client->size = client->length + room + 1;
    }
    got = client->tls != NULL ? gnutls_record_recv(client->tls, client->answer + client->length, room)
                              : recv(client->fd, client->answer + client->length, room, 0);
    if (got <= 0)
        return false;
    client->length += (size_t)got;
    client->answer[client->length] = '\0';
    return true;
}

static const char *one_request(struct client *client)
{
    const char *end = NULL, *said;
    size_t wanted;

    client->length = 0;
    if (!say(client))
        return "the server does not take the request";
    while (end == NULL) {
        if (!hear(client, 0))
            return "the server ends the connection";
        end = strstr(client->answer, "\r\n\r\n");
    }
    said = strcasestr(client->answer, "\r\nContent-Length:");
    if (strncmp(client->answer, "HTTP/1.1 200", 12) != 0 || said == NULL || said > end)
        return "the answer is not 200 with a length";
    client->body = (size_t)(end + 4 - client->answer);
    wanted = client->body + strtoul(said + strlen("\r\nContent-Length:"), NULL, 10);
    while (client->length < wanted)
        if (!hear(client, wanted))
            return "the server ends the connection";
    return strstr(client->answer + client->body, "<ERROR ") != NULL ? "the answer is an error of CIM" : NULL;
}

static void *run(void *context)
{
    struct client *client = context;

    client->wrong = connect_client(client);
    (void)pthread_barrier_wait(&plan.ready);
    for (unsigned i = 0; i < plan.requests && client->wrong == NULL; i++) {
        double start = now_ms();

        client->wrong = one_request(client);
        client->times_ms[i] = now_ms() - start;
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
        clients[i] = (struct client){.fd = -1, .times_ms = times_ms + (size_t)i * plan.requests};
        if (pthread_create(&clients[i].thread, NULL, run, &clients[i]) != 0) {
            (void)fprintf(stderr, "hvc-bench-wbem: no threads\n");
            exit(1); /* the others wait for ever */
        }
    }
    (void)pthread_barrier_wait(&plan.ready);
    start = now_ms();
    for (unsigned i = 0; i < plan.clients; i++)
        (void)pthread_join(clients[i].thread, NULL);
    seconds = (now_ms() - start) / 1000;
    for (unsigned i = 0; i < plan.clients; i++)
        if (clients[i].wrong != NULL) {
            (void)fprintf(stderr, "hvc-bench-wbem: %s: %.600s\n", clients[i].wrong,
                          clients[i].answer == NULL ? "" : clients[i].answer);
            return 1;
        }
    qsort(times_ms, count, sizeof(*times_ms), by_size);
    (void)printf("{\"p50_ms\": %.4f, \"p99_ms\": %.4f, \"rate\": %.1f, \"bytes\": %zu, \"instances\": %u}\n",
                 times_ms[count / 2], times_ms[count * 99 / 100], (double)count / seconds,
                 clients[0].length - clients[0].body, occurrences(clients[0].answer, "<INSTANCE "));
    return 0;
}

static bool make_message(const char *path)
{
    static char body[BODY_MAX], message[BODY_MAX + HEAD_MAX];
    FILE *file = fopen(path, "re");
    size_t length = file == NULL ? 0 : fread(body, 1, sizeof(body) - 1, file);

    if (file != NULL)
        (void)fclose(file);
    plan.message = message;
    plan.length = (size_t)snprintf(message, sizeof(message),
                                   "POST /cimom HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/xml; "
                                   "charset=\"utf-8\"\r\nCIMOperation: MethodCall\r\nContent-Length: %zu\r\n\r\n%s",
                                   length, body);
    return length > 0 && plan.length < sizeof(message);
}

int main(int argc, char **argv)
{
    static struct client clients[CLIENTS_MAX];
    uint64_t port, count, requests;
    double *times_ms;
    int rc;

    if ((argc != 5 && argc != 7) || hvc_parse_u64(argv[1], 1, UINT16_MAX, &port) < 0 ||
        hvc_parse_u64(argv[2], 1, CLIENTS_MAX, &count) < 0 || hvc_parse_u64(argv[3], 1, REQUESTS_MAX, &requests) < 0 ||
        !make_message(argv[4])) {
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
    for (uint64_t i = 0; i < count; i++) {
        if (clients[i].tls != NULL)
            gnutls_deinit(clients[i].tls);
        if (clients[i].fd > 0)
            (void)close(clients[i].fd);
        free(clients[i].answer);
    }
    free(times_ms);
    if (plan.credentials != NULL)
        gnutls_certificate_free_credentials(plan.credentials);
    return rc;
}
