// Parses a JSON document without building it: a recursive descent over bytes, with numbers and escaped strings.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What was found in a document.
struct summary {
    unsigned objects, arrays, strings, words;
    uint32_t hash;
    double sum;
};

static const char *skip_space(const char *at) {
    while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r') at++;
    return at;
}

static const char *value(const char *at, struct summary *found);

// The character must come next.
static const char *expect(const char *at, char wanted) {
    at = skip_space(at);
    if (*at != wanted) {
        printf("expected %c, not %.20s\n", wanted, at);
        exit(1);
    }
    return at + 1;
}

static const char *string(const char *at, struct summary *found) {
    at = expect(at, '"');
    for (; *at != '"'; at++) {
        if (*at == '\\') at++;
        found->hash = found->hash * 33 + (uint8_t)*at;
    }
    found->strings++;
    return at + 1;
}

static const char *number(const char *at, struct summary *found) {
    int negative = *at == '-';
    at += negative;
    double number = 0, place = 1;
    while (*at >= '0' && *at <= '9') number = number * 10 + (*at++ - '0');
    if (*at == '.')
        for (at++; *at >= '0' && *at <= '9'; at++) number += (place /= 10) * (*at - '0');
    found->sum += negative ? -number : number;
    return at;
}

static const char *object(const char *at, struct summary *found) {
    found->objects++;
    at = skip_space(at + 1);
    if (*at == '}') return at + 1;
    for (;; at++) {
        at = string(at, found);
        at = skip_space(value(expect(at, ':'), found));
        if (*at != ',') return expect(at, '}');
    }
}

static const char *array(const char *at, struct summary *found) {
    found->arrays++;
    at = skip_space(at + 1);
    if (*at == ']') return at + 1;
    for (;; at++) {
        at = skip_space(value(at, found));
        if (*at != ',') return expect(at, ']');
    }
}

static const char *value(const char *at, struct summary *found) {
    at = skip_space(at);
    switch (*at) {
    case '{': return object(at, found);
    case '[': return array(at, found);
    case '"': return string(at, found);
    case 't':
    case 'n': found->words++; return at + 4;
    case 'f': found->words++; return at + 5;
    default: return number(at, found);
    }
}

int main(void) {
    enum { ITEMS = 4000, LONGEST = 120, ROUNDS = 2200 };
    char *document = malloc(ITEMS * LONGEST), *end = document;
    if (!document) abort();
    for (int i = 0; i < ITEMS; i++)
        end += sprintf(end, "%s{\"id\": %d, \"name\": \"item \\\"%d\\\"\", \"v\": [%d.%d, -%d, true, null], \"o\": {\"k\": false}}",
                       i ? ",\n  " : "[", i, i * 7, i % 100, i % 37, i * 3);
    strcpy(end, "]\n");
    struct summary found = {0};
    for (int round = 0; round < ROUNDS; round++) value(document, &found);
    printf("%u %u %u %u %u %.3f\n", found.objects, found.arrays, found.strings, found.words, found.hash, found.sum);
    return 0;
}
