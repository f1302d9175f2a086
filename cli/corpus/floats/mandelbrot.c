// Iterations of z*z + c until it escapes: a short dependent loop, left at a different time for each point.
#include <stdio.h>

enum { SIZE = 1800, LIMIT = 150 };

static int iterations(double re, double im) {
    double x = 0, y = 0, xx = 0, yy = 0;
    int n = 0;
    for (; n < LIMIT && xx + yy <= 4; n++) {
        y = 2 * x * y + im;
        x = xx - yy + re;
        xx = x * x;
        yy = y * y;
    }
    return n;
}

int main(void) {
    long sum = 0;
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j++) sum += iterations(2.0 * j / SIZE - 1.5, 2.0 * i / SIZE - 1);
    printf("%ld\n", sum);
    return 0;
}
