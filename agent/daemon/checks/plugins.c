/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The site's own checks: programs of a folder, run one after the other; each may say no. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hvc/cleanup.h"
#include "hvc/run_program.h"
#include "hvc/text.h"
#include "internal.h"

#define FOLDER "/etc/hvcluster/checks.d"

enum { PLUGIN_MS = 10000 }; /* for each of them */

static struct hvc_fit_answer no(const char *name, const char *words)
{
    struct hvc_fit_answer answer = {.is = HVC_TELL_NO};

    (void)snprintf(answer.words, sizeof(answer.words), "%.48s: %.140s", name, words);
    return answer;
}

/* The first line, of printable ASCII: it goes into terminals, JSON and XML. */
static void make_words(char *output)
{
    output[strcspn(output, "\r\n")] = '\0';
    for (char *p = output; *p != '\0'; p++) {
        if (*p < ' ' || *p > '~')
            *p = '?';
    }
}

/* As run-parts does: no hidden files, none that an editor or a package has left. */
static int is_plugin(const struct dirent *entry)
{
    return strspn(entry->d_name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") ==
           strlen(entry->d_name);
}

/* Only root, or whoever we are, may have written it. */
static const char *what_is_wrong(const char *path)
{
    struct stat file;

    if (stat(path, &file) < 0)
        return strerror(errno);
    if (!S_ISREG(file.st_mode))
        return "it is no regular file";
    if ((file.st_uid != 0 && file.st_uid != geteuid()) || (file.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return "others than root may write it: it was not run";
    return access(path, X_OK) == 0 ? NULL : "hvclusterd's user may not execute it";
}

static struct hvc_fit_answer run_one(const struct checks_target *target, const char *path, const char *name)
{
    const struct checks_run *run = target->run;
    const struct checks_node *source = run->source.node;
    const char *const arguments[] = {path,
                                     run->source.profile == NULL ? run->state.guest_name : run->source.profile->name,
                                     run->request->guest,
                                     hvc_job_kind_info(run->request->kind)->name,
                                     source == NULL ? "" : source->fact->name,
                                     target->node->fact->name,
                                     NULL};
    const struct hvc_program program = {.arguments = arguments, .with_stderr = true};
    const char *wrong = what_is_wrong(path);
    uint64_t deadline = checks_deadline(run, PLUGIN_MS), time_ms = hvc_deadline_left(deadline);
    struct hvc_error error = {0};
    char output[160] = "", words[HVC_FIT_WORDS_MAX];
    bool cut = false;
    int rc;

    if (wrong != NULL)
        return no(name, wrong);
    if (time_ms == 0)
        return no(name, "it was not run: the time of the check was over");
    rc = hvc_run_program(&program, deadline, output, sizeof(output), &cut, &error);
    make_words(output);
    if (rc == 0)
        return (struct hvc_fit_answer){.is = HVC_TELL_YES};
    if (rc == -ETIMEDOUT)
        (void)snprintf(words, sizeof(words), "it did not end in the %llu ms that it had", (unsigned long long)time_ms);
    else if (rc < 0)
        (void)snprintf(words, sizeof(words), "%.150s", error.text);
    else if (output[0] != '\0')
        (void)snprintf(words, sizeof(words), "%s", output);
    else
        (void)snprintf(words, sizeof(words), rc > 128 ? "a signal ended it (exit status %d)" : "exit status %d", rc);
    return no(name, words);
}

void checks_ask_plugins(struct checks_target *target)
{
    const char *root = target->run->operations->root;
    char folder[HVC_PATH_TEXT_MAX], path[HVC_PATH_TEXT_MAX + sizeof(((struct dirent *)0)->d_name) + 1];
    struct dirent **entries = NULL;
    int count;

    (void)snprintf(folder, sizeof(folder), "%s" FOLDER, root == NULL ? "" : root);
    target->plugins.is = HVC_TELL_MOOT;
    count = scandir(folder, &entries, is_plugin, alphasort);
    if (count < 0 && errno != ENOENT)
        target->plugins = no(FOLDER, strerror(errno));
    for (int i = 0; i < count; i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        if (target->plugins.is != HVC_TELL_NO)
            target->plugins = run_one(target, path, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}
