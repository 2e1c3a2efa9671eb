#include "duration.h"

#include <stdbool.h>
#include <string.h>

static const struct {
    const char *name;
    double ns;
} UNITS[] = {{"ns", 1}, {"us", 1e3}, {"\xc2\xb5s", 1e3}, {"\xce\xbcs", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};

// The unit that the text starts with, the longest first: "ms" is not "m" and an "s".
static const char *read_unit(const char *text, double *ns) {
    for (unsigned i = 0; i < sizeof UNITS / sizeof UNITS[0]; i++) {
        size_t length = strlen(UNITS[i].name);
        if (strncmp(text, UNITS[i].name, length) != 0) continue;
        if (UNITS[i].name[0] == 'm' && length == 1 && text[1] == 's') continue;
        *ns = UNITS[i].ns;
        return text + length;
    }
    return 0;
}

int parse_duration(const char *text, int64_t *ns) {
    const char *at = text;
    double total = 0;
    bool negative = *at == '-';
    if (*at == '-' || *at == '+') at++;
    if (strcmp(at, "0") == 0) {
        *ns = 0;
        return 0;
    }
    if (*at == '\0') return -1;
    while (*at) {
        double number = 0, place = 1, unit;
        bool digits = false, point = false;
        for (; (*at >= '0' && *at <= '9') || (*at == '.' && !point); at++) {
            if (*at == '.') {
                point = true;
                continue;
            }
            digits = true;
            number = number * 10 + (*at - '0');
            if (point) place *= 10;
        }
        if (!digits || !(at = read_unit(at, &unit))) return -1;
        total += number / place * unit;
    }
    if (total > 9.2e18) return -1;
    *ns = (int64_t)(negative ? -total : total);
    return 0;
}
