/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parameters of an agent: one table of rows from which the metadata is written, the values are read and the
 * refusals are worded, so that they cannot differ. Pure.
 *
 * Every row is one of three kinds:
 *   HONOURED  its value goes into the field of the settings that the row names;
 *   IGNORED   any value is accepted and has no effect, with the row's words of what rules instead;
 *   REFUSED   only its neutral values are accepted; anything else is an error with the row's words of what to do.
 */
#ifndef HVC_PARAMETERS_H
#define HVC_PARAMETERS_H

#include "ocf.h"

enum hvc_parameter_use { HVC_PARAMETER_HONOURED, HVC_PARAMETER_IGNORED, HVC_PARAMETER_REFUSED };
enum hvc_parameter_type { HVC_PARAMETER_STRING, HVC_PARAMETER_INTEGER, HVC_PARAMETER_BOOLEAN };

#define HVC_PARAMETER_WORDS_MAX 8

struct hvc_parameter {
    const char *name;
    enum hvc_parameter_use use;
    enum hvc_parameter_type type;
    bool required;
    bool unique;       /* no two resources may have the same value */
    bool reloadable;   /* a change runs reload-agent, not a restart of the guest */
    size_t offset;     /* HONOURED: of the field: const char *, uint64_t or bool by type */
    uint64_t min, max; /* INTEGER; 0 is always accepted and means "not set" */
    const char
        *words[HVC_PARAMETER_WORDS_MAX]; /* STRING: the only values, when there are any. REFUSED: the neutral ones */
    const char *standard;                /* the default; NULL: none */
    const char *shortdesc;
    const char *longdesc;
    const char *instead; /* IGNORED: what rules instead; REFUSED: what to do. NULL otherwise */
};

/* A table ends with a row without a name. */
const struct hvc_parameter *hvc_parameter_find(const struct hvc_parameter *table, const char *name);

/* Called for what is wrong with a value or for what a value does not do; words are a whole sentence. */
enum hvc_parameter_fault {
    HVC_PARAMETER_NO_EFFECT, /* an IGNORED row was given a value */
    HVC_PARAMETER_BAD,       /* a value that is none, a REFUSED row, a name that is not in the table, a missing one */
};
typedef void (*hvc_parameter_fault_fn)(void *context, enum hvc_parameter_fault fault, const char *words);

/* Fills settings from the environment: the default of each HONOURED row, then its value. A value that is bad leaves the
 * default and is told to fault_fn. Returns the number of BAD faults. */
unsigned hvc_parameters_read(const struct hvc_parameter *table, const struct hvc_ocf *ocf, void *settings,
                             hvc_parameter_fault_fn fault_fn, void *context);

#endif
