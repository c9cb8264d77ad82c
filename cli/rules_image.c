/* rules_image.c - saved programs as rule files. Their name and id is that of the file: an image holds no
 * metadata. */
#include "rules_read.h"

#include <string.h>

bool eqlc_is_image(const char *bytes, size_t len)
{
    return len >= 7 && memcmp(bytes, "EQLMPRG", 7) == 0;
}

void eqlc_read_image(eqlc_input *in)
{
    eqlc_query q = { { NULL, 0, 0 }, NULL, 0, 0 };
    eqlm_status status = eqlm_image_check(NULL, in->text, in->len);
    const char *slash = strrchr(in->path, '/'), *name = slash ? slash + 1 : in->path,
               *dot = strrchr(name, '.');
    eqlc_rule *rule;
    size_t len;

    if (status != EQLM_OK) {
        eqlc_input_error(in, 0, "%s", eqlm_status_text(status));
        return;
    }
    rule = eqlc_rule_add(in, &q, 0);
    rule->image = in->text;
    rule->image_len = in->len;
    len = dot && dot > name ? (size_t)(dot - name) : strlen(name);
    eqlc_rule_set(&rule->name, name, len);
    eqlc_rule_set(&rule->id, name, len);
}
