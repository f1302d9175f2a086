// Linked lists sorted by merging, with an order that is called through a pointer: chains of loads, indirect calls.
#include <stdint.h>
#include <stdio.h>

enum { N = 20000, ROUNDS = 180 };
struct item {
    struct item *next;
    uint32_t key;
    int place;
};
typedef int order(const struct item *, const struct item *);

static int by_key(const struct item *a, const struct item *b) { return (a->key > b->key) - (a->key < b->key); }
static int by_place(const struct item *a, const struct item *b) { return a->place - b->place; }
static int by_low_digits(const struct item *a, const struct item *b) { return (int)(a->key % 1000) - (int)(b->key % 1000); }

// Takes the two halves of a list of `count` items that are sorted, and so on down; stable.
static struct item *sort(struct item *list, int count, order *compare) {
    if (count < 2) {
        if (list) list->next = NULL;
        return list;
    }
    struct item *second = list;
    for (int i = 0; i < count / 2; i++) second = second->next;
    struct item *b = sort(second, count - count / 2, compare), *a = sort(list, count / 2, compare);
    struct item *first = NULL, **end = &first;
    while (a && b) {
        struct item **smaller = compare(a, b) <= 0 ? &a : &b;
        *end = *smaller;
        end = &(*end)->next;
        *smaller = *end;
    }
    *end = a ? a : b;
    return first;
}

int main(void) {
    static struct item items[N];
    static order *const orders[] = {by_key, by_low_digits, by_place};
    uint32_t state = 1, check = 0;
    for (int i = 0; i < N; i++) {
        state = state * 1664525 + 1013904223;
        items[i] = (struct item){i + 1 < N ? &items[i + 1] : NULL, state >> 8, i};
    }
    struct item *list = items;
    for (int round = 0; round < ROUNDS; round++) {
        list = sort(list, N, orders[round % 3]);
        for (const struct item *item = list; item; item = item->next) check = check * 31 + item->key;
    }
    printf("%u\n", check);
    return 0;
}
