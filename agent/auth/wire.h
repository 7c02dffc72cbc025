/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What goes through the socket of hvcluster-auth: one packet there, one back (SOCK_SEQPACKET), little-endian.
 *
 *     request   u32 magic, u16 version, text user, text origin, u16 length + password
 *     answer    u32 magic, u16 version, u8 verdict, u32 retry_after_s, text words, text user, u16 count, text group ...
 *
 * text: u16 length and UTF-8 without control characters. Nothing may follow. One form each: what decodes is what
 * encodes. Pure. Both ends are of one installation, so there is one version and no other is taken.
 */
#ifndef HVC_AUTH_WIRE_H
#define HVC_AUTH_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "hvc/auth.h"

enum {
    HVC_AUTH_REQUEST_BYTES_MAX = 4 + 2 + 3 * 2 + HVC_AUTH_USER_MAX + HVC_AUTH_ORIGIN_MAX + HVC_AUTH_PASSWORD_MAX,
    /* in memory a group costs its zero byte, here two bytes of length */
    HVC_AUTH_ANSWER_BYTES_MAX =
        4 + 2 + 1 + 4 + 3 * 2 + HVC_AUTH_WORDS_MAX + HVC_AUTH_USER_MAX + 2 * HVC_AUTH_GROUPS_MAX,
};

/* A request with its own strings: wiped by hvc_auth_wire_wipe. */
struct hvc_auth_wire_request {
    char user[HVC_AUTH_USER_MAX];
    char origin[HVC_AUTH_ORIGIN_MAX];
    char password[HVC_AUTH_PASSWORD_MAX];
};

/* -EINVAL: a name is empty, too long or no text, or the password is too long; words say which. bytes holds
 * HVC_AUTH_REQUEST_BYTES_MAX and is the caller's to wipe. */
int hvc_auth_wire_encode_request(const struct hvc_auth_request *request, uint8_t *bytes, size_t *ret_length,
                                 struct hvc_error *error);
/* -EPROTO when it is no request of this version; nothing of the password is left then. */
int hvc_auth_wire_decode_request(const uint8_t *bytes, size_t length, struct hvc_auth_wire_request *ret_request);
void hvc_auth_wire_wipe(struct hvc_auth_wire_request *request);

/* -EINVAL when a text is none. bytes holds HVC_AUTH_ANSWER_BYTES_MAX. */
int hvc_auth_wire_encode_answer(const struct hvc_auth_answer *answer, uint8_t *bytes, size_t *ret_length);
/* -EPROTO when it is no answer of this version. */
int hvc_auth_wire_decode_answer(const uint8_t *bytes, size_t length, struct hvc_auth_answer *ret_answer);

#endif
