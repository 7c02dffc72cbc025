/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "direct_request.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hvc/cleanup.h"
#include "hvc/limits.h"

int hvc_direct_read(int fd, char **ret_text, size_t *ret_length, struct hvc_error *error)
{
    HVC_CLEANUP(free) char *text = malloc(HVC_IPC_MESSAGE_MAX + 1);
    size_t used = 0;

    if (text == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory");
    for (;;) {
        ssize_t length = read(fd, text + used, HVC_IPC_MESSAGE_MAX + 1 - used);
        char *line_end;

        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return hvc_error_set(error, -EIO, "cannot read the request: %s", strerror(errno));
        line_end = memchr(text + used, '\n', (size_t)length);
        used = line_end == NULL ? used + (size_t)length : (size_t)(line_end - text);
        if (used > HVC_IPC_MESSAGE_MAX)
            return hvc_error_set(error, -E2BIG, "the request has more than %d bytes", HVC_IPC_MESSAGE_MAX);
        if (length == 0 || line_end != NULL)
            break;
    }
    if (used == 0)
        return hvc_error_set(error, -EINVAL, "there is no request on standard input");
    text[used] = '\0';
    *ret_length = used;
    *ret_text = HVC_TAKE(text, NULL);
    return 0;
}

struct watch {
    int fd;
    void (*function)(void *context);
    void *context;
};

/* Anything more on the input is read and dropped: only its end counts. */
static void *watch_input(void *argument)
{
    struct watch watch = *(struct watch *)argument;
    char dropped[256];

    free(argument);
    for (;;) {
        struct pollfd fds = {.fd = watch.fd, .events = POLLIN};
        ssize_t length;

        if (poll(&fds, 1, -1) < 0 && errno == EINTR)
            continue;
        length = read(watch.fd, dropped, sizeof(dropped));
        if (length > 0 || (length < 0 && errno == EINTR))
            continue;
        watch.function(watch.context);
        return NULL;
    }
}

int hvc_direct_watch(int fd, void (*function)(void *context), void *context)
{
    struct watch *watch = malloc(sizeof(*watch));
    pthread_t thread;
    int rc;

    if (watch == NULL)
        return -ENOMEM;
    *watch = (struct watch){.fd = fd, .function = function, .context = context};
    rc = pthread_create(&thread, NULL, watch_input, watch);
    if (rc != 0) {
        free(watch);
        return -rc;
    }
    (void)pthread_detach(thread);
    return 0;
}
