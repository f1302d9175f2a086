// A compressor that finds repetitions through a hash table, and its inverse: unaligned loads, copies that overlap.
//
// A block is a count of literals, the literals, a length, and unless that is 0 a distance in two bytes.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { SIZE = 1 << 20, BITS = 14, ROUNDS = 100, FURTHEST = 65534, LONGEST = 255 };
static uint8_t text[SIZE], packed[2 * SIZE], unpacked[SIZE];
static int latest[1 << BITS]; // Where each hash of four bytes was seen last, or -1.

static uint32_t load(const uint8_t *at) {
    uint32_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

// Writes the literals and returns where to go on.
static uint8_t *literals(uint8_t *to, const uint8_t *from, int count) {
    *to++ = (uint8_t)count;
    for (int i = 0; i < count; i++) *to++ = from[i];
    return to;
}

static int compress(const uint8_t *from, int size, uint8_t *to) {
    uint8_t *out = to;
    int literal = 0, at = 0;
    memset(latest, -1, sizeof latest);
    while (at + 8 < size) {
        uint32_t word = load(from + at), hash = word * 2654435761u >> (32 - BITS);
        int match = latest[hash];
        latest[hash] = at;
        if (match >= 0 && at - match <= FURTHEST && load(from + match) == word) {
            int length = 4;
            while (length < LONGEST && at + length < size && from[match + length] == from[at + length]) length++;
            out = literals(out, from + literal, at - literal);
            *out++ = (uint8_t)length, *out++ = (uint8_t)(at - match), *out++ = (uint8_t)((at - match) >> 8);
            at += length;
            literal = at;
        } else if (++at - literal == LONGEST) {
            out = literals(out, from + literal, LONGEST);
            *out++ = 0;
            literal = at;
        }
    }
    out = literals(out, from + literal, size - literal);
    *out++ = 0;
    return (int)(out - to);
}

static int decompress(const uint8_t *from, int size, uint8_t *to) {
    const uint8_t *end = from + size;
    uint8_t *out = to;
    while (from < end) {
        for (int left = *from++; left > 0; left--) *out++ = *from++;
        int length = *from++;
        if (!length) continue;
        int distance = from[0] | from[1] << 8;
        from += 2;
        for (; length > 0; length--, out++) *out = out[-distance];
    }
    return (int)(out - to);
}

int main(void) {
    static const char *const words[] = {"the ", "quick ", "brown ", "fox ", "jumps ", "over ",
                                        "lazy ", "dog. ", "wasm ", "native ", "compiler ", "alpha"};
    uint32_t state = 3, check = 0;
    int size = 0;
    while (size < SIZE - 16) {
        state = state * 1664525 + 1013904223;
        const char *word = words[(state >> 20) % 12];
        memcpy(text + size, word, strlen(word));
        size += (int)strlen(word);
        if ((state >> 12) % 8 == 0) text[size++] = (uint8_t)(state >> 24);
    }
    for (int round = 0; round < ROUNDS; round++) {
        int length = compress(text, size, packed);
        if (decompress(packed, length, unpacked) != size || memcmp(text, unpacked, (size_t)size)) return 1;
        check = check * 31 + (uint32_t)length;
        text[round * 9973 % size] ^= 1;
    }
    printf("%u\n", check);
    return 0;
}
