/* fuzz_image.c - any bytes as a saved program: the check and the loader agree, and what is accepted
 * evaluates, lists and saves without harm. The checksum and the length in the header are mended first, or
 * hardly an input would get past them; an odd first byte leaves them alone. */
#include "fuzz_host.h"

enum { HEADER = 24, LENGTH_AT = 12, SUM_AT = 16 };

static void put_le(unsigned char *p, uint64_t v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (unsigned char)(v >> (8 * i));
}

static void mend_header(unsigned char *image, size_t len)
{
    uint64_t sum = 0xcbf29ce484222325u; /* FNV-1a */
    for (size_t i = HEADER; i < len; i++)
        sum = (sum ^ image[i]) * 0x100000001b3u;
    memcpy(image, "EQLMPRG\x1a", 8);
    put_le(image + 8, 1, 4);
    put_le(image + LENGTH_AT, len, 4);
    put_le(image + SUM_AT, sum, 8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned char image[8192];
    static fuzz_bytes again, listing;
    if (size < 1 || size > sizeof image)
        return 0;
    size_t len = size - 1;
    memcpy(image, data + 1, len);
    if (data[0] % 2 == 0 && len >= HEADER)
        mend_header(image, len);
    eqlm_schema *schema = fuzz_schema(false, false);
    eqlm_program *p = NULL, *second = NULL;
    eqlm_vm *vm = NULL;
    eqlm_status checked = eqlm_image_check(NULL, image, len);
    eqlm_status loaded = eqlm_program_load(NULL, schema, image, len, &p);
    MUST(checked == loaded);
    MUST((loaded == EQLM_OK) == (p != NULL));
    if (p) {
        again.len = listing.len = 0;
        MUST(eqlm_vm_new(NULL, &vm) == EQLM_OK);
        uint32_t verdicts = fuzz_evaluate(vm, p);
        eqlm_program_dump(p, false, fuzz_write, &listing);
        eqlm_program_dump(p, true, fuzz_write, &listing);
        MUST(eqlm_program_save(p, fuzz_write, &again) == EQLM_OK);
        MUST(eqlm_program_load(NULL, schema, again.bytes, again.len, &second) == EQLM_OK);
        MUST(fuzz_evaluate(vm, second) == verdicts);
    }
    eqlm_program_free(second);
    eqlm_program_free(p);
    eqlm_vm_free(vm);
    eqlm_schema_free(schema);
    return 0;
}
