/* An application becomes a case: held against its form, given a number, and handed to the conductor. */
#include "model/limits.h"
#include "wire/cloud_event.h"
#include "web/handlers.h"
#include "web/web_part.h"

static struct text text_of(const struct json *value) { return value ? value->text : TEXT_NONE; }

/* A number of our own: area, today in China, sequence, check digit. */
static bool draw_number(struct request *request, struct text region, struct text *ret) {
    struct error error = {0};
    struct civil_date d = civil_from_days((request_now_us(request) + TIME_CHINA_OFFSET_US) / TIME_DAY_US);
    struct text day = text_format(&request->arena, "%04d%02d%02d", d.year, d.month, d.day);
    const struct records_port *records = &request->web->records;
    if (records->number(records->context, region, day, &request->arena, ret, &error) == OUTCOME_OK)
        return true;
    reply_error(request, &error);
    return false;
}

/* The number and the urgency of an application; false: it was answered. */
static bool take_number(struct request *request, const struct json *number, const struct json *priority, int64_t *ret_urgency) {
    *ret_urgency = 0;
    if (number && !number_is_sound(number->text)) {
        request_fault(request, TEXT("/number"), "pattern", "a number is 1 to number_bytes_most (%d) letters, digits, '-', '_', '.'",
                      LIMIT_number_bytes_most);
        reply_problem(request, "number_bad", "the number can't be used");
        return false;
    }
    if (priority && (!json_to_int64(priority, ret_urgency) || *ret_urgency < -100 || *ret_urgency > 100)) {
        request_fault(request, TEXT("/priority"), "maximum", "a priority is a whole number from -100 to 100");
        reply_problem(request, "body_invalid", "the body has a fault");
        return false;
    }
    return !command_is_full(request);
}

struct application {
    struct text thing, extra;
    const char *materials_at;    /* where the request has them */
    const struct json *number, *region, *form;
    int64_t urgency;
};

/* `extra` with its materials as they are kept; false: answered. */
static bool stand_by_materials(struct request *request, struct application *a, struct text case_id) {
    struct json extra;
    struct text materials;
    if (!request->web->settings.vault || text_is_none(a->extra) ||
        json_read(&request->arena, a->extra, LIMIT_json_depth_most, &extra, NULL) != OUTCOME_OK || extra.type != JSON_OBJECT ||
        !json_get_string(&extra, "materials"))
        return true;
    if (!materials_stand(request, case_id, a->thing, a->materials_at, json_get_string(&extra, "materials")->text, &materials))
        return false;
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, LIMIT_message_bytes_most);
    json_begin(&w, &out);
    json_open(&w, '{');
    for (uint32_t i = 0; i < extra.count; i++) {
        json_key(&w, extra.children[i].key);
        if (text_is(extra.children[i].key, "materials"))
            json_put_raw(&w, materials);
        else
            json_put_value(&w, &extra.children[i].value);
    }
    json_close(&w, '}');
    a->extra = text_copy(&request->arena, buffer_text(&out));
    if (!out.failed && !text_is_none(a->extra))
        return true;
    reply_problem(request, "out_of_memory", "no memory for these materials");
    return false;
}

static void submit(struct request *request, struct application *a) {
    struct error error = {0};
    if (forms_check(request, a->thing, a->form, &error) != OUTCOME_OK) {
        reply_error(request, &error);
        return;
    }
    struct input input = command_input(request, INPUT_SUBMIT, text_of(a->number));
    input.thing = a->thing;
    input.region = a->region ? a->region->text : request->web->settings.region;
    if (!a->number && !draw_number(request, input.region, &input.case_id))
        return;
    if (!stand_by_materials(request, a, input.case_id))
        return;
    input.number = input.case_id;
    input.data = a->form->text;
    input.extra = a->extra;
    input.priority = (int32_t)a->urgency;
    command_send(request, &input, !a->number);
}

void handle_submit(struct request *request) {
    const struct json *thing, *extra, *priority;
    struct application a = {.materials_at = "/extra/materials"};
    if (!BODY_FIELDS(request, {"thing", JSON_STRING, true, MOST(name_bytes_most), &thing},
                     {"number", JSON_STRING, false, UNBOUNDED, &a.number}, {"region", JSON_STRING, false, MOST(name_bytes_most), &a.region},
                     {"form", JSON_OBJECT, true, MOST(form_bytes_most), &a.form}, {"extra", JSON_OBJECT, false, UNBOUNDED, &extra},
                     {"priority", JSON_NUMBER, false, UNBOUNDED, &priority}) ||
        !take_number(request, a.number, priority, &a.urgency))
        return;
    a.thing = thing->text;
    a.extra = text_of(extra);
    submit(request, &a);
}

/* The department's own name; a window, an operator or an integrator names the one whose list it is. */
static bool offerer(struct request *request, const struct json *by, struct text *ret) {
    *ret = request->caller.role == ROLE_DEPARTMENT ? request->caller.department : text_of(by);
    if (!text_is_none(*ret) && (!by || text_equal(by->text, *ret)))
        return true;
    if (text_is_none(*ret)) {
        request_fault(request, TEXT("/by"), "required", "names the department that offers it");
        reply_problem(request, "body_invalid", "the body has a fault");
    } else {
        reply_problem(request, "department_forbidden", "a department offers in its own name");
    }
    return false;
}

/* 免申即享: a department's list says who is entitled; nobody has applied. */
void handle_offer(struct request *request) {
    static const char *const names[] = {"by", "basis", "list", "parties", "materials"};
    const struct json *by, *basis, *list, *parties, *materials;
    struct application a = {.thing = request->at[0], .materials_at = "/materials"};
    struct text offers;
    if (!BODY_FIELDS(request, {"by", JSON_STRING, false, MOST(name_bytes_most), &by}, {"basis", JSON_STRING, false, MOST(id_bytes_most), &basis},
                     {"list", JSON_STRING, false, MOST(id_bytes_most), &list}, {"number", JSON_STRING, false, UNBOUNDED, &a.number},
                     {"region", JSON_STRING, false, MOST(name_bytes_most), &a.region},
                     {"form", JSON_OBJECT, true, MOST(form_bytes_most), &a.form}, {"parties", JSON_OBJECT, false, UNBOUNDED, &parties},
                     {"materials", JSON_ARRAY, false, UNBOUNDED, &materials}) ||
        !offerer(request, by, &offers) || !take_number(request, a.number, NULL, &a.urgency))
        return;
    _cleanup_buffer_ struct buffer out;
    struct json_writer w;
    buffer_init(&out, LIMIT_message_bytes_most);
    json_begin(&w, &out);
    json_open(&w, '{');
    json_key(&w, TEXT("offer"));
    json_open(&w, '{');
    json_key(&w, text_from(names[0]));
    json_put_text(&w, offers);
    const struct json *texts[] = {basis, list}, *values[] = {parties, materials};
    for (size_t i = 0; i < 2; i++)
        if (texts[i]) {
            json_key(&w, text_from(names[1 + i]));
            json_put_text(&w, texts[i]->text);
        }
    json_close(&w, '}');
    for (size_t i = 0; i < 2; i++)
        if (values[i]) {
            json_key(&w, text_from(names[3 + i]));
            json_put_raw(&w, values[i]->text);
        }
    json_close(&w, '}');
    a.extra = text_copy(&request->arena, buffer_text(&out));
    if (text_is_none(a.extra) || out.failed)
        reply_problem(request, "out_of_memory", "no memory for this offer");
    else
        submit(request, &a);
}
