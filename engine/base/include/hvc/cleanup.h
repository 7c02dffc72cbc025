/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scope-bound release for the shells: a variable marked so is released when it goes out of scope. */
#ifndef HVC_CLEANUP_H
#define HVC_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

/* Declares the helper that hvc_cleanup(type) calls; function must accept the null value. */
#define HVC_DEFINE_CLEANUP(type, name, function, null)                                                                 \
    static inline void hvc_cleanup_##name(type *p)                                                                     \
    {                                                                                                                  \
        if (*p != (null))                                                                                              \
            function(*p);                                                                                              \
    }

#define HVC_CLEANUP(name) __attribute__((cleanup(hvc_cleanup_##name)))

static inline void hvc_cleanup_free(void *p)
{
    void *block;
    __builtin_memcpy(&block, p, sizeof(block));
    free(block);
}

static inline void hvc_cleanup_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

/* Hands an owned value on: the variable no longer releases it. */
#define HVC_TAKE(variable, null)                                                                                       \
    __extension__({                                                                                                    \
        __typeof__(variable) taken_ = (variable);                                                                      \
        (variable) = (null);                                                                                           \
        taken_;                                                                                                        \
    })

#endif
