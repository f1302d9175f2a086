// Fibonacci numbers by double recursion: the smallest function that is nothing but calls.
#include <stdio.h>

static unsigned fib(unsigned n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

int main(void) {
    printf("%u\n", fib(42));
    return 0;
}
