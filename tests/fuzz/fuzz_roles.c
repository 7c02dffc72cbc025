/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A configuration file's roles: any text is a table or words with file and line. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "hvc/roles.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hvc_error error = {0};
    struct hvc_roles *roles = NULL;
    char *text = malloc(size + 1);

    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    if (hvc_roles_parse("fuzz", text, &roles, &error) < 0) {
        if (strncmp(error.text, "fuzz:", 5) != 0)
            abort();
    } else {
        (void)hvc_roles_of_groups(roles, "a\0haclient\0");
        (void)hvc_roles_of_certificate(roles, text, text);
    }
    hvc_roles_free(roles);
    free(text);
    return 0;
}
