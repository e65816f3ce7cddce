/* Gathers what is wrong with a source, so that its writer sees everything in one run. */
#include "definition/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"

const struct fault_code *fault_code_find(const char *code) {
    for (const struct fault_code *row = definition_fault_codes; row->code; row++)
        if (strcmp(row->code, code) == 0)
            return row;
    abort();   /* a code that is not in the table can't be explained to anybody */
}

static bool list_has(const struct fault_list *list, struct place place, const char *code, struct text message) {
    for (uint32_t i = 0; i < list->count; i++) {
        const struct fault *f = &list->at[i];
        if (f->line == place.line && f->column == place.column && f->code == code && text_equal(f->message, message))
            return true;
    }
    return false;
}

static bool list_make_room(struct fault_list *list, struct arena *arena) {
    if (list->count < list->room)
        return true;
    uint32_t room = list->room ? list->room * 2 : 16;
    struct fault *at = arena_new_array(arena, room, struct fault);
    if (!at)
        return false;
    if (list->count)
        memcpy(at, list->at, list->count * sizeof *at);
    list->at = at;
    list->room = room;
    return true;
}

void fault_list_add(struct fault_list *list, struct arena *arena, const struct fault *fault) {
    if (list->full || !list_make_room(list, arena))
        return;
    list->at[list->count++] = *fault;
    list->error_count += fault->severity == FAULT_ERROR;
    list->full = list->count == DEFINITION_FAULTS_MOST;
}

void fault_put_text(struct faults *faults, struct place place, const char *code, struct text remedy,
                    struct text message) {
    struct fault_list *list = faults->list;
    const struct fault_code *row = fault_code_find(code);
    if (list->full || list_has(list, place, row->code, message) || !list_make_room(list, faults->arena))
        return;
    if (list->count + 1 == DEFINITION_FAULTS_MOST) {
        list->full = true;
        row = fault_code_find("too_many_faults");
        message = text_from(row->meaning);
        remedy = TEXT_NONE;
    }
    list->at[list->count++] = (struct fault){
        .severity = row->severity, .code = row->code, .file = faults->file, .line = place.line,
        .column = place.column, .message = message,
        .remedy = text_is_none(remedy) ? text_from(row->remedy) : remedy,
    };
    list->error_count += row->severity == FAULT_ERROR;
}

void fault_put(struct faults *faults, struct place place, const char *code, const char *remedy, const char *format,
               ...) {
    char room[1024];
    va_list list;
    va_start(list, format);
    struct text message = text_copy(faults->arena, text_print(room, sizeof room, format, list));
    va_end(list);
    fault_put_text(faults, place, code, text_from(remedy), message);
}

static int fault_order(const void *left, const void *right) {
    const struct fault *a = left, *b = right;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    if (a->column != b->column)
        return a->column < b->column ? -1 : 1;
    int by_code = strcmp(a->code, b->code);
    return by_code ? by_code : text_compare(a->message, b->message);
}

void fault_list_sort(struct fault_list *list) {
    uint32_t sorted = list->count - (list->full && list->count ? 1 : 0);   /* the notice that it is full stays last */
    if (sorted)
        qsort(list->at, sorted, sizeof *list->at, fault_order);
}

enum outcome fault_list_refuse(const struct fault_list *list, struct error *error) {
    for (uint32_t i = 0; i < list->count; i++)
        if (list->at[i].severity == FAULT_ERROR)
            return error_set(error, OUTCOME_REJECT, list->at[i].code, "%.*s:%u:%u: %.*s", TEXT_ARG(list->at[i].file),
                             list->at[i].line, list->at[i].column, TEXT_ARG(list->at[i].message));
    return error_set(error, OUTCOME_REJECT, "too_many_faults", "there are faults");
}

void fault_list_write_text(const struct fault_list *list, struct buffer *out) {
    for (uint32_t i = 0; i < list->count; i++) {
        const struct fault *f = &list->at[i];
        buffer_put_text(out, f->file);
        if (f->line)
            buffer_format(out, ":%u:%u", f->line, f->column);
        buffer_format(out, ": %s: %.*s [%s]\n", f->severity == FAULT_ERROR ? "error" : "warning",
                      TEXT_ARG(f->message), f->code);
        if (f->remedy.length)
            buffer_format(out, "    %.*s\n", TEXT_ARG(f->remedy));
    }
}

void fault_list_write_json(const struct fault_list *list, struct buffer *out) {
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, '[');
    for (uint32_t i = 0; i < list->count; i++) {
        const struct fault *f = &list->at[i];
        json_open(&w, '{');
        json_key(&w, TEXT("severity"));
        json_put_text(&w, f->severity == FAULT_ERROR ? TEXT("error") : TEXT("warning"));
        json_key(&w, TEXT("code"));
        json_put_text(&w, text_from(f->code));
        json_key(&w, TEXT("file"));
        json_put_text(&w, f->file);
        json_key(&w, TEXT("line"));
        json_put_int64(&w, f->line);
        json_key(&w, TEXT("column"));
        json_put_int64(&w, f->column);
        json_key(&w, TEXT("message"));
        json_put_text(&w, f->message);
        json_key(&w, TEXT("remedy"));
        json_put_text(&w, f->remedy);
        json_close(&w, '}');
    }
    json_close(&w, ']');
}
