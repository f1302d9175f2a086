// Solutions of the N queens problem by backtracking over bit sets: recursion with three live arguments and a loop.
#include <stdio.h>

static unsigned place(unsigned all, unsigned columns, unsigned left, unsigned right) {
    if (columns == all) return 1;
    unsigned solutions = 0;
    for (unsigned free = all & ~(columns | left | right); free;) {
        unsigned bit = free & -free;
        free -= bit;
        solutions += place(all, columns | bit, (left | bit) << 1, (right | bit) >> 1);
    }
    return solutions;
}

int main(void) {
    // All solutions, then those that leave one diagonal free.
    for (unsigned taken = 0; taken < 3; taken++) printf("%u\n", place((1u << 14) - 1, 0, taken, 0));
    return 0;
}
