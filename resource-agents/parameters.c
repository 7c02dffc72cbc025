/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "parameters.h"

#include <string.h>

#include "hvc/text.h"

struct reader {
    const struct hvc_ocf *ocf;
    hvc_parameter_fault_fn fault_fn;
    void *context;
    unsigned bad;
};

const struct hvc_parameter *hvc_parameter_find(const struct hvc_parameter *table, const char *name)
{
    for (const struct hvc_parameter *row = table; row->name != NULL; row++)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

static void tell_bad(struct reader *reader, const char *words)
{
    reader->bad++;
    reader->fault_fn(reader->context, HVC_PARAMETER_BAD, words);
}

static bool is_one_of(const struct hvc_parameter *row, const char *value)
{
    for (size_t i = 0; i < HVC_PARAMETER_WORDS_MAX && row->words[i] != NULL; i++)
        if (strcmp(row->words[i], value) == 0)
            return true;
    return false;
}

/* "a, b or c" */
static void list_words(const struct hvc_parameter *row, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < HVC_PARAMETER_WORDS_MAX && row->words[i] != NULL; i++) {
        bool last = i + 1 == HVC_PARAMETER_WORDS_MAX || row->words[i + 1] == NULL;

        /* Words are constants of a table; a list that did not fit would show in the golden files. */
        if (hvc_text_append(text, size, &used, "%s'%s'", i == 0 ? "" : last ? " or " : ", ", row->words[i]) < 0)
            return;
    }
}

/* Places that hold values of the settings; a row's type says which one its field is. */
static void put_string(void *settings, const struct hvc_parameter *row, const char *value)
{
    memcpy((char *)settings + row->offset, &value, sizeof(value));
}
static void put_integer(void *settings, const struct hvc_parameter *row, uint64_t value)
{
    memcpy((char *)settings + row->offset, &value, sizeof(value));
}
static void put_boolean(void *settings, const struct hvc_parameter *row, bool value)
{
    memcpy((char *)settings + row->offset, &value, sizeof(value));
}

static bool store(const struct hvc_parameter *row, void *settings, const char *value, char *why, size_t size)
{
    uint64_t number = 0;
    bool yes = false;

    switch (row->type) {
    case HVC_PARAMETER_STRING:
        if (row->words[0] != NULL && !is_one_of(row, value)) {
            char words[256];

            list_words(row, words, sizeof(words));
            (void)snprintf(why, size, "it must be %s", words);
            return false;
        }
        put_string(settings, row, value);
        return true;
    case HVC_PARAMETER_INTEGER:
        if (hvc_parse_u64(value, 0, row->max, &number) < 0 || (number != 0 && number < row->min)) {
            (void)snprintf(why, size, "it must be a whole number from %llu to %llu, or 0", (unsigned long long)row->min,
                           (unsigned long long)row->max);
            return false;
        }
        put_integer(settings, row, number);
        return true;
    case HVC_PARAMETER_BOOLEAN:
        if (hvc_parse_bool(value, &yes) < 0) {
            (void)snprintf(why, size, "it must be true or false");
            return false;
        }
        put_boolean(settings, row, yes);
        return true;
    }
    return false;
}

/* False, off, the empty text and the row's own neutral words ask for nothing. */
static bool is_neutral(const struct hvc_parameter *row, const char *value)
{
    uint64_t number = 1;
    bool yes = true;

    if (*value == '\0' || is_one_of(row, value))
        return true;
    switch (row->type) {
    case HVC_PARAMETER_STRING:
        return false;
    case HVC_PARAMETER_INTEGER:
        return hvc_parse_u64(value, 0, 0, &number) == 0;
    case HVC_PARAMETER_BOOLEAN:
        return hvc_parse_bool(value, &yes) == 0 && !yes;
    }
    return false;
}

static void read_row(struct reader *reader, const struct hvc_parameter *row, void *settings)
{
    const char *value = hvc_ocf_parameter(reader->ocf, row->name);
    char words[HVC_ERROR_TEXT_MAX];
    char why[384];

    if (value == NULL || *value == '\0') {
        if (row->required) {
            (void)snprintf(words, sizeof(words), "parameter %s is missing: %s", row->name, row->shortdesc);
            tell_bad(reader, words);
        }
        return;
    }
    switch (row->use) {
    case HVC_PARAMETER_HONOURED:
        if (!store(row, settings, value, why, sizeof(why))) {
            (void)snprintf(words, sizeof(words), "parameter %s is '%.128s': %s", row->name, value, why);
            tell_bad(reader, words);
        }
        return;
    case HVC_PARAMETER_IGNORED:
        if (!is_neutral(row, value)) {
            (void)snprintf(words, sizeof(words), "parameter %s='%.128s' has no effect: %s", row->name, value,
                           row->instead);
            reader->fault_fn(reader->context, HVC_PARAMETER_NO_EFFECT, words);
        }
        return;
    case HVC_PARAMETER_REFUSED:
        if (!is_neutral(row, value)) {
            (void)snprintf(words, sizeof(words), "parameter %s='%.128s' is refused: %s", row->name, value,
                           row->instead);
            tell_bad(reader, words);
        }
        return;
    }
}

/* What Pacemaker and the tools pass beside the parameters of the agent. */
static bool is_foreign(const char *name, size_t length)
{
    static const char *const foreign[] = {"crm_feature_set", "OCF_CHECK_LEVEL", "trace_ra", "trace_file", "trace_dir"};

    if (length >= 9 && strncmp(name, "CRM_meta_", 9) == 0)
        return true;
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
        if (strlen(foreign[i]) == length && strncmp(foreign[i], name, length) == 0)
            return true;
    return false;
}

static void find_unknown(struct reader *reader, const struct hvc_parameter *table)
{
    static const char prefix[] = "OCF_RESKEY_";

    for (char *const *entry = reader->ocf->environment; *entry != NULL; entry++) {
        const char *name = *entry + sizeof(prefix) - 1;
        size_t length;
        char copy[128];
        char words[HVC_ERROR_TEXT_MAX];

        if (strncmp(*entry, prefix, sizeof(prefix) - 1) != 0)
            continue;
        length = strcspn(name, "=");
        (void)snprintf(copy, sizeof(copy), "%.*s", (int)(length < sizeof(copy) ? length : sizeof(copy) - 1), name);
        if (is_foreign(name, length) || hvc_parameter_find(table, copy) != NULL)
            continue;
        (void)snprintf(words, sizeof(words), "parameter %s is unknown to this agent: its meta-data lists those it has",
                       copy);
        tell_bad(reader, words);
    }
}

unsigned hvc_parameters_read(const struct hvc_parameter *table, const struct hvc_ocf *ocf, void *settings,
                             hvc_parameter_fault_fn fault_fn, void *context)
{
    struct reader reader = {.ocf = ocf, .fault_fn = fault_fn, .context = context};
    char ignored[64];

    for (const struct hvc_parameter *row = table; row->name != NULL; row++) {
        if (row->use != HVC_PARAMETER_HONOURED)
            continue;
        if (row->standard != NULL)
            (void)store(row, settings, row->standard, ignored, sizeof(ignored));
        else if (row->type == HVC_PARAMETER_STRING)
            put_string(settings, row, "");
    }
    for (const struct hvc_parameter *row = table; row->name != NULL; row++)
        read_row(&reader, row, settings);
    find_unknown(&reader, table);
    return reader.bad;
}
