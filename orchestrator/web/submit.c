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

void handle_submit(struct request *request) {
    const struct json *thing, *number, *region, *form, *extra, *priority;
    int64_t urgency = 0;
    struct error error = {0};
    if (!BODY_FIELDS(request, {"thing", JSON_STRING, true, MOST(name_bytes_most), &thing},
                     {"number", JSON_STRING, false, UNBOUNDED, &number}, {"region", JSON_STRING, false, MOST(name_bytes_most), &region},
                     {"form", JSON_OBJECT, true, MOST(form_bytes_most), &form}, {"extra", JSON_OBJECT, false, UNBOUNDED, &extra},
                     {"priority", JSON_NUMBER, false, UNBOUNDED, &priority}))
        return;
    if (number && !number_is_sound(number->text)) {
        request_fault(request, TEXT("/number"), "pattern", "a number is 1 to number_bytes_most (%d) letters, digits, '-', '_', '.'",
                      LIMIT_number_bytes_most);
        reply_problem(request, "number_bad", "the number can't be used");
        return;
    }
    if (priority && (!json_to_int64(priority, &urgency) || urgency < -100 || urgency > 100)) {
        request_fault(request, TEXT("/priority"), "maximum", "a priority is a whole number from -100 to 100");
        reply_problem(request, "body_invalid", "the body has a fault");
        return;
    }
    if (command_is_full(request))
        return;
    if (forms_check(request, thing->text, form, &error) != OUTCOME_OK) {
        reply_error(request, &error);
        return;
    }
    struct input input = command_input(request, INPUT_SUBMIT, text_of(number));
    input.thing = thing->text;
    input.region = region ? region->text : request->web->settings.region;
    if (!number && !draw_number(request, input.region, &input.case_id))
        return;
    input.number = input.case_id;
    input.data = form->text;
    input.extra = text_of(extra);
    input.priority = (int32_t)urgency;
    command_send(request, &input, !number);
}
