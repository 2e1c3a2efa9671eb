#include "base64.h"

#include <stdint.h>

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct buffer *into, const void *bytes, size_t length) {
    const unsigned char *in = bytes;
    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        uint32_t three = (uint32_t)in[i] << 16;
        if (left > 1) three |= (uint32_t)in[i + 1] << 8;
        if (left > 2) three |= in[i + 2];
        char out[4] = {ALPHABET[three >> 18], ALPHABET[three >> 12 & 63], left > 1 ? ALPHABET[three >> 6 & 63] : '=',
                       left > 2 ? ALPHABET[three & 63] : '='};
        buffer_add(into, out, sizeof out);
    }
}

static int digit(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+') return 62;
    return c == '/' ? 63 : -1;
}

int base64_decode(struct buffer *into, const char *text, size_t length) {
    uint32_t bits = 0;
    int count = 0;   // digits of the group so far
    int padding = 0; // '=' of the last group
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n' || text[i] == '\r') continue;
        if (text[i] == '=') {
            if (++padding > 2 || count + padding > 4 || count < 2) return -1;
            continue;
        }
        int value = digit(text[i]);
        if (value < 0 || padding > 0) return -1;
        bits = bits << 6 | (uint32_t)value;
        if (++count < 4) continue;
        unsigned char out[3] = {(unsigned char)(bits >> 16), (unsigned char)(bits >> 8), (unsigned char)bits};
        buffer_add(into, out, 3);
        bits = 0;
        count = 0;
    }
    if (count == 0) return padding == 0 ? 0 : -1;
    if (count + padding != 4) return -1;
    bits <<= 6 * (4 - count);
    unsigned char out[2] = {(unsigned char)(bits >> 16), (unsigned char)(bits >> 8)};
    buffer_add(into, out, (size_t)count - 1);
    return 0;
}
