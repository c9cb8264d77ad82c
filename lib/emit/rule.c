/* rule.c - a program as a C function: one statement per instruction, a goto per branch.
 *
 * Tests that have a function of their own (tests.c) are answered by it; all others, and those whose function
 * gives EQLN_ASK, by eqlm_native_test, so that the answer is the vm's in every case. A field is read once on
 * every way through the code: code runs forward only, so one pass tells which fields have been read wherever
 * an instruction is reached. */
#include "emit/tests.h"

#include <string.h>

enum {
    MAX_TRACKED = 64, /* fields that are remembered; others are read anew for each test */
    MAX_TESTS = 250   /* with functions of their own: compilers need more than linear time for one function */
};

typedef struct eqli_step {
    uint8_t kind;    /* eqli_test_kind */
    bool reached;
    bool label;      /* some goto leads here */
    bool asks;       /* its function may give EQLN_ASK */
    uint64_t known;  /* variables that have been read on every way here */
} eqli_step;

typedef struct eqli_rule_writer {
    eqli_ctext *s;
    const eqlm_program *p;
    eqli_test_writer tests;
    uint32_t start, end; /* the code */
    eqli_step *steps;    /* by instruction, from start on */
    uint32_t *variables; /* by slot: number of its variable, or EQLI_NO_FIELD */
    uint32_t n_variables, n_tests;
    bool uses_event, uses_hit, uses_status, uses_getter;
} eqli_rule_writer;

static eqli_step *step_at(const eqli_rule_writer *w, uint32_t pc)
{
    return &w->steps[pc - w->start];
}

/* The instruction behind, regions left out. */
static uint32_t behind(const eqlm_program *p, uint32_t pc)
{
    const eqli_insn *in = &p->insns[pc];
    return pc + 1 + (in->op == EQLI_OP_SEARCH || in->op == EQLI_OP_LEAF ? in->b : 0);
}

static bool is_return(const eqli_insn *in)
{
    return in->op == EQLI_OP_RETURN_TRUE || in->op == EQLI_OP_RETURN_FALSE;
}

static eqli_form form_of(const eqli_rule_writer *w, uint32_t pc)
{
    const eqli_insn *in = &w->p->insns[pc];
    return eqli_op_table[in->op].a == EQLI_ARG_SLOT ? eqli_emit_form(&w->p->slots[in->a]) : EQLI_FORM_NONE;
}

/* Whether the test keeps what it read in a variable. */
static bool has_variable(const eqli_rule_writer *w, uint32_t pc)
{
    eqli_form form = form_of(w, pc);
    return step_at(w, pc)->kind != EQLI_TEST_NONE && (form == EQLI_FORM_TEXT || form == EQLI_FORM_VALUE);
}

static uint64_t bit_of(const eqli_rule_writer *w, uint32_t pc)
{
    uint32_t v = has_variable(w, pc) ? w->variables[w->p->insns[pc].a] : EQLI_NO_FIELD;
    return v < MAX_TRACKED ? UINT64_C(1) << v : 0;
}

/* ---- planning
 * ---------------------------------------------------------------------------------------------- */

static void reach(eqli_rule_writer *w, uint32_t target, uint64_t known)
{
    eqli_step *step = step_at(w, target);
    step->known = step->reached ? step->known & known : known;
    step->reached = true;
}

static uint32_t next_reached(const eqli_rule_writer *w, uint32_t pc)
{
    do
        pc = behind(w->p, pc);
    while (pc < w->end && !step_at(w, pc)->reached);
    return pc;
}

