// The sieve of Eratosthenes: byte stores at strides, then a counting scan.
#include <stdio.h>
#include <string.h>

enum { LIMIT = 2000000 };
static unsigned char composite[LIMIT + 1];

int main(void) {
    unsigned primes = 0;
    for (int round = 0; round < 300; round++) {
        memset(composite, 0, sizeof composite);
        for (unsigned i = 2; i * i <= LIMIT; i++)
            if (!composite[i])
                for (unsigned j = i * i; j <= LIMIT; j += i) composite[j] = 1;
        for (unsigned i = 2; i <= LIMIT; i++) primes += !composite[i];
    }
    printf("%u\n", primes);
    return 0;
}
