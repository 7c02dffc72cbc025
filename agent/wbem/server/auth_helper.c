/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvcluster-auth: checks one password by PAM. Started by hvcluster-auth.socket for each connection, with the
 * connection as standard input and output; runs as root because shadow(5) is root's. Says yes and the user's groups,
 * or no; never why. A wrong password costs its sender a pause.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <syslog.h>
#include <unistd.h>

#include "auth_protocol.h"

enum { GROUPS_MAX = 256 };

/* PAM frees the answers. */
static int converse(int count, const struct pam_message **messages, struct pam_response **ret_responses, void *context)
{
    struct pam_response *responses = calloc((size_t)count, sizeof(*responses));

    if (responses == NULL)
        return PAM_BUF_ERR;
    for (int i = 0; i < count; i++) {
        if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF)
            responses[i].resp = strdup(context);
        else if (messages[i]->msg_style == PAM_PROMPT_ECHO_ON) {
            for (int j = 0; j < i; j++)
                free(responses[j].resp);
            free(responses);
            return PAM_CONV_ERR; /* a question that is not for the password */
        }
    }
    *ret_responses = responses;
    return PAM_SUCCESS;
}

static int is_good(const char *user, char *password)
{
    const struct pam_conv conversation = {converse, password};
    pam_handle_t *handle = NULL;
    int rc = pam_start(HVC_AUTH_PAM_SERVICE, user, &conversation, &handle);

    if (rc != PAM_SUCCESS)
        return 0;
    (void)pam_fail_delay(handle, 1000000);
    rc = pam_authenticate(handle, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
    if (rc == PAM_SUCCESS)
        rc = pam_acct_mgmt(handle, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
    (void)pam_end(handle, rc);
    return rc == PAM_SUCCESS;
}

static void tell_groups(const char *user)
{
    const struct passwd *entry = getpwnam(user);
    gid_t groups[GROUPS_MAX];
    int count = GROUPS_MAX;

    if (entry == NULL || getgrouplist(user, entry->pw_gid, groups, &count) < 0)
        count = entry == NULL ? 0 : GROUPS_MAX;
    (void)puts(HVC_AUTH_YES);
    for (int i = 0; i < count; i++) {
        const struct group *group = getgrgid(groups[i]);

        if (group != NULL)
            (void)puts(group->gr_name);
    }
}

/* User and password, both ended by a zero byte, and nothing behind them. */
static int read_question(char *bytes, size_t size, char **ret_password)
{
    size_t length = 0;
    ssize_t got = 1;
    const char *end;

    while (got > 0 && length < size) {
        got = read(STDIN_FILENO, bytes + length, size - length);
        length += got > 0 ? (size_t)got : 0;
    }
    end = memchr(bytes, '\0', length);
    if (got != 0 || end == NULL || end == bytes)
        return -EINVAL;
    *ret_password = bytes + (end - bytes) + 1;
    return memchr(*ret_password, '\0', length - (size_t)(*ret_password - bytes)) == bytes + length - 1 ? 0 : -EINVAL;
}

int main(void)
{
    static char question[HVC_AUTH_QUESTION_MAX];
    char *password = NULL;
    int good = 0;

    (void)prctl(PR_SET_DUMPABLE, 0); /* a core would hold the password */
    (void)alarm(HVC_AUTH_SECONDS);
    openlog("hvcluster-auth", LOG_PID, LOG_AUTHPRIV);
    if (read_question(question, sizeof(question), &password) == 0) {
        good = is_good(question, password);
        explicit_bzero(password, strlen(password));
        syslog(good ? LOG_INFO : LOG_NOTICE, "password of user \"%.64s\": %s", question, good ? "good" : "wrong");
    } else
        syslog(LOG_NOTICE, "a question that is none");
    if (good)
        tell_groups(question);
    else
        (void)puts(HVC_AUTH_NO);
    return fflush(stdout) == 0 ? 0 : 1;
}
