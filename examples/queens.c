/* Places N queens on a board of N x N squares so that none attacks another: prints the first solution and how many
 * there are.
 *
 * Usage: queens N
 */
#include <stdio.h>
#include <stdlib.h>

static int size;
static int column_of[16]; /* for each row */
static long solutions;

static void print_board(void)
{
    for (int row = 0; row < size; row++) {
        for (int column = 0; column < size; column++)
            fputs(column == column_of[row] ? " Q" : " .", stdout);
        putchar('\n');
    }
}

/* The bits say which columns and diagonals are taken, as seen from `row`. */
static void place(int row, unsigned columns, unsigned left, unsigned right)
{
    if (row == size) {
        if (solutions++ == 0)
            print_board();
        return;
    }
    for (int column = 0; column < size; column++) {
        unsigned bit = 1u << column;
        if ((columns | left | right) & bit)
            continue;
        column_of[row] = column;
        place(row + 1, columns | bit, (left | bit) << 1, (right | bit) >> 1);
    }
}

int main(int argc, char **argv)
{
    size = argc == 2 ? atoi(argv[1]) : 0;
    if (size < 1 || size > 16) {
        fprintf(stderr, "usage: %s N, with N from 1 to 16\n", argv[0]);
        return 2;
    }
    place(0, 0, 0, 0);
    printf("%ld solutions\n", solutions);
    return 0;
}
