// Quicksort of four million integers: branches that cannot be predicted, recursion into the smaller part.
#include <stdint.h>
#include <stdio.h>

enum { N = 4000000 };
static int numbers[N];

static void sort(int *a, int low, int high) {
    while (low < high) {
        int pivot = a[low + (high - low) / 2], i = low, j = high;
        while (i <= j) {
            while (a[i] < pivot) i++;
            while (a[j] > pivot) j--;
            if (i > j) break;
            int held = a[i];
            a[i++] = a[j];
            a[j--] = held;
        }
        if (j - low < high - i) {
            sort(a, low, j);
            low = i;
        } else {
            sort(a, i, high);
            high = j;
        }
    }
}

int main(void) {
    uint32_t state = 1, check = 0;
    for (int i = 0; i < N; i++) {
        state = state * 1664525 + 1013904223;
        numbers[i] = (int)(state >> 4);
    }
    sort(numbers, 0, N - 1);
    for (int i = 0; i < N; i++) check = check * 31 + (uint32_t)numbers[i];
    printf("%u\n", check);
    return 0;
}
