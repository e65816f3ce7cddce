/* The second connection: it hears of new inbox rows while the first one is busy. NOTIFY is a hint (the conductor also
 * looks every 200 ms), so losing it is no error. */
#include "store/store_part.h"

void store_listen(struct store *store) {
    int64_t now = store_monotonic_ms();
    if (pg_is_up(&store->listener) || now < store->listen_again_ms)
        return;
    store->listen_again_ms = now + STORE_LISTEN_AGAIN_MS;
    const struct pg_settings settings = {.conninfo = store->conninfo, .application = store->instance,
                                         .statement_timeout_ms = store->statement_timeout_ms, .wait_ms = store->wait_ms};
    if (pg_open(&store->listener, &settings, NULL, NULL) == OUTCOME_OK &&
        pg_script(&store->listener, "LISTEN yjs_inbox", NULL) != OUTCOME_OK)
        pg_close(&store->listener);
}

/* Empties the descriptor, so that it becomes readable again only by something new. */
void store_drain(struct store *store) {
    if (store->listener.connection && !pg_refresh(&store->listener))
        pg_close(&store->listener);
    if (!pg_is_up(&store->listener)) {
        store_listen(store);
        return;
    }
    for (PGnotify *notify; (notify = PQnotifies(store->listener.connection)) != NULL;)
        PQfreemem(notify);
}
