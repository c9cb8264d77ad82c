/* fuzz_compile.c - any text: compiling ends, diagnostics lie inside the text, and what compiles gives the
 * same answers after saving and loading. The first byte chooses the kind of text, dialect and schema; the
 * rest is the text. */
#include "fuzz_host.h"

static void check_diags(const eqlm_diags *diags, eqlm_status status, size_t len)
{
    MUST((status == EQLM_OK) == (eqlm_diags_errors(diags) == 0) || status == EQLM_E_LIMIT);
    for (size_t i = 0; i < eqlm_diags_count(diags); i++) {
        const eqlm_diag *d = eqlm_diags_get(diags, i);
        MUST(d->start <= d->end && d->end <= len && d->line > 0 && d->column > 0);
        MUST(d->end_line > d->line || (d->end_line == d->line && d->end_column >= d->column));
        MUST(d->message && d->message[0] && !strchr(d->message, '\n'));
    }
}

static void check_program(const eqlm_program *p, bool typed, bool closed)
{
    static fuzz_bytes image, listing;
    eqlm_vm *vm = NULL;
    eqlm_program *loaded = NULL;
    eqlm_schema *schema = fuzz_schema(typed, closed);
    image.len = listing.len = 0;
    MUST(eqlm_vm_new(NULL, &vm) == EQLM_OK);
    if (eqlm_program_save(p, fuzz_write, &image) == EQLM_OK) {
        MUST(eqlm_image_check(NULL, image.bytes, image.len) == EQLM_OK);
        MUST(eqlm_program_load(NULL, schema, image.bytes, image.len, &loaded) == EQLM_OK);
        MUST(fuzz_evaluate(vm, p) == fuzz_evaluate(vm, loaded));
        eqlm_program_dump(loaded, false, fuzz_write, &listing);
        eqlm_program_dump(loaded, true, fuzz_write, &listing);
    }
    eqlm_program_free(loaded);
    eqlm_vm_free(vm);
    eqlm_schema_free(schema);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > 4096)
        return 0;
    uint8_t how = data[0];
    bool is_expr = how & 1, typed = how & 4, closed = how & 8;
    eqlm_options options = { .size = sizeof options };
    options.dialect = how & 2 ? EQLM_DIALECT_ENDPOINT : EQLM_DIALECT_ES;
    options.unknown_field_is_error = how & 16;
    options.limits.max_scratch = 1u << 20;
    options.limits.max_regex_states = 500;
    options.limits.max_choices = 500;
    eqlm_str source = { (const char *)data + 1, size - 1 };
    eqlm_schema *schema = fuzz_schema(typed, closed);
    eqlm_diags *diags = NULL;
    eqlm_program *p = NULL;
    MUST(eqlm_diags_new(NULL, &diags) == EQLM_OK);
    eqlm_status s = is_expr ? eqlm_compile_expr(NULL, schema, source, &options, diags, &p)
                            : eqlm_compile(NULL, schema, source, &options, diags, &p);
    MUST(s == EQLM_OK || s == EQLM_E_COMPILE || s == EQLM_E_LIMIT);
    MUST((s == EQLM_OK) == (p != NULL));
    check_diags(diags, s, source.len);
    if (p)
        check_program(p, typed, closed);
    static fuzz_bytes tree;
    tree.len = 0;
    eqlm_status t =
        is_expr ? s : eqlm_dump_tree(NULL, schema, source, &options, diags, how & 32, fuzz_write, &tree);
    /* Regular expressions and limits of the code are no matter of the tree. */
    MUST(t == s || t == EQLM_E_LIMIT || (s != EQLM_OK && t == EQLM_OK));
    eqlm_program_free(p);
    eqlm_diags_free(diags);
    eqlm_schema_free(schema);
    return 0;
}
