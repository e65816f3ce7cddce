/* Intrusive doubly linked list, circular with a head. A zeroed head is not ready: list_init it. */
#ifndef YJS_BASE_LIST_H
#define YJS_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list { struct list *next, *previous; };

static inline void list_init(struct list *head) { head->next = head->previous = head; }
static inline bool list_is_empty(const struct list *head) { return head->next == head; }
static inline void list_append(struct list *head, struct list *node) {
    node->previous = head->previous; node->next = head;
    head->previous->next = node; head->previous = node;
}
static inline void list_remove(struct list *node) {
    node->previous->next = node->next; node->next->previous = node->previous;
    node->next = node->previous = node;
}
#define container_of(pointer, type, member) ((type *)(void *)((char *)(pointer) - offsetof(type, member)))
#define list_entry(node, type, member) container_of(node, type, member)
#define list_each(head, node) for (struct list *node = (head)->next; node != (head); node = node->next)
/* The body may remove `node`. */
#define list_each_safe(head, node) \
    for (struct list *node = (head)->next, *node##_next = node->next; node != (head); node = node##_next, node##_next = node->next)

#endif
