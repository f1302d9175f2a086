// Heapsort: data-dependent indices, no unit stride.
#include <stdio.h>

enum { N = 1000000 };
static unsigned heap[N];

static void sink(unsigned root, unsigned count) {
    unsigned held = heap[root];
    for (unsigned child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && heap[child] < heap[child + 1]) child++;
        if (held >= heap[child]) break;
        heap[root] = heap[child];
    }
    heap[root] = held;
}

int main(void) {
    unsigned state = 1, check = 0;
    for (int round = 0; round < 3; round++) {
        for (unsigned i = 0; i < N; i++) heap[i] = state = state * 1664525 + 1013904223;
        for (unsigned i = N / 2; i-- > 0;) sink(i, N);
        for (unsigned end = N; end-- > 1;) {
            unsigned top = heap[0];
            heap[0] = heap[end];
            heap[end] = top;
            sink(0, end);
        }
        for (unsigned i = 1; i < N; i++) check = check * 31 + heap[i] + (heap[i - 1] > heap[i]);
    }
    printf("%u\n", check);
    return 0;
}
