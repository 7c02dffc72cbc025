/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/results.h"

#include <errno.h>
#include <string.h>

static const struct {
    const char *word;
    const char *text;
    int exit_code;
    int ocf_code;
} results[HVC_RESULT_MAX] = {
    [HVC_RESULT_OK] = {"ok", "done", 0, 0},
    [HVC_RESULT_NOT_FOUND] = {"not-found", "there is no such thing", 3, 1},
    [HVC_RESULT_INVALID] = {"invalid", "the request makes no sense", 2, 2},
    [HVC_RESULT_REFUSED] = {"refused", "refused", 4, 1},
    [HVC_RESULT_DENIED] = {"denied", "the caller lacks the right", 5, 4},
    [HVC_RESULT_NO_QUORUM] = {"no-quorum", "this part of the cluster has no quorum", 6, 1},
    [HVC_RESULT_BUSY] = {"busy", "something else is under way", 7, 1},
    [HVC_RESULT_TIMEOUT] = {"timeout", "not done in time", 8, 1},
    [HVC_RESULT_UNREACHABLE] = {"unreachable", "a service that is needed does not answer", 9, 1},
    [HVC_RESULT_UNKNOWN_OUTCOME] = {"unknown-outcome", "the outcome is not known", 10, 1},
    [HVC_RESULT_FAILED] = {"failed", "tried and failed", 11, 1},
    [HVC_RESULT_UNSUPPORTED] = {"unsupported", "this cannot be done here", 12, 5},
    [HVC_RESULT_INTERNAL] = {"internal", "a defect of hvcluster", 13, 1},
};

static enum hvc_result known(enum hvc_result result)
{
    return (unsigned)result < HVC_RESULT_MAX ? result : HVC_RESULT_INTERNAL;
}

const char *hvc_result_word(enum hvc_result result)
{
    return results[known(result)].word;
}

const char *hvc_result_text(enum hvc_result result)
{
    return results[known(result)].text;
}

int hvc_result_exit_code(enum hvc_result result)
{
    return results[known(result)].exit_code;
}

int hvc_result_ocf_code(enum hvc_result result)
{
    return results[known(result)].ocf_code;
}

int hvc_result_parse(const char *word, enum hvc_result *ret_result)
{
    for (unsigned i = 0; word != NULL && i < HVC_RESULT_MAX; i++) {
        if (strcmp(results[i].word, word) == 0) {
            *ret_result = (enum hvc_result)i;
            return 0;
        }
    }
    return -EINVAL;
}

enum hvc_result hvc_result_of_errno(int code)
{
    static const struct {
        int code;
        enum hvc_result result;
    } rows[] = {
        {0, HVC_RESULT_OK},
        {-ENOENT, HVC_RESULT_NOT_FOUND},
        {-EINVAL, HVC_RESULT_INVALID},
        {-E2BIG, HVC_RESULT_INVALID},
        {-ENAMETOOLONG, HVC_RESULT_INVALID},
        {-EEXIST, HVC_RESULT_REFUSED},
        {-EACCES, HVC_RESULT_DENIED},
        {-EPERM, HVC_RESULT_DENIED},
        {-EBUSY, HVC_RESULT_BUSY},
        {-EAGAIN, HVC_RESULT_BUSY},
        {-ETIMEDOUT, HVC_RESULT_TIMEOUT},
        {-ECANCELED, HVC_RESULT_FAILED},
        {-ENOTCONN, HVC_RESULT_UNREACHABLE},
        {-ECONNREFUSED, HVC_RESULT_UNREACHABLE},
        {-ECONNRESET, HVC_RESULT_UNREACHABLE},
        {-EPIPE, HVC_RESULT_UNREACHABLE},
        {-EHOSTUNREACH, HVC_RESULT_UNREACHABLE},
        {-EOPNOTSUPP, HVC_RESULT_UNSUPPORTED},
        {-ENOSYS, HVC_RESULT_UNSUPPORTED},
        {-EPROTO, HVC_RESULT_INTERNAL},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].code == code)
            return rows[i].result;
    }
    return HVC_RESULT_FAILED;
}
