// The Levenshtein distance between words, all against all: a row of small integers, minima, byte compares.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { WORDS = 1400, LONGEST = 24 };
static char words[WORDS][LONGEST + 1];

static int smaller(int a, int b) { return a < b ? a : b; }

static int distance(const char *a, const char *b) {
    int length = (int)strlen(b), row[LONGEST + 1];
    for (int j = 0; j <= length; j++) row[j] = j;
    for (int i = 0; a[i]; i++) {
        int diagonal = row[0];
        row[0] = i + 1;
        for (int j = 0; j < length; j++) {
            int replaced = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = smaller(replaced, smaller(row[j], diagonal) + 1);
        }
    }
    return row[length];
}

int main(void) {
    static const char *const syllables[] = {"ba", "con", "di", "er", "fla", "gro", "in", "ju", "lis", "mo", "ter", "u"};
    uint32_t state = 1, sum = 0, nearest = UINT32_MAX;
    for (int i = 0; i < WORDS; i++) {
        int count = 3 + i % 6;
        for (int j = 0; j < count; j++) {
            state = state * 1664525 + 1013904223;
            strcat(words[i], syllables[(state >> 10) % 12]);
        }
    }
    for (int i = 0; i < WORDS; i++)
        for (int j = 0; j < WORDS; j++) {
            uint32_t d = (uint32_t)distance(words[i], words[j]);
            sum = sum * 7 + d;
            if (i != j && d && d < nearest) nearest = d;
        }
    printf("%u %u\n", sum, nearest);
    return 0;
}
