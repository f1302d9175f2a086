// Dense matrix multiplication, rows times rows: unit stride everywhere.
#include <stdio.h>

enum { N = 384 };
static double a[N][N], b[N][N], c[N][N];

static void multiply(void) {
    for (int i = 0; i < N; i++)
        for (int k = 0; k < N; k++)
            for (int j = 0; j < N; j++) c[i][j] += a[i][k] * b[k][j];
}

int main(void) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) a[i][j] = (i * j % 7) / 8.0, b[i][j] = (i + j) % 5 / 4.0;
    for (int round = 0; round < 60; round++) multiply();
    double trace = 0;
    for (int i = 0; i < N; i++) trace += c[i][i];
    printf("%.6f\n", trace);
    return 0;
}
