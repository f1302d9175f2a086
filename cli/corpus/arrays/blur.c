// A picture of bytes, blurred by a 5x5 kernel with integer weights and sharpened again, with some noise each time: widening
// loads, clamping.
#include <stdint.h>
#include <stdio.h>

enum { WIDTH = 1024, HEIGHT = 768, ROUNDS = 150 };
static uint8_t picture[HEIGHT][WIDTH], blurred[HEIGHT][WIDTH];
static const int weights[5][5] = {{1, 4, 6, 4, 1}, {4, 16, 24, 16, 4}, {6, 24, 36, 24, 6}, {4, 16, 24, 16, 4}, {1, 4, 6, 4, 1}};

static void blur(void) {
    for (int y = 2; y < HEIGHT - 2; y++)
        for (int x = 2; x < WIDTH - 2; x++) {
            int sum = 128;
            for (int dy = -2; dy <= 2; dy++)
                for (int dx = -2; dx <= 2; dx++) sum += weights[dy + 2][dx + 2] * picture[y + dy][x + dx];
            blurred[y][x] = (uint8_t)(sum >> 8);
        }
}

static uint8_t clamp(int value) { return value < 0 ? 0 : value > 255 ? 255 : (uint8_t)value; }

// Adds what the blur took away, one and a half times.
static void sharpen(void) {
    for (int y = 2; y < HEIGHT - 2; y++)
        for (int x = 2; x < WIDTH - 2; x++) {
            int difference = picture[y][x] - blurred[y][x];
            picture[y][x] = clamp(picture[y][x] + difference + difference / 2);
        }
}

int main(void) {
    uint32_t check = 0;
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) picture[y][x] = (uint8_t)(x * y / 64 + (x ^ y));
    for (int round = 0; round < ROUNDS; round++) {
        blur();
        sharpen();
        for (int i = 0; i < HEIGHT; i++) picture[i][(i * 7 + round * 31) % WIDTH] ^= 0x55;
    }
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) check = check * 31 + picture[y][x];
    printf("%u\n", check);
    return 0;
}
