// What start-up, memory and size are measured with.
#include <stdio.h>

int main(void) {
    puts("hello, world");
    return 0;
}
