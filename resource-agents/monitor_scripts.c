/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "monitor_scripts.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "hvc/clock.h"
#include "hvc/run_program.h"
#include "hvc/text.h"

#define BLANKS        " \t\n"
#define LOOK_AGAIN_MS 1000 /* between two rounds while a guest boots */

static int run_one(const char *path, uint64_t deadline_ms, struct hvc_error *error)
{
    const char *const arguments[] = {path, NULL};
    const struct hvc_program program = {.arguments = arguments, .with_stderr = true};
    char output[512];
    bool cut = false;
    int rc = hvc_run_program(&program, deadline_ms, output, sizeof(output), &cut, error);

    if (rc < 0)
        return hvc_error_prefix(error, "monitor script");
    if (rc > 0)
        return hvc_error_set(error, -EIO, "monitor script %s ended with %d: %s%s", path, rc, output, cut ? "..." : "");
    return 0;
}

int hvc_monitor_scripts_run(const char *scripts, uint64_t deadline_ms, struct hvc_error *error)
{
    for (const char *p = scripts + strspn(scripts, BLANKS); *p != '\0'; p += strspn(p, BLANKS)) {
        size_t length = strcspn(p, BLANKS);
        char path[HVC_PATH_TEXT_MAX];
        int rc;

        if (length >= sizeof(path))
            return hvc_error_set(error, -ENAMETOOLONG, "monitor script: the path has more than %d characters",
                                 HVC_PATH_TEXT_MAX - 1);
        memcpy(path, p, length);
        path[length] = '\0';
        rc = run_one(path, deadline_ms, error);
        if (rc < 0)
            return rc;
        p += length;
    }
    return 0;
}

int hvc_monitor_scripts_await(const char *scripts, uint64_t deadline_ms, struct hvc_error *error)
{
    for (;;) {
        uint64_t left;
        int rc;

        hvc_error_clear(error);
        rc = hvc_monitor_scripts_run(scripts, deadline_ms, error);
        left = hvc_deadline_left(deadline_ms);
        if (rc == 0 || left <= LOOK_AGAIN_MS)
            return rc;
        (void)poll(NULL, 0, LOOK_AGAIN_MS);
    }
}
