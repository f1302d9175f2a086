// Jacobi iteration on a grid: five neighbouring loads for each store.
#include <stdio.h>

enum { N = 800 };
static double grid[2][N][N];

static void relax(const double from[N][N], double to[N][N]) {
    for (int i = 1; i < N - 1; i++)
        for (int j = 1; j < N - 1; j++)
            to[i][j] = 0.2 * (from[i][j] + from[i][j - 1] + from[i][j + 1] + from[i - 1][j] + from[i + 1][j]);
}

int main(void) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) grid[0][i][j] = grid[1][i][j] = (double)i * (j + 2) / N;
    for (int round = 0; round < 2000; round++) relax(grid[round % 2], grid[1 - round % 2]);
    double sum = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) sum += grid[0][i][j];
    printf("%.6f\n", sum);
    return 0;
}
