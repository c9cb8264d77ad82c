/* w1_events.c - makes the events of w1.h. */
#include "w1.h"

#include <stdlib.h>
#include <string.h>

#define KEY "\\Software\\Microsoft\\Windows\\CurrentVersion\\"
#define KEY32 "\\Software\\WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\"
#define MIN_PATH 60
#define MAX_PATH 140

const char w1_rule[] =
    "registry where event.type == \"change\" and host.os.type == \"windows\" and\n"
    "  length(registry.data.strings) > 0 and registry.path : (\n"
    "    \"HKLM\\\\Software\\\\Microsoft\\\\Windows\\\\CurrentVersion\\\\Run\\\\\",\n"
    "    \"HKLM\\\\Software\\\\WOW6432Node\\\\Microsoft\\\\Windows\\\\CurrentVersion\\\\Run\\\\\",\n"
    "    \"HKU\\\\*\\\\Software\\\\Microsoft\\\\Windows\\\\CurrentVersion\\\\Run\\\\\",\n"
    "    "
    "\"HKU\\\\*\\\\Software\\\\Microsoft\\\\Windows\\\\CurrentVersion\\\\Policies\\\\Explorer\\\\Run\\\\\",\n"
    "    \"HKEY_USERS\\\\*\\\\Software\\\\Microsoft\\\\Windows\\\\CurrentVersion\\\\Run\\\\\",\n"
    "    "
    "\"HKEY_USERS\\\\*"
    "\\\\Software\\\\Microsoft\\\\Windows\\\\CurrentVersion\\\\Policies\\\\Explorer\\\\Run\\\\\",\n"
    "    \"\\\\REGISTRY\\\\MACHINE\\\\Software\\\\Microsoft\\\\Windows\\\\CurrentVersion\\\\Run\\\\\",\n"
    "    "
    "\"\\\\REGISTRY\\\\MACHINE\\\\Software\\\\WOW6432Node\\\\Microsoft\\\\Windows\\\\CurrentVersion\\\\Run\\"
    "\\\",\n"
    "    "
    "\"\\\\REGISTRY\\\\MACHINE\\\\Software\\\\Microsoft\\\\Windows\\\\CurrentVersion\\\\Policies\\\\Explorer"
    "\\\\Run\\\\\",\n"
    "    \"\\\\REGISTRY\\\\USER\\\\*\\\\Software\\\\Microsoft\\\\Windows\\\\CurrentVersion\\\\Run\\\\\",\n"
    "    "
    "\"\\\\REGISTRY\\\\USER\\\\*"
    "\\\\Software\\\\Microsoft\\\\Windows\\\\CurrentVersion\\\\Policies\\\\Explorer\\\\Run\\\\\")\n";

/* `#` stands for the SID of a user. */
static const char *const matching[] = {
    "HKU\\#" KEY "Run\\",
    "HKU\\#" KEY "Policies\\Explorer\\Run\\",
    "HKEY_USERS\\#" KEY "Run\\",
    "HKEY_USERS\\#" KEY "Policies\\Explorer\\Run\\",
    "\\REGISTRY\\USER\\#" KEY "Run\\",
    "\\REGISTRY\\USER\\#" KEY "Policies\\Explorer\\Run\\",
    "\\REGISTRY\\MACHINE" KEY "Run\\",
    "\\REGISTRY\\MACHINE" KEY32 "Run\\",
    "\\REGISTRY\\MACHINE" KEY "Policies\\Explorer\\Run\\",
    "HKLM" KEY32 "Run\\",
};

static const char *const hives[] = {
    "HKLM", "HKU\\#", "HKEY_USERS\\#", "\\REGISTRY\\MACHINE", "\\REGISTRY\\USER\\#",
};

/* Values below the right keys: the beginning matches, the end does not. */
static const char *const values[] = {
    "Updater",           "ChatClient",     "TrayHelper",       "CloudDrive",
    "MusicPlayer",       "PrinterMonitor", "VpnAgent",         "BackupScheduler.exe",
    "GameLauncher_4F21", "NoteTaker",      "Password Manager", "ScreenCapture",
};

/* The end matches, the key does not. */
static const char *const wrong_keys[] = {
    "\\Software\\Vendor\\Product\\Windows\\CurrentVersion\\Run\\",
    "\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Run\\",
    "\\Software\\Microsoft\\Windows\\CurrentVersion\\RunOnceEx\\Run\\",
    "\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\Startup\\Run\\",
    "\\Software\\WOW6432Node\\Vendor\\Agent\\CurrentVersion\\Run\\",
};

static const char *const other_keys[] = {
    "\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\RecentDocs\\.pdf\\MRUListEx",
    "\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\ZoneMap\\AutoDetect",
    "\\System\\CurrentControlSet\\Services\\Dhcp\\Parameters\\Interfaces\\LeaseObtainedTime",
    "\\System\\CurrentControlSet\\Control\\Session Manager\\Power\\HiberbootEnabled",
    "\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache\\Tree\\Maintenance\\Index",
    "\\Software\\Classes\\CLSID\\{0D9C1A52-3B6E-4E0F-9C1D-77A0B2C3D4E5}\\InprocServer32\\ThreadingModel",
    "\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\UserAssist\\{0F1E2D3C}\\Count\\Nccyvpngvba",
    "\\Software\\Policies\\Microsoft\\Edge\\Recommended\\HomepageLocation",
    "\\Software\\Microsoft\\Windows\\CurrentVersion\\RunOnce\\Cleanup",
    "\\Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\{1A2B3C4D-0000-0000}\\InstallDate",
    "\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon\\LastLogOffEndTimePerfCounter",
    "\\Software\\Microsoft\\Cryptography\\Calais\\Readers\\Virtual Smart Card 0\\Device",
};

