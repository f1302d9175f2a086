// A hash table of strings with chains that grows: hashing, comparing and copying short strings, one malloc for each.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    struct entry *next;
    uint32_t hash;
    unsigned count;
    char key[];
};
struct map {
    struct entry **chains;
    uint32_t capacity, size; // The capacity is a power of two.
};

static uint32_t hash(const char *key) {
    uint32_t h = 2166136261;
    for (; *key; key++) h = (h ^ (uint8_t)*key) * 16777619;
    return h;
}

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (!memory) abort();
    return memory;
}

static void grow(struct map *map) {
    uint32_t capacity = map->capacity * 2;
    struct entry **chains = allocate(capacity, sizeof *chains);
    for (uint32_t i = 0; i < map->capacity; i++)
        for (struct entry *entry = map->chains[i], *next; entry; entry = next) {
            next = entry->next;
            struct entry **chain = &chains[entry->hash & (capacity - 1)];
            entry->next = *chain;
            *chain = entry;
        }
    free(map->chains);
    map->chains = chains;
    map->capacity = capacity;
}

// The entry of a key, made when there is none.
static struct entry *entry(struct map *map, const char *key) {
    uint32_t h = hash(key);
    for (struct entry *entry = map->chains[h & (map->capacity - 1)]; entry; entry = entry->next)
        if (entry->hash == h && !strcmp(entry->key, key)) return entry;
    if (map->size >= map->capacity) grow(map);
    size_t size = strlen(key) + 1;
    struct entry *new = allocate(1, sizeof *new + size), **chain = &map->chains[h & (map->capacity - 1)];
    memcpy(new->key, key, size);
    new->hash = h;
    new->next = *chain;
    *chain = new;
    map->size++;
    return new;
}

static void release(struct map *map) {
    for (uint32_t i = 0; i < map->capacity; i++)
        for (struct entry *entry = map->chains[i], *next; entry; entry = next) {
            next = entry->next;
            free(entry);
        }
    free(map->chains);
}

// A word for a number, its decimal digits backwards.
static void spell(uint32_t number, char *word) {
    *word++ = 'k';
    do *word++ = (char)('0' + number % 10);
    while (number /= 10);
    strcpy(word, "_x");
}

int main(void) {
    uint32_t state = 12345, check = 0;
    char word[16];
    for (int round = 0; round < 16; round++) {
        struct map map = {allocate(16, sizeof(struct entry *)), 16, 0};
        for (int i = 0; i < 500000; i++) {
            state = state * 1103515245 + 12345;
            spell((state >> 8) % 50000, word);
            entry(&map, word)->count += i % 8;
        }
        for (uint32_t i = 0; i < map.capacity; i++)
            for (const struct entry *entry = map.chains[i]; entry; entry = entry->next) check += entry->count * (entry->hash % 256);
        check += map.size;
        release(&map);
    }
    printf("%u\n", check);
    return 0;
}