static void plan(eqli_rule_writer *w)
{
    for (uint32_t i = 0; i < w->p->n_slots; i++)
        w->variables[i] = EQLI_NO_FIELD;
    reach(w, w->start, 0);
    for (uint32_t pc = w->start; pc < w->end; pc = behind(w->p, pc)) {
        const eqli_insn *in = &w->p->insns[pc];
        eqli_step *step = step_at(w, pc);
        if (!step->reached || is_return(in))
            continue;
        w->tests.pc = pc;
        if (w->n_tests < MAX_TESTS)
            step->kind = (uint8_t)eqli_test_of(&w->tests, form_of(w, pc));
        w->n_tests += step->kind != EQLI_TEST_NONE;
        if (has_variable(w, pc) && w->variables[in->a] == EQLI_NO_FIELD)
            w->variables[in->a] = w->n_variables++;
        reach(w, in->t, step->known | bit_of(w, pc));
        if (in->op != EQLI_OP_JUMP)
            reach(w, in->f, step->known | bit_of(w, pc));
    }
    for (uint32_t pc = w->start; pc < w->end; pc = next_reached(w, pc)) {
        const eqli_insn *in = &w->p->insns[pc];
        uint32_t next = next_reached(w, pc);
        if (is_return(in))
            continue;
        if (in->t != next)
            step_at(w, in->t)->label = true;
        if (in->op != EQLI_OP_JUMP && in->f != next)
            step_at(w, in->f)->label = true;
    }
}

/* That a plain field of the struct is there needs no look at the event. */
static bool reads_event(const eqli_rule_writer *w, uint32_t pc)
{
    const eqli_place *place = &w->p->slots[w->p->insns[pc].a].place;
    return step_at(w, pc)->kind != EQLI_TEST_EXISTS || has_variable(w, pc) || place->shape != EQLM_SCALAR ||
           place->present_offset != EQLI_ALWAYS;
}

/* Which of the function's variables and parameters its statements will use. */
static void plan_uses(eqli_rule_writer *w)
{
    for (uint32_t pc = w->start; pc < w->end; pc = next_reached(w, pc)) {
        const eqli_insn *in = &w->p->insns[pc];
        const eqli_step *step = step_at(w, pc);
        if (is_return(in) || in->op == EQLI_OP_JUMP)
            continue;
        bool asked = step->kind == EQLI_TEST_NONE, getter = false;
        if (!asked) {
            const eqli_place *place = &w->p->slots[in->a].place;
            getter = place->storage == EQLM_STORE_GETTER;
            w->uses_event = w->uses_event || (!getter && reads_event(w, pc));
        }
        w->uses_getter = w->uses_getter || getter;
        w->uses_hit = true;
        w->uses_status = w->uses_status || asked || step->asks;
    }
}

/* ---- statements
 * -------------------------------------------------------------------------------------------- */

static void put_presence(eqli_rule_writer *w, const eqli_place *place)
{
    if (place->present_offset != EQLI_ALWAYS)
        eqli_ctext_put(w->s, "!e[%u] ? EQLN_NO : ", place->present_offset);
}

/* p3 = eqln_str(...); or eqln_get(..., &v3); */
static void write_read(eqli_rule_writer *w, uint32_t slot)
{
    const eqli_place *place = &w->p->slots[slot].place;
    uint32_t v = w->variables[slot];
    if (place->storage == EQLM_STORE_GETTER) {
        eqli_ctext_line(w->s, "eqln_get(self, event, %u, &v%u);", slot, v);
        return;
    }
    if (place->storage == EQLM_STORE_VALUE) {
        if (place->present_offset != EQLI_ALWAYS)
            eqli_ctext_line(w->s, "v%u.type = EQLM_NULL;", v);
        eqli_ctext_indent(w->s);
        if (place->present_offset != EQLI_ALWAYS)
            eqli_ctext_put(w->s, "if (e[%u])\n\t\t", place->present_offset);
        eqli_ctext_put(w->s, "memcpy(&v%u, e + %u, sizeof v%u);\n", v, place->offset, v);
        return;
    }
    eqli_ctext_indent(w->s);
    if (place->present_offset != EQLI_ALWAYS) {
        eqli_ctext_put(w->s, "n%u = 0;\n\tp%u = !e[%u] ? NULL : ", v, v, place->present_offset);
    } else {
        eqli_ctext_put(w->s, "p%u = ", v);
    }
    if (place->storage == EQLM_STORE_STR)
        eqli_ctext_put(w->s, "eqln_str(e + %u, e + %u, %u, &n%u);\n", place->offset, place->len_offset,
                        (uint32_t)place->len_size, v);
    else if (place->storage == EQLM_STORE_CSTR)
        eqli_ctext_put(w->s, "eqln_cstr(e + %u, &n%u);\n", place->offset, v);
    else
        eqli_ctext_put(w->s, "eqln_chars(e + %u, %u, &n%u);\n", place->offset, place->size, v);
}

