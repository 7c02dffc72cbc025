/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One question or change, asked of the local CIB manager in a thread of its own until a deadline. Whoever asks embeds
 * the task in a struct of his own, made with calloc.
 */
#ifndef HVC_PACEMAKER_SESSION_H
#define HVC_PACEMAKER_SESSION_H

#include <crm/cib.h>
#include <stdbool.h>
#include <stdint.h>

#include "hvc/error.h"

struct session_task {
    int (*run)(struct session_task *task, cib_t *cib);
    void (*after)(struct session_task *task);   /* when run went well and the CIB was let go of; NULL: nothing */
    void (*release)(struct session_task *task); /* frees the whole struct */
    bool write;                                 /* the CIB shall be changed */
    bool listens;                               /* changes of the CIB are told: session_await_change() */
    uint64_t deadline_ms;
    int told;               /* of session.c */
    struct hvc_error error; /* of run */
    int status;
};

/* 0: done, the task is the caller's. Negative: the task was released, or its thread will do so. NULL: -ENOMEM. */
int session_run(struct session_task *task, struct hvc_error *error);

/* In run of a task that listens: until something has changed since run began or since the last wait, until_ms at most.
 * Others have their turn meanwhile. */
void session_await_change(const struct session_task *task, uint64_t until_ms);

/* True: a connection that is kept between tasks, so that its CIB manager is the one of the last task. */
bool session_keeps(const cib_t *cib);

/* Seconds for a library's own timeout, at least one. */
int session_seconds_left(const struct session_task *task);

/* Why no connection can be made: the libraries turn every failure into ENOTCONN. service: libqb's name of it. */
int session_connect_failed(struct hvc_error *error, const char *whom, const char *service);

/* Of a failed call of libcib's: -ETIMEDOUT, -EACCES, -EIO, or -ECOMM, which session_run says in words of its own. */
int session_code(int code);

#define SESSION_CLIENT "hvcluster"

#endif
