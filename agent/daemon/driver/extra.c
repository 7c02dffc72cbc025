/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "extra.h"

#include <errno.h>

#include "hvc/bytes.h"
#include "hvc/hash.h"

/* "HVCx"; replication's messages begin with "HVCL" (wire.h). */
#define MAGIC   UINT32_C(0x78435648)
#define VERSION 1

bool hvc_extra_is(const void *bytes, size_t length)
{
    struct hvc_bytes_reader reader = hvc_bytes_reader(bytes, length);

    return hvc_bytes_get(&reader, 4) == MAGIC && !reader.failed;
}

static bool put_body(const struct hvc_extra *m, struct hvc_bytes_writer *w)
{
    switch (m->kind) {
    case HVC_EXTRA_HELLO:
        hvc_bytes_put(w, 4, m->cpus);
        hvc_bytes_put(w, 8, m->memory_kib);
        return true;
    case HVC_EXTRA_WANT:
    case HVC_EXTRA_NOT:
        hvc_bytes_append(w, m->hash, sizeof(m->hash));
        return true;
    case HVC_EXTRA_HAVE:
        hvc_bytes_append(w, m->hash, sizeof(m->hash));
        hvc_bytes_put(w, 4, m->size);
        hvc_bytes_put(w, 4, m->offset);
        hvc_bytes_put(w, 4, m->length);
        hvc_bytes_append(w, m->bytes, m->length);
        return true;
    case HVC_EXTRA_SOFT:
        hvc_bytes_put(w, 4, m->length);
        hvc_bytes_append(w, m->bytes, m->length);
        return true;
    default:
        return false;
    }
}

int hvc_extra_encode(const struct hvc_extra *m, void *bytes, size_t size, size_t *ret_length)
{
    struct hvc_bytes_writer w = hvc_bytes_writer(bytes, size);

    hvc_bytes_put(&w, 4, MAGIC);
    hvc_bytes_put(&w, 1, VERSION);
    hvc_bytes_put(&w, 1, m->kind);
    hvc_bytes_put(&w, 4, m->to);
    hvc_bytes_put(&w, 8, m->boot_id);
    if (!put_body(m, &w))
        return -EINVAL;
    if (!w.failed)
        hvc_bytes_put(&w, 8, hvc_hash64(bytes, w.length, VERSION));
    if (w.failed)
        return -ENOBUFS;
    *ret_length = w.length;
    return 0;
}

static bool get_body(struct hvc_extra *m, struct hvc_bytes_reader *r)
{
    switch (m->kind) {
    case HVC_EXTRA_HELLO:
        m->cpus = (uint32_t)hvc_bytes_get(r, 4);
        m->memory_kib = hvc_bytes_get(r, 8);
        return m->memory_kib <= HVC_KIB_MAX;
    case HVC_EXTRA_WANT:
    case HVC_EXTRA_NOT:
        hvc_bytes_copy(r, m->hash, sizeof(m->hash));
        return true;
    case HVC_EXTRA_HAVE:
        hvc_bytes_copy(r, m->hash, sizeof(m->hash));
        m->size = (uint32_t)hvc_bytes_get(r, 4);
        m->offset = (uint32_t)hvc_bytes_get(r, 4);
        m->length = (uint32_t)hvc_bytes_get(r, 4);
        m->bytes = hvc_bytes_take(r, m->length);
        return m->size > 0 && m->size <= HVC_XML_MAX && m->length > 0 && m->length <= HVC_EXTRA_PART_MAX &&
               m->offset < m->size && m->length <= m->size - m->offset;
    case HVC_EXTRA_SOFT:
        m->length = (uint32_t)hvc_bytes_get(r, 4);
        m->bytes = hvc_bytes_take(r, m->length);
        return m->length > 0 && m->length <= HVC_SOFT_FACTS_MAX;
    default:
        return false;
    }
}

int hvc_extra_decode(const void *bytes, size_t length, struct hvc_extra *ret_extra)
{
    struct hvc_bytes_reader r = hvc_bytes_reader(bytes, length);
    struct hvc_extra m = {0};
    bool good = hvc_bytes_get(&r, 4) == MAGIC && hvc_bytes_get(&r, 1) == VERSION;

    m.kind = (uint8_t)hvc_bytes_get(&r, 1);
    m.to = (uint32_t)hvc_bytes_get(&r, 4);
    m.boot_id = hvc_bytes_get(&r, 8);
    if (!good || r.failed || !get_body(&m, &r) || r.failed ||
        hvc_bytes_get(&r, 8) != hvc_hash64(bytes, length - sizeof(uint64_t), VERSION) || r.failed ||
        r.offset != r.length)
        return -EBADMSG;
    *ret_extra = m;
    return 0;
}
