/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handles.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void begin(void)
{
    (void)pthread_mutex_lock(&lock);
}

static cs_error_t end(cs_error_t result)
{
    (void)pthread_mutex_unlock(&lock);
    return result;
}

cs_error_t hvc_cmap_open(cmap_handle_t *ret_map, cmap_map_t which)
{
    begin();
    return end(cmap_initialize_map(ret_map, which));
}

void hvc_cmap_close(cmap_handle_t map)
{
    begin();
    (void)end(cmap_finalize(map));
}

cs_error_t hvc_quorum_open(quorum_handle_t *ret_quorum, quorum_model_v1_data_t *model, uint32_t *ret_type,
                           void *context)
{
    begin();
    return end(
        quorum_model_initialize(ret_quorum, QUORUM_MODEL_V1, (quorum_model_data_t *)(void *)model, ret_type, context));
}

void hvc_quorum_close(quorum_handle_t quorum)
{
    begin();
    (void)end(quorum_finalize(quorum));
}

cs_error_t hvc_votequorum_open(votequorum_handle_t *ret_votes, votequorum_callbacks_t *callbacks)
{
    begin();
    return end(votequorum_initialize(ret_votes, callbacks));
}

void hvc_votequorum_close(votequorum_handle_t votes)
{
    begin();
    (void)end(votequorum_finalize(votes));
}
