/* The matrix for people and programs: a spreadsheet's CSV, JSON. Its columns are one table. */
#include "definition/matrix.h"

struct writing { const struct directory *directory; struct text language; };

static struct text kind_of(const struct matrix_row *row, const struct writing *w) {
    (void)w;
    return row->kind == MATRIX_FIELD ? TEXT("field") : TEXT("material");
}
static struct text name_of(const struct matrix_row *row, const struct writing *w) { (void)w; return row->name; }
static struct text title_of(const struct matrix_row *row, const struct writing *w) { (void)w; return row->title; }
static struct text personal_of(const struct matrix_row *row, const struct writing *w) {
    (void)w;
    return row->personal ? TEXT("yes") : TEXT("");
}
static struct text department_of(const struct matrix_row *row, const struct writing *w) { (void)w; return row->department; }
static struct text department_title_of(const struct matrix_row *row, const struct writing *w) {
    return matrix_department_title(w->directory, row->department, w->language);
}
static struct text step_of(const struct matrix_row *row, const struct writing *w) {
    (void)w;
    return row->step->id;
}
static struct text step_title_of(const struct matrix_row *row, const struct writing *w) {
    return matrix_title(&row->step->title, w->language, row->step->id);
}
static struct text item_code_of(const struct matrix_row *row, const struct writing *w) {
    (void)w;
    return row->item ? row->item->code : TEXT("");
}
static struct text item_title_of(const struct matrix_row *row, const struct writing *w) {
    return row->item ? matrix_title(&row->item->title, w->language, row->item->id) : TEXT("");
}
static struct text basis_of(const struct matrix_row *row, const struct writing *w) { (void)w; return row->basis; }

static const struct column {
    const char *key;                                   /* in JSON */
    struct { const char *hant, *hans, *en; } heading;
    struct text (*value)(const struct matrix_row *, const struct writing *);
} columns[] = {
    {"item_code", {"事項編碼", "事项编码", "Item code"}, item_code_of},
    {"item", {"事項", "事项", "Item"}, item_title_of},
    {"department", {"部門代碼", "部门代码", "Department id"}, department_of},
    {"department_title", {"部門", "部门", "Department"}, department_title_of},
    {"step", {"環節代碼", "环节代码", "Step id"}, step_of},
    {"step_title", {"環節", "环节", "Step"}, step_title_of},
    {"kind", {"類別", "类别", "Kind"}, kind_of},
    {"name", {"數據項代碼", "数据项代码", "Field or material"}, name_of},
    {"title", {"數據項", "数据项", "Title"}, title_of},
    {"personal", {"個人信息", "个人信息", "Personal"}, personal_of},
    {"basis", {"依據", "依据", "Basis"}, basis_of},
};
enum { COLUMN_COUNT = sizeof columns / sizeof *columns };

static void put_cell(struct buffer *out, struct text cell) {
    bool quoted = false;
    for (size_t i = 0; i < cell.length; i++)
        quoted |= cell.at[i] == ',' || cell.at[i] == '"' || cell.at[i] == '\n' || cell.at[i] == '\r';
    if (!quoted) {
        buffer_put_text(out, cell);
        return;
    }
    buffer_put_byte(out, '"');
    for (size_t i = 0; i < cell.length; i++) {
        if (cell.at[i] == '"')
            buffer_put_byte(out, '"');
        buffer_put_byte(out, cell.at[i]);
    }
    buffer_put_byte(out, '"');
}

void matrix_write_csv(const struct matrix *m, const struct directory *directory, struct text language, struct buffer *out) {
    const struct writing w = {directory, language};
    buffer_put_string(out, "\xEF\xBB\xBF");
    for (int i = 0; i < COLUMN_COUNT; i++) {
        const char *heading = text_is(language, "zh-Hant") ? columns[i].heading.hant
                            : text_is(language, "zh-Hans") ? columns[i].heading.hans : columns[i].heading.en;
        buffer_put_string(out, i ? "," : "");
        put_cell(out, text_from(heading));
    }
    buffer_put_string(out, "\r\n");
    for (uint32_t r = 0; r < m->count; r++) {
        for (int i = 0; i < COLUMN_COUNT; i++) {
            buffer_put_string(out, i ? "," : "");
            put_cell(out, columns[i].value(&m->rows[r], &w));
        }
        buffer_put_string(out, "\r\n");
    }
}

void matrix_write_json(const struct matrix *m, const struct directory *directory, struct text language, struct buffer *out) {
    const struct writing w = {directory, language};
    struct json_writer j;
    json_begin(&j, out);
    json_open(&j, '{');
    json_key(&j, TEXT("rows"));
    json_open(&j, '[');
    for (uint32_t r = 0; r < m->count; r++) {
        json_open(&j, '{');
        for (int i = 0; i < COLUMN_COUNT; i++) {
            struct text value = columns[i].value(&m->rows[r], &w);
            json_key(&j, text_from(columns[i].key));
            if (columns[i].value == personal_of)
                json_put_bool(&j, m->rows[r].personal);
            else
                json_put_text(&j, value.length ? value : TEXT_NONE);
        }
        json_close(&j, '}');
    }
    json_close(&j, ']');
    json_key(&j, TEXT("personal_without_basis"));
    json_put_int64(&j, m->personal_without_basis);
    json_close(&j, '}');
}
