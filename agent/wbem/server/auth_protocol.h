/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between hvcluster-wbemd and hvcluster-auth, one question a connection:
 *
 *   question  user, zero byte, password, zero byte, end
 *   answer    "yes" and a group a line; or "no"
 */
#ifndef HVC_AUTH_PROTOCOL_H
#define HVC_AUTH_PROTOCOL_H

#define HVC_AUTH_YES          "yes"
#define HVC_AUTH_NO           "no"
#define HVC_AUTH_QUESTION_MAX 1024
#define HVC_AUTH_ANSWER_MAX   16384
#define HVC_AUTH_SECONDS      10 /* longest time of one question */
#define HVC_AUTH_PAM_SERVICE  "hvcluster"
#define HVC_ADDRESS_TEXT_MAX  64

#endif