/* eqln_some_str(first element, count, ..., test) */
static void put_array(eqli_rule_writer *w, const eqli_place *place)
{
    const char *kind = place->storage == EQLM_STORE_STR    ? "str"
                       : place->storage == EQLM_STORE_CSTR ? "cstr"
                                                           : "chars";
    eqli_ctext_put(w->s,
                   place->shape == EQLM_ARRAY_POINTER ? "eqln_some_%s(eqln_pointer(e + %u), "
                                                      : "eqln_some_%s(e + %u, ",
                   kind, place->offset);
    eqli_ctext_put(w->s, "eqln_uint(e + %u, %u), %u, ", place->count_offset, (uint32_t)place->count_size,
                    place->stride);
    if (place->storage == EQLM_STORE_STR)
        eqli_ctext_put(w->s, "%u, %u, ", place->len_offset, (uint32_t)place->len_size);
    if (place->storage == EQLM_STORE_CHARS)
        eqli_ctext_put(w->s, "%u, ", place->size);
}

static void put_test_name(eqli_rule_writer *w, uint32_t pc)
{
    if (step_at(w, pc)->kind == EQLI_TEST_EXISTS)
        eqli_ctext_put(w->s, "eqln_yes");
    else
        eqli_ctext_put(w->s, "%s__t%u", w->tests.name, pc);
}

/* hit = ...; for a test that has a function. */
static void write_native(eqli_rule_writer *w, uint32_t pc)
{
    const eqli_insn *in = &w->p->insns[pc];
    const eqli_place *place = &w->p->slots[in->a].place;
    const eqli_step *step = step_at(w, pc);
    bool exists = step->kind == EQLI_TEST_EXISTS;
    uint32_t v = w->variables[in->a];
    eqli_form form = form_of(w, pc);
    static const char *const some[] = {
        [EQLI_TEST_TEXT] = "text", [EQLI_TEST_INT] = "int", [EQLI_TEST_BOOL] = "bool"
    };
    if (has_variable(w, pc) && !(step->known & bit_of(w, pc)))
        write_read(w, in->a);
    eqli_ctext_put(w->s, "\thit = ");
    if (form == EQLI_FORM_VALUE && exists) {
        eqli_ctext_put(w->s, "eqln_exists(&v%u);\n", v);
        return;
    }
    if (form == EQLI_FORM_VALUE) {
        eqli_ctext_put(w->s, "eqln_some_%s(&v%u, %s__t%u);\n", some[step->kind], v, w->tests.name, pc);
        return;
    }
    if (form == EQLI_FORM_TEXT && exists) {
        eqli_ctext_put(w->s, "p%u != NULL;\n", v);
        return;
    }
    if (form == EQLI_FORM_TEXT) {
        eqli_ctext_put(w->s, "p%u ? %s__t%u(p%u, n%u) : EQLN_NO;\n", v, w->tests.name, pc, v, v);
        return;
    }
    if (form == EQLI_FORM_TEXTS) {
        put_presence(w, place);
        put_array(w, place);
        put_test_name(w, pc);
        eqli_ctext_put(w->s, ");\n");
        return;
    }
    put_presence(w, place);
    if (exists)
        eqli_ctext_put(w->s, "EQLN_YES;\n");
    else if (form == EQLI_FORM_UINT)
        eqli_ctext_put(w->s, "eqln_one_uint(eqln_uint(e + %u, %u), %s__t%u);\n", place->offset, place->size,
                        w->tests.name, pc);
    else if (form == EQLI_FORM_BOOL)
        eqli_ctext_put(w->s, "%s__t%u(e[%u] != 0);\n", w->tests.name, pc, place->offset);
    else
        eqli_ctext_put(w->s, form == EQLI_FORM_INT ? "%s__t%u(eqln_int(e + %u, %u));\n"
                                                    : "%s__t%u(eqln_double(e + %u, %u));\n",
                        w->tests.name, pc, place->offset, place->size);
}

