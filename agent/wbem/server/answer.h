/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the bytes of a request to the bytes of its answer. Threads: any. */
#ifndef HVC_WBEMD_ANSWER_H
#define HVC_WBEMD_ANSWER_H

#include "access.h"
#include "fetch.h"

struct hvc_wbemd_desk;

struct hvc_wbemd_desk_options {
    const struct hvc_wbemd_settings *settings;
    const char *host;
    struct hvc_wbemd_fetch *fetch;
};

struct hvc_wbemd_desk *hvc_wbemd_desk_new(const struct hvc_wbemd_desk_options *options);
void hvc_wbemd_desk_free(struct hvc_wbemd_desk *desk);

struct hvc_wbemd_request {
    const char *bytes;
    size_t length;
    const char *method; /* of header CIMMethod, decoded; NULL: none */
    const char *object; /* of header CIMObject, decoded; NULL: none */
    const char *user;   /* "": nobody; of a certificate its subject */
    const char *address;
    enum hvc_role role;
};

struct hvc_wbemd_answer {
    unsigned http;     /* 200, or what is wrong */
    const char *fault; /* for header CIMError; NULL: none */
    char *bytes;       /* free() */
    size_t length;
    char words[HVC_ERROR_TEXT_MAX]; /* of a fault */
    char stale[512];                /* why the answer may be old; "": it is not */
    char why[HVC_ERROR_TEXT_MAX];   /* why a method returned what it did; "": nothing to say */
};

void hvc_wbemd_answer(struct hvc_wbemd_desk *desk, const struct hvc_wbemd_request *request,
                      struct hvc_wbemd_answer *ret_answer);

#endif
