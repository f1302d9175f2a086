// Ackermann's function: deep recursion, so the stack itself is walked far up and down.
#include <stdio.h>

static unsigned ackermann(unsigned m, unsigned n) {
    if (m == 0) return n + 1;
    if (n == 0) return ackermann(m - 1, 1);
    return ackermann(m - 1, ackermann(m, n - 1));
}

int main(void) {
    unsigned total = 0;
    for (unsigned i = 0; i < 300; i++) total += ackermann(3, 6 + i % 3);
    printf("%u\n", total);
    return 0;
}
