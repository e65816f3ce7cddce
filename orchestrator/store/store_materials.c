/* Materials that applications of the intake topic name: asked for a whole batch at once. */
#include "store/store_part.h"

enum outcome store_materials(void *context, struct store_material *materials, uint32_t count, struct arena *arena, struct error *error) {
    struct store *store = context;
    struct pg_arguments arguments = {0};
    for (int column = 0; column < 4; column++) {
        struct pg_array *array = &store->scratch[column];
        pg_array_begin(array, PG_TEXT);
        for (uint32_t i = 0; i < count; i++)
            pg_array_text(array, column == 0 ? materials[i].case_id : column == 1 ? materials[i].thing
                                 : column == 2 ? materials[i].material : materials[i].digest);
        pg_argument_text(&arguments, pg_array_end(array));
    }
    _cleanup_result_ PGresult *result = NULL;
    enum outcome outcome = pg_run(&store->aside, "materials", &arguments, true, &result, error);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (PQntuples(result) != (int)count)
        return error_set(error, OUTCOME_REJECT, "store_refused", "%u materials were asked for, %d came", count, PQntuples(result));
    for (uint32_t i = 0; i < count; i++) {
        materials[i].is_kept = pg_get_bool(result, (int)i, 0);
        materials[i].size = pg_get_int64(result, (int)i, 1, 0);
        materials[i].media_type = pg_get_text(arena, result, (int)i, 2);
        materials[i].type_fits = pg_get_bool(result, (int)i, 3);
        materials[i].types = pg_get_text(arena, result, (int)i, 4);
    }
    return arena->failed ? error_no_memory(error) : OUTCOME_OK;
}
