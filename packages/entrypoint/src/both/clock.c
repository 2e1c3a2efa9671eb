#include "clock.h"

#include <stdio.h>
#include <time.h>

enum { NS_PER_MS = 1000000, NS_PER_S = 1000000000 };

static int64_t now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * NS_PER_S + time.tv_nsec;
}

int64_t wall_ns(void) { return now(CLOCK_REALTIME); }
int64_t monotonic_ns(void) { return now(CLOCK_MONOTONIC); }

static void format(char text[TIME_TEXT], int64_t ns, int digits) {
    time_t seconds = (time_t)(ns / NS_PER_S);
    long fraction = (long)(ns % NS_PER_S);
    if (digits == 3) fraction /= NS_PER_MS;
    struct tm utc;
    gmtime_r(&seconds, &utc);
    char day[24];
    if (strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &utc) == 0) day[0] = '\0';
    snprintf(text, TIME_TEXT, "%s.%0*ldZ", day, digits, fraction);
}

void format_time_ms(char text[TIME_TEXT], int64_t ns) { format(text, ns, 3); }
void format_time_ns(char text[TIME_TEXT], int64_t ns) { format(text, ns, 9); }
