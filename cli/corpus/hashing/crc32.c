// CRC-32 by a table of 256 entries, a byte at a time: each step waits for the load of the one before.
#include <stdint.h>
#include <stdio.h>

static uint32_t table[256];

static void make_table(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t value = i;
        for (int bit = 0; bit < 8; bit++) value = value >> 1 ^ (value & 1 ? 0xedb88320 : 0);
        table[i] = value;
    }
}

static uint32_t crc32(uint32_t crc, const uint8_t *bytes, unsigned count) {
    crc = ~crc;
    for (unsigned i = 0; i < count; i++) crc = crc >> 8 ^ table[(crc ^ bytes[i]) & 255];
    return ~crc;
}

int main(void) {
    static uint8_t message[1 << 20];
    make_table();
    for (unsigned i = 0; i < sizeof message; i++) message[i] = (uint8_t)(i * 7 + (i >> 8));
    uint32_t crc = 0;
    for (int round = 0; round < 200; round++) crc = crc32(crc, message, sizeof message);
    printf("%08x\n", crc);
    return 0;
}
