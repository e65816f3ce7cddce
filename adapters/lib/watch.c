/* Watches: file descriptors that drivers wait for, on the adapter's epoll. */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include "internal.h"

static struct watch *find(struct yjs_adapter *a, int fd) {
    list_each(&a->watches, node) {
        struct watch *w = list_entry(node, struct watch, link);
        if (w->fd == fd)
            return w;
    }
    return NULL;
}

int yjs_watch(struct yjs_adapter *a, int fd, uint32_t events, void (*ready)(void *, int, uint32_t), void *user) {
    struct watch *w = find(a, fd);
    if (events == 0) {
        if (!w)
            return 0;
        epoll_ctl(a->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
        w->gone = true;         /* its event may be in hand: freed at the turn's end */
        w->fd = -1;
        list_remove(&w->link);
        list_append(&a->dead_watches, &w->link);
        return 0;
    }
    bool fresh = !w;
    if (fresh) {
        w = adapter_alloc(sizeof(*w));
        w->fd = fd;
        list_append(&a->watches, &w->link);
    }
    w->events = events;
    w->ready = ready;
    w->user = user;
    struct epoll_event event = {.events = events, .data.ptr = w};
    int code = epoll_ctl(a->epoll_fd, fresh ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
    if (code && errno == ENOENT)        /* the descriptor was closed and opened again behind our back */
        code = epoll_ctl(a->epoll_fd, EPOLL_CTL_ADD, fd, &event);
    return code;
}

void watches_free(struct yjs_adapter *a) {
    struct list *const lists[] = {&a->watches, &a->dead_watches};
    for (size_t i = 0; i < 2; i++)
        list_each_safe(lists[i], node) {
            list_remove(node);
            free(list_entry(node, struct watch, link));
        }
}
