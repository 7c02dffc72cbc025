/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_helper.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../hvc_cmocka.h"

enum { REQUEST_MS = 60000 };

struct fake_helper {
    char folder[32], path[64];
    int listener;
    fake_answer_fn answer;
    void *context;
    unsigned served;
    pthread_t thread;
};

static void *serve(void *context)
{
    struct fake_helper *fake = context;
    int fd;

    while ((fd = accept(fake->listener, NULL, NULL)) >= 0) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};

        (void)poll(&wait, 1, REQUEST_MS); /* the request is there before it is answered or left */
        fake->answer(fd, fake->context);
        fake->served++;
        (void)close(fd);
    }
    return NULL;
}

struct fake_helper *fake_helper_start(fake_answer_fn answer, void *context)
{
    struct fake_helper *fake = calloc(1, sizeof(*fake));
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    assert_non_null(fake);
    fake->answer = answer;
    fake->context = context;
    (void)snprintf(fake->folder, sizeof(fake->folder), "/tmp/hvc-auth-XXXXXX");
    assert_non_null(mkdtemp(fake->folder));
    (void)snprintf(fake->path, sizeof(fake->path), "%s/socket", fake->folder);
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", fake->path);
    fake->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fake->listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fake->listener, 0), 0);
    assert_int_equal(pthread_create(&fake->thread, NULL, serve, fake), 0);
    return fake;
}

const char *fake_helper_path(const struct fake_helper *fake)
{
    return fake->path;
}

unsigned fake_helper_stop(struct fake_helper *fake)
{
    unsigned served;

    (void)shutdown(fake->listener, SHUT_RDWR);
    (void)pthread_join(fake->thread, NULL);
    served = fake->served;
    (void)close(fake->listener);
    (void)unlink(fake->path);
    (void)rmdir(fake->folder);
    free(fake);
    return served;
}
