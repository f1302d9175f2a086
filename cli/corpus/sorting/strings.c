// Words sorted by multikey quicksort, which parts them by one letter at a time: pointers to bytes, three-way branches.
#include <stdint.h>
#include <stdio.h>

enum { WORDS = 200000, LONGEST = 20, ROUNDS = 16 };
static char letters[WORDS][LONGEST];
static const char *words[WORDS];

static void swap(const char **a, const char **b) {
    const char *held = *a;
    *a = *b;
    *b = held;
}

// Sorts words that agree in their first `depth` letters.
static void sort(const char **first, int count, int depth) {
    while (count > 1) {
        char pivot = first[count / 2][depth];
        int less = 0, more = count;
        for (int i = 0; i < more;) {
            char letter = first[i][depth];
            if (letter < pivot) swap(&first[less++], &first[i++]);
            else if (letter > pivot) swap(&first[i], &first[--more]);
            else i++;
        }
        sort(first, less, depth);
        sort(first + more, count - more, depth);
        if (!pivot) return;
        first += less;
        count = more - less;
        depth++;
    }
}

static uint32_t draw(void) {
    static uint32_t state = 1;
    state = state * 1664525 + 1013904223;
    return state >> 8;
}

int main(void) {
    static const char *const syllables[] = {"ba", "con", "di", "er", "fla", "gro", "in", "ju", "lis", "mo", "ter", "u"};
    uint32_t check = 0;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < WORDS; i++) {
            char *end = letters[i];
            for (uint32_t left = 2 + draw() % 5; left > 0; left--)
                for (const char *letter = syllables[draw() % 12]; *letter; letter++) *end++ = *letter;
            *end = 0;
            words[i] = letters[i];
        }
        sort(words, WORDS, 0);
        for (int i = 0; i < WORDS; i++) check = check * 31 + (uint32_t)words[i][2];
    }
    printf("%u %s %s\n", check, words[0], words[WORDS - 1]);
    return 0;
}
