// SHA-256 of 192 MiB: rotations, a table of constants and a small array that is all in use.
#include <stdint.h>
#include <stdio.h>

static uint32_t rotate(uint32_t x, int n) { return x >> n | x << (32 - n); }

// The constants are the fractional parts of the cube and square roots of the first primes; computed exactly in integers.
static uint32_t root_fraction(unsigned prime, int power) {
    unsigned __int128 target = (unsigned __int128)prime << (power == 3 ? 96 : 64);
    uint64_t root = 0;
    for (int bit = 35; bit >= 0; bit--) {
        uint64_t next = root | (uint64_t)1 << bit;
        unsigned __int128 value = (unsigned __int128)next * next;
        if (power == 3) value *= next;
        if (value <= target) root = next;
    }
    return (uint32_t)root;
}

static uint32_t k[64], state[8];

static void compress(const uint8_t *block) {
    uint32_t w[64];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | block[4 * i + 1] << 16 | block[4 * i + 2] << 8 | block[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t x = w[i - 15], y = w[i - 2];
        w[i] = w[i - 16] + (rotate(x, 7) ^ rotate(x, 18) ^ x >> 3) + w[i - 7] + (rotate(y, 17) ^ rotate(y, 19) ^ y >> 10);
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
    for (int i = 0; i < 64; i++) {
        uint32_t t = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + k[i] + w[i];
        uint32_t u = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        h = g, g = f, f = e, e = d + t, d = c, c = b, b = a, a = t + u;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

int main(void) {
    static uint8_t message[1 << 20];
    int primes = 0;
    for (unsigned n = 2; primes < 64; n++) {
        unsigned divisor = 2;
        while (n % divisor) divisor++;
        if (divisor < n) continue;
        if (primes < 8) state[primes] = root_fraction(n, 2);
        k[primes++] = root_fraction(n, 3);
    }
    for (unsigned i = 0; i < sizeof message; i++) message[i] = (uint8_t)(i * 7 + (i >> 8));
    for (int round = 0; round < 192; round++)
        for (unsigned i = 0; i < sizeof message; i += 64) compress(message + i);
    for (int i = 0; i < 8; i++) printf("%08x", state[i]);
    puts("");
    return 0;
}
