/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pam_check.h"

#include <grp.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <string.h>

#include "hvc/bytes.h"
#include "hvc/text.h"

enum { GROUPS_MAX = 4096 };

/* What the conversation knows; PAM hands it back to our functions. */
struct talk {
    const char *password;
    unsigned answers; /* secrets that were asked for */
    unsigned delay_us;
    char said[HVC_AUTH_WORDS_MAX / 2]; /* the last thing that a module said */
};

/* ---- the conversation ---- */

static int answer_one(struct talk *talk, const struct pam_message *message, struct pam_response *response)
{
    switch (message->msg_style) {
    case PAM_PROMPT_ECHO_OFF:
        /* a second secret (a one-time code, a new password) cannot be had through HTTP */
        if (talk->answers++ > 0)
            return PAM_CONV_ERR;
        response->resp = strdup(talk->password);
        return response->resp == NULL ? PAM_BUF_ERR : PAM_SUCCESS;
    case PAM_ERROR_MSG:
    case PAM_TEXT_INFO:
        (void)snprintf(talk->said, sizeof(talk->said), "%s", message->msg); /* may be cut */
        return PAM_SUCCESS;
    default: /* PAM_PROMPT_ECHO_ON: the name is known, nothing else can be asked */
        return PAM_CONV_ERR;
    }
}

static void free_responses(struct pam_response *responses, int count)
{
    for (int i = 0; i < count; i++) {
        if (responses[i].resp != NULL) {
            explicit_bzero(responses[i].resp, strlen(responses[i].resp));
            free(responses[i].resp);
        }
    }
    free(responses);
}

static int converse(int count, const struct pam_message **messages, struct pam_response **ret_responses, void *context)
{
    struct pam_response *responses;
    int rc = PAM_SUCCESS;

    if (count <= 0 || count > PAM_MAX_NUM_MSG)
        return PAM_CONV_ERR;
    responses = calloc((size_t)count, sizeof(*responses));
    if (responses == NULL)
        return PAM_BUF_ERR;
    for (int i = 0; rc == PAM_SUCCESS && i < count; i++)
        rc = answer_one(context, messages[i], &responses[i]);
    if (rc != PAM_SUCCESS)
        free_responses(responses, count);
    else
        *ret_responses = responses; /* the module's, which wipes and frees them */
    return rc;
}

/* PAM calls this instead of sleeping (pam_fail_delay(3)). */
static void note_delay(int status, unsigned delay_us, void *context)
{
    struct talk *talk = context;

    if (status != PAM_SUCCESS)
        talk->delay_us = delay_us;
}

static int set_items(pam_handle_t *handle, const struct hvc_auth_request *request)
{
    void (*function)(int, unsigned, void *) = note_delay;
    const void *item;
    int rc;

    memcpy(&item, &function, sizeof(item)); /* pam_set_item(3) wants a function as a pointer to data */
    rc = pam_set_item(handle, PAM_FAIL_DELAY, item);
    if (rc == PAM_SUCCESS)
        rc = pam_set_item(handle, PAM_RHOST, request->origin[0] != '\0' ? request->origin : "localhost");
    if (rc == PAM_SUCCESS)
        rc = pam_set_item(handle, PAM_TTY, "hvcluster");
    return rc;
}

/* ---- what PAM's word means ---- */

static const struct row {
    int status;
    enum hvc_auth_verdict verdict;
    const char *words; /* NULL: those of PAM only */
} rows[] = {
    /* the same words whatever was wrong: nobody learns which names exist */
    {PAM_AUTH_ERR, HVC_AUTH_REFUSED, "user name or password is wrong"},
    {PAM_USER_UNKNOWN, HVC_AUTH_REFUSED, "user name or password is wrong"},
    {PAM_MAXTRIES, HVC_AUTH_REFUSED, "user name or password is wrong"},
    {PAM_CRED_INSUFFICIENT, HVC_AUTH_REFUSED, "user name or password is wrong"},
    {PAM_ACCT_EXPIRED, HVC_AUTH_EXPIRED, "the account has expired; an administrator of the node can prolong it"},
    {PAM_NEW_AUTHTOK_REQD, HVC_AUTH_EXPIRED, "the password has expired; log in to the node and change it"},
    {PAM_AUTHTOK_EXPIRED, HVC_AUTH_EXPIRED, "the password has expired; log in to the node and change it"},
    {PAM_PERM_DENIED, HVC_AUTH_DENIED, "the account may not log in here"},
    {PAM_CONV_ERR, HVC_AUTH_UNAVAILABLE, "PAM asked for more than one password, which HTTP cannot carry"},
};

static const struct row *find_row(int status)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].status == status)
            return &rows[i];
    }
    return NULL;
}

