/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a MOF file: it is refused with words, or what is made of it is made. */
#include <stdio.h>
#include <stdlib.h>

#include "emit.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *messages = NULL;
    char *made = NULL;
    size_t message_length = 0;
    size_t made_length = 0;
    struct mof_run run = {.alone = true};
    struct mof_tree tree = {0};
    FILE *out;

    run.messages = open_memstream(&messages, &message_length);
    out = open_memstream(&made, &made_length);
    if (run.messages == NULL || out == NULL)
        abort();
    mof_parse_text(&run, &tree, "input", (const char *)data, size);
    if (run.errors == 0)
        mof_check(&run, &tree);
    if (run.errors == 0) {
        mof_emit_c(&run, &tree, "root/x", "x", out);
        mof_emit_doc(&run, &tree, "root/x", out);
    }
    if (fclose(run.messages) != 0 || fclose(out) != 0)
        abort();
    if ((run.errors != 0) != (message_length != 0) || (run.errors == 0) != (made_length != 0))
        abort(); /* refused without a word, or words about nothing */
    mof_arena_free(&run.arena);
    free(messages);
    free(made);
    return 0;
}
