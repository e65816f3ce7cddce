/* Names of notices. */
#include "model/notice.h"

#include "model/names.h"

static const char *const kinds[NOTICE_KIND_COUNT] = {
    [NOTICE_NONE] = "none",
    [NOTICE_ACCEPTED] = "accepted",
    [NOTICE_NOT_ACCEPTED] = "not_accepted",
    [NOTICE_CORRECTION] = "correction",
    [NOTICE_CORRECTION_DUE] = "correction_due",
    [NOTICE_MATERIAL_ASKED] = "material_asked",
    [NOTICE_MATERIAL_LATER] = "material_later",
    [NOTICE_MATERIAL_MISSED] = "material_missed",
    [NOTICE_SIGNATURE] = "signature",
    [NOTICE_TURN] = "turn",
    [NOTICE_SPECIAL_STARTED] = "special_started",
    [NOTICE_SPECIAL_ENDED] = "special_ended",
    [NOTICE_EXTENDED] = "extended",
    [NOTICE_REFUSED] = "refused",
    [NOTICE_CLOSED] = "closed",
    [NOTICE_WITHDRAWN] = "withdrawn",
    [NOTICE_DELIVERED] = "delivered",
    [NOTICE_YELLOW] = "light_yellow",
    [NOTICE_RED] = "light_red",
    [NOTICE_DEEP_RED] = "light_deep_red",
    [NOTICE_CONTACT] = "contact_changed",
    [NOTICE_RECTIFY] = "rectify",
};

NAMES_DEFINE(notice_kind, notice_kind_name, notice_kind_parse, kinds)