static const char *const strings[] = {
    "C:\\Users\\someone\\AppData\\Local\\Vendor\\Client\\client.exe --minimized",
    "%ProgramFiles%\\Vendor\\tray.exe",
    "1",
    "0x00000004",
    "D:\\Tools\\agent.exe",
    "regsvr32.exe /s C:\\ProgramData\\lib.dll",
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define PICK(r, a) ((a)[below(r, COUNT(a))])

/* splitmix64 */
static uint64_t next(uint64_t *r)
{
    uint64_t z = *r += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static size_t below(uint64_t *r, size_t n)
{
    return (size_t)(next(r) % n);
}

static bool chance(uint64_t *r, unsigned percent)
{
    return next(r) % 100 < percent;
}

static size_t put(char *out, size_t at, const char *text)
{
    size_t n = strlen(text);
    memcpy(out + at, text, n);
    return at + n;
}

static size_t put_number(uint64_t *r, char *out, size_t at)
{
    char digits[10];
    for (size_t i = 0; i < sizeof digits; i++)
        digits[i] = (char)('0' + below(r, 10));
    digits[0] = (char)('1' + below(r, 3));
    memcpy(out + at, digits, sizeof digits);
    return at + sizeof digits;
}

/* Appends a path with its `#` replaced. */
static size_t put_path(uint64_t *r, char *out, size_t at, const char *path)
{
    for (; *path; path++) {
        if (*path != '#') {
            out[at++] = *path;
            continue;
        }
        at = put(out, at, "S-1-5-21");
        for (int i = 0; i < 3; i++) {
            out[at++] = '-';
            at = put_number(r, out, at);
        }
        at = put(out, at, chance(r, 50) ? "-1001" : "-500");
    }
    return at;
}

/* Most sources keep the case of the key, some do not. */
static void change_case(uint64_t *r, char *s, size_t n)
{
    size_t kind = below(r, 100);
    for (size_t i = 0; i < n && kind >= 60; i++) {
        bool letter = (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z');
        bool upper = kind < 75 || (kind >= 90 && chance(r, 50));
        if (letter)
            s[i] = (char)(upper ? s[i] & ~0x20 : s[i] | 0x20);
    }
}

static size_t make_path(uint64_t *r, char *out, bool match)
{
    size_t n;
    do {
        if (match) {
            n = put_path(r, out, 0, PICK(r, matching));
            continue;
        }
        n = put_path(r, out, 0, PICK(r, hives));
        size_t kind = below(r, 100);
        if (kind < 30) {
            n = put(out, n, chance(r, 50) ? KEY "Run\\" : KEY32 "Run\\");
            n = put(out, n, PICK(r, values));
        } else {
            n = put(out, n, kind < 50 ? PICK(r, wrong_keys) : PICK(r, other_keys));
        }
    } while (n < MIN_PATH || n > MAX_PATH);
    change_case(r, out, n);
    return n;
}

static w1_text text_of(const char *s)
{
    return (w1_text) { s, (uint32_t)strlen(s) };
}

/* Makes an otherwise matching head of an event fail at one condition. */
static void spoil(uint64_t *r, w1_event *e)
{
    static const char *const categories[] = { "process", "file", "network", "library" };
    static const char *const systems[] = { "linux", "macos" };
    static const char *const types[] = { "creation", "deletion", "access", "query" };
    size_t kind = below(r, 100);
    if (kind < 40)
        e->category = text_of(PICK(r, categories));
    else if (kind < 50)
        e->os = text_of(PICK(r, systems));
    else if (kind < 90)
        e->type = text_of(PICK(r, types));
    else
        e->n_strings = 0;
}

w1_event *w1_events_new(size_t n, uint64_t seed)
{
    /* One block: events, then their strings, then their paths. */
    size_t per = sizeof(w1_event) + 3 * sizeof(w1_text) + MAX_PATH + 60;
    w1_event *events = malloc(n * per);
    if (!events)
        return NULL;
    w1_text *texts = (w1_text *)(void *)(events + n);
    char *paths = (char *)(texts + 3 * n);
    uint64_t r = seed;
    for (size_t i = 0; i < n; i++) {
        bool match = i < n / 100, early = i >= n / 100 + n * 49 / 100;
        w1_event *e = &events[i];
        *e = (w1_event) { .category = text_of("registry"),
                          .os = text_of("windows"),
                          .type = text_of("change"),
                          .strings = texts,
                          .n_strings = (uint32_t)(chance(&r, 60) ? 1 : 1 + below(&r, 3)),
                          .match = match };
        for (uint32_t k = 0; k < e->n_strings; k++)
            *texts++ = text_of(PICK(&r, strings));
        e->path.ptr = paths;
        e->path.len = (uint32_t)make_path(&r, paths, match || (early && chance(&r, 5)));
        paths += e->path.len;
        if (early)
            spoil(&r, e);
    }
    for (size_t i = n; i > 1; i--) {
        size_t k = below(&r, i);
        w1_event t = events[i - 1];
        events[i - 1] = events[k];
        events[k] = t;
    }
    return events;
}

void w1_events_free(w1_event *events)
{
    free(events);
}
