// Fannkuch: for every permutation of ten numbers, how many prefix reversals bring 0 to the front. Tiny arrays, short loops.
#include <stdio.h>

enum { N = 10 };

// Reversals of a prefix, as long as its first element says, until that is 0.
static int flips(const int *permutation) {
    int p[N], count = 0;
    for (int i = 0; i < N; i++) p[i] = permutation[i];
    for (int first; (first = p[0]) != 0; count++)
        for (int low = 0, high = first; low < high; low++, high--) {
            int held = p[low];
            p[low] = p[high];
            p[high] = held;
        }
    return count;
}

// Steps to the next permutation by rotating prefixes; 0 after the last one.
static int next(int *permutation, int *rotations) {
    for (int length = 2; length <= N; length++) {
        int first = permutation[0];
        for (int i = 1; i < length; i++) permutation[i - 1] = permutation[i];
        permutation[length - 1] = first;
        if (++rotations[length - 1] < length) return 1;
        rotations[length - 1] = 0;
    }
    return 0;
}

// Prints the most reversals there are, and their sum with alternating signs.
static void fannkuch(int first) {
    int permutation[N], rotations[N] = {0}, most = 0, checksum = 0, sign = 1;
    for (int i = 0; i < N; i++) permutation[i] = (first + i) % N;
    do {
        int count = flips(permutation);
        if (count > most) most = count;
        checksum += sign * count;
        sign = -sign;
    } while (next(permutation, rotations));
    printf("%d %d\n", checksum, most);
}

int main(void) {
    for (int first = 0; first < 3; first++) fannkuch(first);
    return 0;
}
