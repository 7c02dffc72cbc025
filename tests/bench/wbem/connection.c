/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "connection.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 4096, HEAD_MAX = 1024, BODY_MAX = 1 << 16, ANSWER_MAX = 1 << 28, PATIENCE_S = 60, USER_MAX = 128 };

double connection_now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1e6;
}

const char *connection_open(struct connection *connection, uint16_t port, gnutls_certificate_credentials_t credentials)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    const int yes = 1;

    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->fd < 0 || connect(connection->fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
        return "nobody listens at the port";
    (void)setsockopt(connection->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    (void)setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    if (credentials == NULL)
        return NULL;
    if (gnutls_init(&connection->tls, GNUTLS_CLIENT) < 0 || gnutls_set_default_priority(connection->tls) < 0 ||
        gnutls_credentials_set(connection->tls, GNUTLS_CRD_CERTIFICATE, credentials) < 0)
        return "no TLS";
    gnutls_transport_set_int(connection->tls, connection->fd);
    return gnutls_handshake(connection->tls) < 0 ? "the handshake fails" : NULL;
}

static bool say(struct connection *connection, const char *message, size_t length)
{
    for (size_t at = 0; at < length;) {
        ssize_t said = connection->tls != NULL ? gnutls_record_send(connection->tls, message + at, length - at)
                                               : send(connection->fd, message + at, length - at, MSG_NOSIGNAL);

        if (said <= 0)
            return false;
        at += (size_t)said;
    }
    return true;
}

/* More of the answer; at most up to `wanted` bytes, 0: what comes. */
static bool hear(struct connection *connection, size_t wanted)
{
    size_t room = wanted == 0 ? PIECE : wanted - connection->length;
    ssize_t got;

    if (connection->length + room + 1 > connection->size) {
        char *bigger =
            connection->length + room < ANSWER_MAX ? realloc(connection->answer, connection->length + room + 1) : NULL;

        if (bigger == NULL)
            return false;
        connection->answer = bigger;
        connection->size = connection->length + room + 1;
    }
    got = connection->tls != NULL ? gnutls_record_recv(connection->tls, connection->answer + connection->length, room)
                                  : recv(connection->fd, connection->answer + connection->length, room, 0);
    if (got <= 0)
        return false;
    connection->length += (size_t)got;
    connection->answer[connection->length] = '\0';
    return true;
}

const char *connection_ask(struct connection *connection, const char *message)
{
    const char *end = NULL, *said;
    size_t wanted;

    connection->length = 0;
    if (!say(connection, message, strlen(message)))
        return "the server does not take the request";
    while (end == NULL) {
        if (!hear(connection, 0))
            return "the server ends the connection";
        end = strstr(connection->answer, "\r\n\r\n");
    }
    said = strcasestr(connection->answer, "\r\nContent-Length:");
    if (strncmp(connection->answer, "HTTP/1.1 200", 12) != 0 || said == NULL || said > end)
        return "the answer is not 200 with a length";
    connection->body = (size_t)(end + 4 - connection->answer);
    wanted = connection->body + strtoul(said + strlen("\r\nContent-Length:"), NULL, 10);
    while (connection->length < wanted)
        if (!hear(connection, wanted))
            return "the server ends the connection";
    return strstr(connection->answer + connection->body, "<ERROR ") != NULL ? "the answer is an error of CIM" : NULL;
}

const char *connection_answer(const struct connection *connection)
{
    return connection->answer == NULL ? "" : connection->answer;
}

void connection_close(struct connection *connection)
{
    if (connection->tls != NULL)
        gnutls_deinit(connection->tls);
    if (connection->fd > 0)
        (void)close(connection->fd);
    free(connection->answer);
    *connection = (struct connection){0};
}

/* "Authorization: Basic ...", or nothing. */
static bool write_user(const char *user, char *line, size_t size)
{
    const gnutls_datum_t plain = {(unsigned char *)(uintptr_t)user, user == NULL ? 0 : (unsigned)strlen(user)};
    gnutls_datum_t coded = {NULL, 0};

    line[0] = '\0';
    if (user == NULL)
        return true;
    if (plain.size > USER_MAX || gnutls_base64_encode2(&plain, &coded) < 0)
        return false;
    (void)snprintf(line, size, "Authorization: Basic %.*s\r\n", (int)coded.size, (const char *)coded.data);
    gnutls_free(coded.data);
    return true;
}

char *connection_message(const char *path, const char *user)
{
    char line[2 * USER_MAX + 64];
    FILE *file = fopen(path, "re");
    char *body = calloc(1, BODY_MAX), *message = malloc(HEAD_MAX + BODY_MAX);
    size_t length = file == NULL || body == NULL ? 0 : fread(body, 1, BODY_MAX - 1, file);
    bool good = length > 0 && message != NULL && write_user(user, line, sizeof(line));

    if (file != NULL)
        (void)fclose(file);
    if (good)
        (void)snprintf(message, HEAD_MAX + BODY_MAX,
                       "POST /cimom HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/xml; "
                       "charset=\"utf-8\"\r\nCIMOperation: MethodCall\r\n%sContent-Length: %zu\r\n\r\n%s",
                       line, length, body);
    free(body);
    if (good)
        return message;
    free(message);
    return NULL;
}
