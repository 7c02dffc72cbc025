/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A client's connection to a CIM server on loopback, kept between its requests. Functions that return words return NULL
 * when all went well. */
#ifndef HVC_BENCH_CONNECTION_H
#define HVC_BENCH_CONNECTION_H

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct connection {
    int fd; /* 0: none */
    gnutls_session_t tls;
    char *answer; /* head and body of the last one; freed by connection_close */
    size_t size, length, body;
};

double connection_now_ms(void);

/* credentials NULL: without TLS. */
const char *connection_open(struct connection *connection, uint16_t port, gnutls_certificate_credentials_t credentials);
/* message: head and body, as connection_message makes it. An ERROR of CIM is something wrong, too. */
const char *connection_ask(struct connection *connection, const char *message);
/* The head and body of the last answer, "": none. */
const char *connection_answer(const struct connection *connection);
void connection_close(struct connection *connection);

/* A POST of the document in a file; user "NAME:PASSWORD", NULL: nobody. free(); NULL: it cannot be read. */
char *connection_message(const char *path, const char *user);

#endif
