/* Counts the words of its input and prints the most frequent ones; varargs, qsort, malloc, floating point. */
#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    struct entry *next;
    uint32_t hash;
    unsigned count;
    char word[];
};

static struct entry **buckets;
static size_t bucket_count = 8, entries;

static uint32_t hash(const char *word) {
    uint32_t h = 2166136261u;
    while (*word) h = (h ^ (unsigned char)*word++) * 16777619u;
    return h;
}

static void grow(void) {
    size_t old_count = bucket_count;
    struct entry **old = buckets;
    bucket_count *= 2;
    buckets = calloc(bucket_count, sizeof *buckets);
    for (size_t i = 0; i < old_count; i++)
        for (struct entry *e = old[i], *next; e; e = next) {
            next = e->next;
            e->next = buckets[e->hash % bucket_count];
            buckets[e->hash % bucket_count] = e;
        }
    free(old);
}

static void add(const char *word) {
    uint32_t h = hash(word);
    for (struct entry *e = buckets[h % bucket_count]; e; e = e->next)
        if (e->hash == h && !strcmp(e->word, word)) {
            e->count++;
            return;
        }
    if (++entries > bucket_count) grow();
    struct entry *e = malloc(sizeof *e + strlen(word) + 1);
    *e = (struct entry){buckets[h % bucket_count], h, 1};
    strcpy(e->word, word);
    buckets[h % bucket_count] = e;
}

static int by_count(const void *a, const void *b) {
    const struct entry *x = *(struct entry *const *)a, *y = *(struct entry *const *)b;
    return x->count != y->count ? (x->count < y->count) - (x->count > y->count) : strcmp(x->word, y->word);
}

int main(int argc, char **argv) {
    char word[64];
    size_t length = 0, total = 0;
    int top = argc > 1 ? atoi(argv[1]) : 5;
    buckets = calloc(bucket_count, sizeof *buckets);
    for (int c; (c = getchar()) != EOF || length;) {
        if (c != EOF && isalpha(c) && length < sizeof word - 1) {
            word[length++] = (char)tolower(c);
            continue;
        }
        if (!length) continue;
        word[length] = 0;
        add(word);
        total++;
        length = 0;
    }
    struct entry **all = malloc(entries * sizeof *all);
    size_t n = 0;
    for (size_t i = 0; i < bucket_count; i++)
        for (struct entry *e = buckets[i]; e; e = e->next) all[n++] = e;
    qsort(all, n, sizeof *all, by_count);
    double entropy = 0;
    for (size_t i = 0; i < n; i++) entropy -= all[i]->count / (double)total * log2(all[i]->count / (double)total);
    printf("%zu words, %zu distinct, %.9f bits each\n", total, n, entropy);
    for (size_t i = 0; i < n && (int)i < top; i++) printf("%-12s|%4u|%08x\n", all[i]->word, all[i]->count, all[i]->hash);
    if (!fopen("/etc/passwd", "r")) fputs("outside: refused\n", stderr);
    return n == entries ? 0 : 1;
}
