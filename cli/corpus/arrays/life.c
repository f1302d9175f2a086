// Conway's game of life on a torus of bytes: eight neighbouring loads, then a rule without branches.
#include <stdint.h>
#include <stdio.h>

enum { SIZE = 512, GENERATIONS = 1500 };
static uint8_t cells[2][SIZE + 2][SIZE + 2];

// Copies the edges to the border on the other side.
static void wrap(uint8_t from[SIZE + 2][SIZE + 2]) {
    for (int i = 1; i <= SIZE; i++) {
        from[i][0] = from[i][SIZE];
        from[i][SIZE + 1] = from[i][1];
    }
    for (int j = 0; j < SIZE + 2; j++) {
        from[0][j] = from[SIZE][j];
        from[SIZE + 1][j] = from[1][j];
    }
}

static void step(const uint8_t from[SIZE + 2][SIZE + 2], uint8_t to[SIZE + 2][SIZE + 2]) {
    for (int i = 1; i <= SIZE; i++)
        for (int j = 1; j <= SIZE; j++) {
            uint8_t around = from[i - 1][j - 1] + from[i - 1][j] + from[i - 1][j + 1] + from[i][j - 1] + from[i][j + 1] +
                             from[i + 1][j - 1] + from[i + 1][j] + from[i + 1][j + 1];
            to[i][j] = (around | from[i][j]) == 3;
        }
}

int main(void) {
    uint32_t state = 1, alive = 0;
    for (int i = 1; i <= SIZE; i++)
        for (int j = 1; j <= SIZE; j++) {
            state = state * 1664525 + 1013904223;
            cells[0][i][j] = state >> 30 == 0;
        }
    for (int generation = 0; generation < GENERATIONS; generation++) {
        wrap(cells[generation % 2]);
        step(cells[generation % 2], cells[1 - generation % 2]);
    }
    for (int i = 1; i <= SIZE; i++)
        for (int j = 1; j <= SIZE; j++) alive = alive * 3 + cells[0][i][j];
    printf("%u\n", alive);
    return 0;
}
