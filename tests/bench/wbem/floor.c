/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvc-bench-floor PORT BYTES [CERTIFICATE KEY]: a bare libmicrohttpd on loopback, as hvcluster-wbemd uses it, that
 * takes a body and answers with so many bytes: what HTTP (or TLS) alone costs. Until SIGTERM.
 */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/text.h"

enum { THREADS = 4, CONNECTIONS = 256, FILE_MAX = 1 << 16, ANSWER_MAX = 1 << 28 };

struct answer {
    char *bytes;
    size_t length;
};

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *bytes, size_t *count, void **state)
{
    static int seen;
    const struct answer *answer = context;
    struct MHD_Response *response;
    enum MHD_Result result;

    (void)url;
    (void)method;
    (void)version;
    (void)bytes;
    if (*state == NULL || *count > 0) {
        *state = &seen;
        *count = 0;
        return MHD_YES;
    }
    response = MHD_create_response_from_buffer(answer->length, answer->bytes, MHD_RESPMEM_PERSISTENT);
    if (response == NULL)
        return MHD_NO;
    (void)MHD_add_response_header(response, "Content-Type", "application/xml; charset=\"utf-8\"");
    result = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

static char *read_file(const char *path)
{
    FILE *file = path == NULL ? NULL : fopen(path, "re");
    char *text = file == NULL ? NULL : calloc(1, FILE_MAX);
    size_t length = text == NULL ? 0 : fread(text, 1, FILE_MAX - 1, file);

    if (file != NULL)
        (void)fclose(file);
    if (length > 0)
        return text;
    free(text);
    return NULL;
}

static struct MHD_Daemon *start(uint16_t port, char *certificate, char *key, struct answer *answer)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, certificate}, {MHD_OPTION_HTTPS_MEM_KEY, 0, key}, {MHD_OPTION_END, 0, NULL}};
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};

    return MHD_start_daemon(MHD_USE_POLL_INTERNAL_THREAD | (key == NULL ? 0 : MHD_USE_TLS), port, NULL, NULL, handle,
                            answer, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS,
                            MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_ARRAY,
                            key == NULL ? none : tls, MHD_OPTION_END);
}

int main(int argc, char **argv)
{
    struct answer answer = {0};
    uint64_t port, bytes;
    struct MHD_Daemon *daemon;
    char *certificate, *key;
    sigset_t ends;
    int signal_number = 0;

    if ((argc != 3 && argc != 5) || hvc_parse_u64(argv[1], 1, UINT16_MAX, &port) < 0 ||
        hvc_parse_u64(argv[2], 1, ANSWER_MAX, &bytes) < 0) {
        (void)fputs("usage: hvc-bench-floor PORT BYTES [CERTIFICATE KEY]\n", stderr);
        return 2;
    }
    answer.length = bytes;
    answer.bytes = malloc(bytes);
    certificate = argc == 5 ? read_file(argv[3]) : NULL;
    key = argc == 5 ? read_file(argv[4]) : NULL;
    if (answer.bytes == NULL || (argc == 5 && (certificate == NULL || key == NULL))) {
        (void)fputs("hvc-bench-floor: no memory, or no certificate and key\n", stderr);
        return 1;
    }
    memset(answer.bytes, 'x', bytes);
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigaddset(&ends, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &ends, NULL);
    daemon = start((uint16_t)port, certificate, key, &answer);
    if (daemon == NULL) {
        (void)fputs("hvc-bench-floor: libmicrohttpd cannot serve there\n", stderr);
        return 1;
    }
    while (sigwait(&ends, &signal_number) != 0)
        continue;
    MHD_stop_daemon(daemon);
    free(answer.bytes);
    free(certificate);
    free(key);
    return 0;
}
