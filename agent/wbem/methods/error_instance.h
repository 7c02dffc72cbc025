/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Msvm_Error, which is never anything but text inside an answer. */
#ifndef HVC_WBEM_METHODS_ERROR_INSTANCE_H
#define HVC_WBEM_METHODS_ERROR_INSTANCE_H

#include "hvc/cim_method.h"

struct error_words {
    const char *id;              /* MessageID */
    const char *message, *cause; /* never NULL */
    const char *action, *source; /* RecommendedActions, ErrorSource; NULL: none */
    unsigned probable_cause;     /* of ITU X.733's list; 0: none of it says it */
    bool high;                   /* it is in the way; else a warning */
};

/* In CIM-XML. NULL: no memory. */
const char *error_instance_text(const struct hvc_cim_method_call *call, const struct error_words *words);

#endif
