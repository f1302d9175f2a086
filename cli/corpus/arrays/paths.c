// Shortest paths between all pairs of nodes, after Floyd and Warshall: integer rows, a compare and a store.
#include <stdio.h>

enum { N = 500 };
static int distance[N][N];

int main(void) {
    unsigned total = 0;
    for (int round = 0; round < 12; round++) {
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) distance[i][j] = i == j ? 0 : 1 + (i * 37 + j * 101 + round) % 997;
        for (int k = 0; k < N; k++)
            for (int i = 0; i < N; i++)
                for (int j = 0; j < N; j++) {
                    int through = distance[i][k] + distance[k][j];
                    if (through < distance[i][j]) distance[i][j] = through;
                }
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) total += distance[i][j];
    }
    printf("%u\n", total);
    return 0;
}
