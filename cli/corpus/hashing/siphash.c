// SipHash-2-4 of many short keys and some long ones: 64-bit additions, rotations, and loads at any alignment.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct state {
    uint64_t a, b, c, d;
};

static uint64_t rotate(uint64_t x, int n) { return x << n | x >> (64 - n); }

static void mix(struct state *s) {
    s->a += s->b, s->b = rotate(s->b, 13) ^ s->a, s->a = rotate(s->a, 32);
    s->c += s->d, s->d = rotate(s->d, 16) ^ s->c;
    s->a += s->d, s->d = rotate(s->d, 21) ^ s->a;
    s->c += s->b, s->b = rotate(s->b, 17) ^ s->c, s->c = rotate(s->c, 32);
}

static void absorb(struct state *s, uint64_t word) {
    s->d ^= word;
    mix(s);
    mix(s);
    s->a ^= word;
}

static uint64_t siphash(uint64_t key0, uint64_t key1, const uint8_t *bytes, size_t count) {
    struct state s = {key0 ^ 0x736f6d6570736575, key1 ^ 0x646f72616e646f6d, key0 ^ 0x6c7967656e657261, key1 ^ 0x7465646279746573};
    size_t whole = count / 8 * 8;
    for (size_t i = 0; i < whole; i += 8) {
        uint64_t word;
        memcpy(&word, bytes + i, sizeof word);
        absorb(&s, word);
    }
    uint64_t last = (uint64_t)count << 56;
    for (size_t i = whole; i < count; i++) last |= (uint64_t)bytes[i] << 8 * (i - whole);
    absorb(&s, last);
    s.c ^= 0xff;
    for (int i = 0; i < 4; i++) mix(&s);
    return s.a ^ s.b ^ s.c ^ s.d;
}

int main(void) {
    static uint8_t text[4096 + 64];
    for (unsigned i = 0; i < sizeof text; i++) text[i] = (uint8_t)(i * 131 + (i >> 5));
    uint64_t sum = 0;
    for (unsigned round = 0; round < 400; round++) {
        for (unsigned at = 0; at < 60000; at++) sum += siphash(round, sum, text + at % 4096, at % 41);
        for (unsigned at = 0; at < 64; at++) sum += siphash(round, sum, text + at, 4096);
    }
    printf("%016llx\n", (unsigned long long)sum);
    return 0;
}
