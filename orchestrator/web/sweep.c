/* Materials that no case names are taken away when they have lain for materials.keep. Which ones says the database, and marks them
 * for this daemon (material_take); then the bytes go, then the row. An end between leaves a marked row, which another daemon
 * takes up later; a marked one can be neither named nor brought again. */
#include "base/log.h"
#include "web/web_part.h"

enum { AT_ONCE = 100 };
#define ROUND_US_MOST (5 * TIME_MINUTE_US)      /* within which this daemon alone may touch what it has marked */
#define AGAIN_US TIME_HOUR_US                   /* then others may: far beyond, so that a slow one has long given up */
#define EVERY_US_MOST TIME_HOUR_US
#define ARENA_BYTES ((size_t)4 << 20)

int64_t sweep_every_us(const struct web *web) {
    int64_t keep = web->settings.materials_keep_us;
    return keep / 4 < EVERY_US_MOST ? keep / 4 : EVERY_US_MOST;
}

static bool ask_records(struct web *web, struct arena *arena, const char *query, const struct text *parameters, uint32_t count,
                        struct record_list *ret) {
    struct error error = {0};
    if (web->records.query(web->records.context, query, parameters, count, arena, ret, &error) == OUTCOME_OK)
        return true;
    log_warn("materials_not_swept", "the database could not be asked for materials that no case names", LOG_STRING("why", error.message));
    return false;
}

static bool take_away(struct web *web, struct arena *arena, struct text digest) {
    const struct vault_port *vault = web->settings.vault;
    struct error error = {0};
    struct text parameters[] = {digest, web->settings.instance};
    struct record_list rows;
    if (vault->remove(vault->context, digest, &error) != OUTCOME_OK) {
        log_warn("material_not_removed", "a material that no case names stays for now", LOG_TEXT("digest", digest), LOG_STRING("why", error.message));
        return false;
    }
    return ask_records(web, arena, "material_gone", parameters, 2, &rows);
}

void sweep_materials(struct web *web, bool (*stops)(void *context), void *context) {
    struct arena arena;
    struct record_list rows = {0};
    int64_t begun = web->clock.monotonic_us(web->clock.context);
    uint32_t gone = 0;
    arena_init(&arena, ARENA_BYTES);
    struct text parameters[] = {web->settings.instance, text_format(&arena, "%lld", (long long)web->settings.materials_keep_us),
                                text_format(&arena, "%lld", (long long)AGAIN_US), text_format(&arena, "%d", AT_ONCE)};
    bool fine = ask_records(web, &arena, "material_take", parameters, 4, &rows);
    for (uint32_t i = 0; fine && i < rows.count && !stops(context); i++) {
        if (web->clock.monotonic_us(web->clock.context) - begun > ROUND_US_MOST)
            break;
        struct json row;
        if (json_read(&arena, rows.at[i], 4, &row, NULL) == OUTCOME_OK)
            gone += take_away(web, &arena, json_get_text(&row, TEXT("digest")));
    }
    if (gone > 0)
        log_info("materials_swept", "materials that no case names were taken away", LOG_INT("count", gone));
    arena_free(&arena);
}
