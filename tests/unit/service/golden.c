/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "golden.h"

#include "../hvc_cmocka.h"

void golden(const char *name, const char *text)
{
    static char want[65536];
    const char *root = getenv("HVC_SOURCE_DIR");
    char path[512];
    size_t length;
    FILE *file;

    assert_non_null(root);
    (void)snprintf(path, sizeof(path), "%s/tests/golden/service/%s", root, name);
    if (getenv("HVC_GOLDEN_UPDATE") != NULL) {
        file = fopen(path, "w");
        assert_non_null(file);
        assert_true(fputs(text, file) >= 0);
        assert_int_equal(fclose(file), 0);
    }
    file = fopen(path, "r");
    assert_non_null(file);
    length = fread(want, 1, sizeof(want) - 1, file);
    assert_int_equal(fclose(file), 0);
    want[length] = '\0';
    assert_string_equal(text, want);
}
