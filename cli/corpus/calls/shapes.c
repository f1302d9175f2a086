// Objects with function pointers, as virtual methods compile to: indirect calls whose target changes each time.
#include <stdio.h>

struct shape {
    unsigned (*step)(struct shape *, unsigned);
    unsigned a, b;
};

static unsigned add(struct shape *s, unsigned x) { return x + s->a; }
static unsigned flip(struct shape *s, unsigned x) { return x ^ s->b; }
static unsigned keep(struct shape *s, unsigned x) { return s->a += x; }
static unsigned scale(struct shape *s, unsigned x) { return x * s->b + s->a; }
static unsigned mix(struct shape *s, unsigned x) { return (x >> 3) + (x << 5) + s->b; }

int main(void) {
    static unsigned (*const steps[])(struct shape *, unsigned) = {add, flip, keep, scale, mix};
    struct shape shapes[61];
    for (unsigned i = 0; i < 61; i++) shapes[i] = (struct shape){steps[i * 3 % 5], i, 7 * i + 1};
    unsigned x = 1;
    for (int round = 0; round < 5000000; round++)
        for (int i = 0; i < 61; i++) x = shapes[i].step(&shapes[i], x);
    printf("%u\n", x);
    return 0;
}
