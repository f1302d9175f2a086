// Base64 there and back: tables of bytes, shifts and masks, three bytes to four letters.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { SIZE = 3 << 18, ROUNDS = 450 };
static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static uint8_t values[256]; // Of each letter; 64 for all other bytes.
static uint8_t bytes[SIZE], decoded[SIZE];
static char text[SIZE / 3 * 4];

static void encode(const uint8_t *from, size_t size, char *to) {
    for (size_t i = 0; i < size; i += 3, to += 4) {
        uint32_t group = (uint32_t)from[i] << 16 | from[i + 1] << 8 | from[i + 2];
        for (int digit = 0; digit < 4; digit++) to[digit] = alphabet[group >> (18 - 6 * digit) & 63];
    }
}

// Whether all were letters of the alphabet.
static int decode(const char *from, size_t size, uint8_t *to) {
    for (size_t i = 0; i < size; i += 4, to += 3) {
        uint32_t group = 0;
        for (int digit = 0; digit < 4; digit++) {
            uint8_t value = values[(uint8_t)from[i + digit]];
            if (value > 63) return 0;
            group = group << 6 | value;
        }
        to[0] = (uint8_t)(group >> 16), to[1] = (uint8_t)(group >> 8), to[2] = (uint8_t)group;
    }
    return 1;
}

int main(void) {
    memset(values, 64, sizeof values);
    for (int i = 0; i < 64; i++) values[(uint8_t)alphabet[i]] = (uint8_t)i;
    uint32_t check = 0;
    for (unsigned i = 0; i < SIZE; i++) bytes[i] = (uint8_t)(i * 7 + (i >> 8));
    for (unsigned round = 0; round < ROUNDS; round++) {
        bytes[round * 997] ^= 255;
        encode(bytes, SIZE, text);
        if (!decode(text, sizeof text, decoded) || memcmp(bytes, decoded, SIZE)) return 1;
        check = check * 31 + (uint8_t)text[round * 1009];
    }
    printf("%u\n", check);
    return 0;
}
