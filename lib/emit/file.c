/* file.c - what stands around the rules of a generated file. */
#include "emit/ctext.h"

eqlm_status eqlm_emit_c_begin(eqlm_write_fn write, void *ctx)
{
    if (!write)
        return EQLM_E_ARGUMENT;
    eqli_ctext s = { .write = write, .ctx = ctx };
    eqli_ctext_put(
        &s, "/* Queries of the Event Query Language as C, written by libeqlmini %s. Not to be edited. */\n\n",
        eqlm_version());
    eqli_ctext_put(&s, "#include \"eqlmini_native.h\"\n\n");
    eqli_ctext_put(&s, "#if EQLM_VERSION_MAJOR != %u || EQLM_VERSION_MINOR != %u\n",
                   (uint32_t)EQLM_VERSION_MAJOR, (uint32_t)EQLM_VERSION_MINOR);
    eqli_ctext_put(&s, "#error \"this file was written by libeqlmini of another version\"\n#endif\n");
    return s.failed ? EQLM_E_LIMIT : EQLM_OK;
}

eqlm_status eqlm_emit_c_end(const char *table, const char *const *names, size_t n, eqlm_write_fn write,
                            void *ctx)
{
    if (!table || !write || (n && !names) || !eqli_ctext_identifier(table))
        return EQLM_E_ARGUMENT;
    for (size_t i = 0; i < n; i++)
        if (!names[i] || !eqli_ctext_identifier(names[i]))
            return EQLM_E_ARGUMENT;
    eqli_ctext s = { .write = write, .ctx = ctx };
    eqli_ctext_put(&s,
                   "\nextern const eqlm_native_rule *const %s[];\nconst eqlm_native_rule *const %s[] = {\n",
                   table, table);
    for (size_t i = 0; i < n; i++)
        eqli_ctext_put(&s, "\t&%s,\n", names[i]);
    eqli_ctext_put(&s, "\tNULL\n};\n");
    return s.failed ? EQLM_E_LIMIT : EQLM_OK;
}
