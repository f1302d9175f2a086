// The spectral norm of an infinite matrix by power iteration: its elements are computed, one division each.
#include <math.h>
#include <stdio.h>

enum { N = 1500 };
static double u[N], v[N], between[N];

static double element(int i, int j) { return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1); }

static void multiply(const double *from, double *to) {
    for (int i = 0; i < N; i++) {
        double sum = 0;
        for (int j = 0; j < N; j++) sum += element(i, j) * from[j];
        to[i] = sum;
    }
}

static void multiply_transposed(const double *from, double *to) {
    for (int i = 0; i < N; i++) {
        double sum = 0;
        for (int j = 0; j < N; j++) sum += element(j, i) * from[j];
        to[i] = sum;
    }
}

int main(void) {
    for (int i = 0; i < N; i++) u[i] = 1;
    for (int i = 0; i < 45; i++) {
        multiply(u, between);
        multiply_transposed(between, v);
        multiply(v, between);
        multiply_transposed(between, u);
    }
    double uv = 0, vv = 0;
    for (int i = 0; i < N; i++) uv += u[i] * v[i], vv += v[i] * v[i];
    printf("%.9f\n", sqrt(uv / vv));
    return 0;
}
