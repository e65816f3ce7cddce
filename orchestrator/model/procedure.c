/* 行政許可法 45 as a table: 聽證、招標、拍賣、檢驗、檢測、檢疫、鑒定和專家評審. */
#include "model/procedure.h"

#include <stddef.h>

const struct procedure procedure_table[] = {
    {"hearing", "聽證", "听证", "hearing"},
    {"tender", "招標", "招标", "tender"},
    {"auction", "拍賣", "拍卖", "auction"},
    {"inspection", "檢驗", "检验", "inspection"},
    {"testing", "檢測", "检测", "testing"},
    {"quarantine", "檢疫", "检疫", "quarantine"},
    {"appraisal", "鑒定", "鉴定", "appraisal"},
    {"expert_review", "專家評審", "专家评审", "expert review"},
    {NULL, NULL, NULL, NULL},
};

const struct procedure *procedure_find(struct text name) {
    for (const struct procedure *row = procedure_table; row->name; row++)
        if (text_is(name, row->name) || text_is(name, row->zh_hant) || text_is(name, row->zh_hans))
            return row;
    return NULL;
}