static void write_branch(eqli_rule_writer *w, uint32_t pc)
{
    const eqli_insn *in = &w->p->insns[pc];
    uint32_t next = next_reached(w, pc);
    if (in->op != EQLI_OP_JUMP && in->t == in->f)
        eqli_ctext_line(w->s, "(void)hit;");
    if (in->op == EQLI_OP_JUMP || in->t == in->f) {
        if (in->t != next)
            eqli_ctext_line(w->s, "goto L%u;", in->t);
        return;
    }
    eqli_ctext_line(w->s, in->t == next ? "if (!hit)" : "if (hit)");
    eqli_ctext_line(w->s, "\tgoto L%u;", in->t == next ? in->f : in->t);
    if (in->t != next && in->f != next)
        eqli_ctext_line(w->s, "goto L%u;", in->f);
}

/* The instruction, and those of its region. */
static void write_comment(eqli_rule_writer *w, uint32_t pc)
{
    for (uint32_t i = pc; i < behind(w->p, pc); i++) {
        eqli_ctext_comment_begin(w->s);
        eqli_ctext_put(w->s, i > pc ? "\t" : "");
        eqli_program_put_insn(w->p, i, eqli_ctext_comment_piece, w->s);
        eqli_ctext_comment_end(w->s);
    }
}

static void write_step(eqli_rule_writer *w, uint32_t pc)
{
    const eqli_insn *in = &w->p->insns[pc];
    const eqli_step *step = step_at(w, pc);
    if (step->label)
        eqli_ctext_put(w->s, "L%u:\n", pc);
    if (is_return(in)) {
        eqli_ctext_line(w->s, "*out = %s;", in->op == EQLI_OP_RETURN_TRUE ? "true" : "false");
        eqli_ctext_line(w->s, "return EQLM_OK;");
        return;
    }
    if (in->op != EQLI_OP_JUMP) {
        write_comment(w, pc);
        if (step->kind != EQLI_TEST_NONE)
            write_native(w, pc);
        if (step->kind == EQLI_TEST_NONE)
            eqli_ctext_line(w->s, "if ((status = eqln_ask(self, vm, event, %u, &hit)) != EQLM_OK)", pc);
        else if (step->asks)
            eqli_ctext_line(
                w->s, "if (hit == EQLN_ASK && (status = eqln_ask(self, vm, event, %u, &hit)) != EQLM_OK)",
                pc);
        if (step->kind == EQLI_TEST_NONE || step->asks)
            eqli_ctext_line(w->s, "\treturn status;");
    }
    write_branch(w, pc);
}

/* ---- the rule
 * ---------------------------------------------------------------------------------------------- */

static void write_tests(eqli_rule_writer *w)
{
    for (uint32_t pc = w->start; pc < w->end; pc = next_reached(w, pc)) {
        eqli_step *step = step_at(w, pc);
        w->tests.pc = pc;
        eqli_test_write(&w->tests, (eqli_test_kind)step->kind, &step->asks);
        /* A value may be of any type, and an unsigned integer larger than a signed one. */
        eqli_form form = form_of(w, pc);
        step->asks = step->asks || (step->kind != EQLI_TEST_NONE && form == EQLI_FORM_VALUE) ||
                     (step->kind == EQLI_TEST_INT && form == EQLI_FORM_UINT);
    }
}

