/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A client of HTTP that says any bytes, right or wrong, over a socket or over TLS, and hears one answer after the
 * other. */
#ifndef HVC_TEST_TALK_H
#define HVC_TEST_TALK_H

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stddef.h>

struct talk_answer {
    int status;        /* 0: the connection was closed before a whole answer came */
    char text[262144]; /* head and body */
    const char *body;
};

struct talk;

/* A port of loopback that was free a moment ago. */
unsigned talk_free_port(void);

/* credentials NULL: no TLS. NULL: the connection, or the handshake, came to nothing. */
struct talk *talk_open(unsigned port, gnutls_certificate_credentials_t credentials);
/* A socket from 127.0.0.HOST, not secured; at_once: it may still be connecting. -1: refused. */
int talk_socket(unsigned host, unsigned port, bool at_once);
struct talk *talk_open_from(unsigned host, unsigned port); /* without TLS */
void talk_close(struct talk *talk);
/* False: the other side does not take it. */
bool talk_say(struct talk *talk, const char *bytes, size_t length);
/* Waits for a whole answer, or the end, at most 20 s. */
void talk_hear(struct talk *talk, struct talk_answer *ret_answer);
/* True: something to hear, or the end, came within ms. */
bool talk_wait(struct talk *talk, int ms);

#endif