static void refuse(pam_handle_t *handle, const char *service, int status, const struct talk *talk,
                   struct hvc_auth_answer *answer)
{
    const struct row *row = find_row(status);
    const char *said = talk->said[0] != '\0' ? talk->said : pam_strerror(handle, status);

    if (row == NULL)
        hvc_auth_answer_set(answer, HVC_AUTH_UNAVAILABLE, "PAM cannot check passwords: %s; look at /etc/pam.d/%s", said,
                            service);
    else if (row->verdict == HVC_AUTH_REFUSED)
        hvc_auth_answer_set(answer, row->verdict, "%s", row->words);
    else
        hvc_auth_answer_set(answer, row->verdict, "%s (PAM: %s)", row->words, said);
}

/* ---- groups ---- */

/* Appends a name and keeps the empty one at the end. */
static bool add_group(const char *name, struct hvc_auth_answer *answer, size_t *used)
{
    size_t length = strlen(name) + 1;

    if (length == 1 || !hvc_bytes_is_text(name, length - 1, false, NULL))
        return true; /* no configuration can name it */
    if (*used + length >= sizeof(answer->groups))
        return false;
    memcpy(answer->groups + *used, name, length);
    *used += length;
    return true;
}

/* False when there is no such account. */
static bool set_user(const struct passwd *account, struct hvc_auth_answer *answer)
{
    return account != NULL && hvc_bytes_is_text(account->pw_name, strlen(account->pw_name), false, NULL) &&
           hvc_text_copy(answer->user, sizeof(answer->user), account->pw_name) == 0;
}

static void accept_user(const char *name, struct hvc_auth_answer *answer)
{
    const struct passwd *account = getpwnam(name); /* one thread */
    gid_t *ids = calloc(GROUPS_MAX, sizeof(*ids));
    int count = GROUPS_MAX;
    size_t used = 0;
    bool whole = ids != NULL;

    hvc_auth_answer_set(answer, HVC_AUTH_ACCEPTED, "%s", "");
    if (!set_user(account, answer)) {
        hvc_auth_answer_set(answer, HVC_AUTH_UNAVAILABLE, "PAM accepts the user, but getent passwd does not know it");
        free(ids);
        return;
    }
    if (whole && getgrouplist(account->pw_name, account->pw_gid, ids, &count) < 0)
        whole = false;
    for (int i = 0; whole && i < count; i++) {
        const struct group *group = getgrgid(ids[i]); /* without a name it cannot be one of those that are configured */

        whole = group == NULL || add_group(group->gr_name, answer, &used);
    }
    free(ids);
    if (!whole)
        hvc_auth_answer_set(answer, HVC_AUTH_UNAVAILABLE,
                            "the user is in more groups than can be told: %d bytes of names are allowed",
                            HVC_AUTH_GROUPS_MAX - 1);
}

/* ---- the check ---- */

static int ask(pam_handle_t *handle, const struct hvc_auth_request *request)
{
    int status = set_items(handle, request);

    if (status == PAM_SUCCESS)
        status = pam_authenticate(handle, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
    if (status != PAM_SUCCESS)
        return status;
    status = pam_acct_mgmt(handle, PAM_DISALLOW_NULL_AUTHTOK);
    /* the password is right: pam_deny, which ends Debian's common-account, and pam_succeed_if say no in these words */
    return status == PAM_AUTH_ERR || status == PAM_USER_UNKNOWN ? PAM_PERM_DENIED : status;
}

void hvc_pam_check(const struct hvc_pam_options *options, const struct hvc_auth_request *request,
                   struct hvc_auth_answer *ret_answer, uint64_t *ret_delay_ms)
{
    struct talk talk = {.password = request->password};
    struct pam_conv conversation = {converse, &talk};
    pam_handle_t *handle = NULL;
    const void *name = NULL;
    int status = pam_start_confdir(options->service, request->user, &conversation, options->confdir, &handle);

    *ret_delay_ms = 0;
    if (status != PAM_SUCCESS) {
        refuse(handle, options->service, status, &talk, ret_answer);
        return;
    }
    status = ask(handle, request);
    if (status == PAM_SUCCESS)
        status = pam_get_item(handle, PAM_USER, &name);
    if (status == PAM_SUCCESS && name != NULL)
        accept_user(name, ret_answer);
    else
        refuse(handle, options->service, status, &talk, ret_answer);
    if (ret_answer->verdict != HVC_AUTH_ACCEPTED)
        (void)set_user(getpwnam(request->user), ret_answer); /* for the log only */
    *ret_delay_ms = talk.delay_us / 1000;
    (void)pam_end(handle, status);
}