static void write_variables(eqli_rule_writer *w)
{
    for (uint32_t i = 0; i < w->p->n_slots; i++) {
        uint32_t v = w->variables[i];
        if (v == EQLI_NO_FIELD)
            continue;
        if (eqli_emit_form(&w->p->slots[i]) == EQLI_FORM_VALUE)
            eqli_ctext_line(w->s, "eqlm_value v%u;", v);
        else
            eqli_ctext_line(w->s, "const char *p%u;\n\tsize_t n%u;", v, v);
    }
}

static void write_function(eqli_rule_writer *w)
{
    eqli_ctext_put(w->s,
                   "\nstatic eqlm_status %s__match(const eqlm_native *self, eqlm_vm *vm, const void *event, "
                   "bool *out)\n{\n",
                   w->tests.name);
    w->s->depth = 1;
    if (w->uses_event)
        eqli_ctext_line(w->s, "const char *e = event;");
    write_variables(w);
    if (w->uses_hit)
        eqli_ctext_line(w->s, "int hit;");
    if (w->uses_status)
        eqli_ctext_line(w->s, "eqlm_status status;");
    else
        eqli_ctext_line(w->s, w->uses_getter  ? "(void)vm;"
                               : w->uses_event ? "(void)self, (void)vm;"
                                               : "(void)self, (void)vm, (void)event;");
    for (uint32_t pc = w->start; pc < w->end; pc = next_reached(w, pc))
        write_step(w, pc);
    w->s->depth = 0;
    eqli_ctext_line(w->s, "}");
}

static eqlm_status write_descriptor(eqli_rule_writer *w)
{
    const char *name = w->tests.name;
    eqli_ctext_put(w->s, "\nstatic const char %s__image[] =", name);
    eqli_ctext_bytes image = { .s = w->s };
    eqlm_status status = eqlm_program_save(w->p, eqli_ctext_bytes_write, &image);
    eqli_ctext_bytes_end(&image);
    eqli_ctext_put(w->s, ";\n\nextern const eqlm_native_rule %s;\n", name);
    eqli_ctext_put(w->s, "const eqlm_native_rule %s = { \"%s\", %s__match, %s__image, %u, %x };\n", name,
                   name, name, name, image.len, eqlm_program_places(w->p));
    return status;
}

static eqlm_status write_rule(eqli_rule_writer *w, eqlm_str source)
{
    eqli_ctext_put(w->s, "\n");
    eqli_ctext_comment(w->s, source.ptr, source.len);
    plan(w);
    write_tests(w);
    if (w->tests.status != EQLM_OK)
        return w->tests.status;
    plan_uses(w);
    write_function(w);
    eqlm_status status = write_descriptor(w);
    return status == EQLM_OK && w->s->failed ? EQLM_E_LIMIT : status;
}

eqlm_status eqlm_emit_c_rule(const eqlm_program *p, const char *name, eqlm_str source, eqlm_write_fn write,
                             void *ctx)
{
    if (!p || !name || !write || !eqli_ctext_identifier(name) || p->kind != EQLM_EVENT_QUERY || p->n_lineages)
        return EQLM_E_ARGUMENT;
    eqli_ctext s = { .write = write, .ctx = ctx };
    const eqli_stage *stage = &p->stages[0];
    eqli_rule_writer w = { .s = &s, .p = p, .start = stage->start, .end = stage->start + stage->len };
    w.tests = (eqli_test_writer){ .s = &s, .p = p, .name = name };
    w.steps = eqli_mem_new(&p->alloc, stage->len * sizeof *w.steps);
    w.variables = eqli_mem_new(&p->alloc, p->n_slots * sizeof *w.variables);
    eqlm_status status = w.steps && w.variables ? write_rule(&w, source) : EQLM_E_NOMEM;
    if (w.steps)
        eqli_mem_free(&p->alloc, w.steps, stage->len * sizeof *w.steps);
    if (w.variables)
        eqli_mem_free(&p->alloc, w.variables, p->n_slots * sizeof *w.variables);
    return status;
}
