// A fast Fourier transform of 2^16 complex numbers, forwards and back: strides that double, butterflies.
#include <math.h>
#include <stdio.h>

enum { BITS = 16, N = 1 << BITS, ROUNDS = 200 };
struct complex {
    double re, im;
};
static struct complex data[N], roots[N / 2];

static void reorder(void) {
    for (unsigned i = 0, j = 0; i < N; i++) {
        if (i < j) {
            struct complex held = data[i];
            data[i] = data[j];
            data[j] = held;
        }
        // j counts with its bits reversed.
        unsigned bit = N >> 1;
        for (; j & bit; bit >>= 1) j ^= bit;
        j |= bit;
    }
}

// `direction` 1 transforms, -1 transforms back, without the division by N.
static void transform(double direction) {
    reorder();
    for (unsigned half = 1; half < N; half *= 2)
        for (unsigned start = 0; start < N; start += 2 * half)
            for (unsigned k = 0; k < half; k++) {
                struct complex *a = &data[start + k], *b = &data[start + k + half], w = roots[k * (N / 2 / half)];
                double re = w.re * b->re - direction * w.im * b->im, im = w.re * b->im + direction * w.im * b->re;
                b->re = a->re - re, b->im = a->im - im;
                a->re += re, a->im += im;
            }
}

int main(void) {
    const double tau = 6.283185307179586;
    for (unsigned i = 0; i < N / 2; i++) roots[i] = (struct complex){cos(tau * i / N), -sin(tau * i / N)};
    for (unsigned i = 0; i < N; i++) data[i] = (struct complex){i * 37 % 101 / 101.0, i % 13 / 13.0};
    for (int round = 0; round < ROUNDS; round++) {
        transform(1);
        transform(-1);
        for (unsigned i = 0; i < N; i++) data[i].re /= N, data[i].im /= N;
    }
    double sum = 0;
    for (unsigned i = 0; i < N; i++) sum += data[i].re * (i % 7) + data[i].im;
    printf("%.6f\n", sum);
    return 0;
}
