/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "talk.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../hvc_cmocka.h"

enum { PATIENCE_S = 20 };

struct talk {
    int fd;
    gnutls_session_t tls; /* NULL: none */
    char ahead[262144];   /* read, and of the next answer */
    size_t ahead_length;
};

static struct talk *secure(struct talk *talk, gnutls_certificate_credentials_t credentials)
{
    assert_int_equal(gnutls_init(&talk->tls, GNUTLS_CLIENT), 0);
    assert_int_equal(gnutls_set_default_priority(talk->tls), 0);
    assert_int_equal(gnutls_credentials_set(talk->tls, GNUTLS_CRD_CERTIFICATE, credentials), 0);
    gnutls_transport_set_int(talk->tls, talk->fd);
    gnutls_handshake_set_timeout(talk->tls, PATIENCE_S * 1000);
    if (gnutls_handshake(talk->tls) >= 0)
        return talk;
    talk_close(talk);
    return NULL;
}

unsigned talk_free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    assert_int_equal(close(fd), 0);
    return ntohs(address.sin_port);
}

int talk_socket(unsigned host, unsigned port, bool at_once)
{
    const struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK - 1 + host)}};
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const int yes = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (at_once ? SOCK_NONBLOCK : 0), 0);

    assert_true(fd >= 0);
    /* a port is chosen when both ends are known: there are more of them */
    assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof(yes)), 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&from, sizeof(from)), 0);
    if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0 || (at_once && errno == EINPROGRESS))
        return fd;
    (void)close(fd);
    return -1;
}

static struct talk *talk_over(int fd)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    struct talk *talk = fd < 0 ? NULL : calloc(1, sizeof(*talk));

    if (fd < 0)
        return NULL;
    assert_non_null(talk);
    talk->fd = fd;
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
    return talk;
}

struct talk *talk_open_from(unsigned host, unsigned port)
{
    return talk_over(talk_socket(host, port, false));
}

struct talk *talk_open(unsigned port, gnutls_certificate_credentials_t credentials)
{
    struct talk *talk = talk_open_from(1, port);

    return talk == NULL || credentials == NULL ? talk : secure(talk, credentials);
}

void talk_close(struct talk *talk)
{
    if (talk == NULL)
        return;
    if (talk->tls != NULL)
        gnutls_deinit(talk->tls);
    (void)close(talk->fd);
    free(talk);
}

bool talk_say(struct talk *talk, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t said = talk->tls != NULL ? gnutls_record_send(talk->tls, bytes, length)
                                         : send(talk->fd, bytes, length, MSG_NOSIGNAL);

        if (said <= 0)
            return false;
        bytes += said;
        length -= (size_t)said;
    }
    return true;
}

bool talk_wait(struct talk *talk, int ms)
{
    struct pollfd wait = {.fd = talk->fd, .events = POLLIN};

    return talk->ahead_length > 0 || poll(&wait, 1, ms) > 0;
}

/* Length of the first answer in text; 0: it is not whole yet. */
static size_t whole(const char *text, size_t length)
{
    const char *head_end = strstr(text, "\r\n\r\n");
    const char *said = strcasestr(text, "\r\nContent-Length:");
    size_t wanted;

    if (head_end == NULL)
        return 0;
    wanted = (size_t)(head_end + 4 - text);
    if (said != NULL && said < head_end)
        wanted += strtoul(said + strlen("\r\nContent-Length:"), NULL, 10);
    return length >= wanted ? wanted : 0;
}

void talk_hear(struct talk *talk, struct talk_answer *ret_answer)
{
    size_t size;

    memset(ret_answer, 0, sizeof(*ret_answer));
    ret_answer->body = "";
    while ((size = whole(talk->ahead, talk->ahead_length)) == 0) {
        size_t room = sizeof(talk->ahead) - 1 - talk->ahead_length;
        char *place = talk->ahead + talk->ahead_length;
        ssize_t got = talk->tls != NULL ? gnutls_record_recv(talk->tls, place, room) : recv(talk->fd, place, room, 0);

        assert_true(room > 0);
        if (got <= 0)
            return;
        talk->ahead_length += (size_t)got;
        talk->ahead[talk->ahead_length] = '\0';
    }
    memcpy(ret_answer->text, talk->ahead, size);
    talk->ahead_length -= size;
    memmove(talk->ahead, talk->ahead + size, talk->ahead_length + 1);
    assert_int_equal(strncmp(ret_answer->text, "HTTP/1.1 ", 9), 0);
    ret_answer->status = (int)strtol(ret_answer->text + 9, NULL, 10);
    ret_answer->body = strstr(ret_answer->text, "\r\n\r\n") + 4;
}
