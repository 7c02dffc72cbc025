/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cib_kept.h"

#include <stdlib.h>
#include <string.h>

#include "hvc/pacemaker_moves.h"
#include "hvc/text.h"

static struct {
    char version[HVC_PACEMAKER_VERSION_MAX];
    char *text; /* NULL: none */
    size_t length;
    uint64_t read_ms;
} kept;

void cib_kept_forget(void)
{
    free(kept.text);
    kept.text = NULL;
}

void cib_kept_put(const char *version, const char *text, size_t length, uint64_t now_ms)
{
    cib_kept_forget();
    if (hvc_text_copy(kept.version, sizeof(kept.version), version) < 0)
        return;
    kept.text = strndup(text, length);
    kept.length = length;
    kept.read_ms = now_ms;
}

bool cib_kept_get(const char *version, uint64_t now_ms, char **ret_text, size_t *ret_length)
{
    if (kept.text == NULL || now_ms - kept.read_ms > CIB_KEPT_MS || strcmp(kept.version, version) != 0)
        return false;
    *ret_text = strndup(kept.text, kept.length);
    *ret_length = kept.length;
    return *ret_text != NULL;
}
