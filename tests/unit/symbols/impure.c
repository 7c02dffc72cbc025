/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Allocates on purpose: the check of undefined symbols must name it. */
void *hvc_impure(size_t size);

void *hvc_impure(size_t size)
{
    return malloc(size);
}
