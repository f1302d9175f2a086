// Brainfuck, made into operations with counts and targets first: an interpreter whose loops are found by matching brackets.
#include <stdint.h>
#include <stdio.h>

enum operation { ADD, MOVE, OPEN, CLOSE, OUTPUT, END };
struct instruction {
    enum operation operation;
    int operand; // What to add, how far to move, where to jump.
};
static struct instruction code[1024];
static uint8_t tape[4096];

// Returns 0 when brackets do not match.
static int translate(const char *source) {
    int open[64], depth = 0, length = 0;
    for (; *source; source++) {
        struct instruction next;
        switch (*source) {
        case '+': next = (struct instruction){ADD, 1}; break;
        case '-': next = (struct instruction){ADD, -1}; break;
        case '>': next = (struct instruction){MOVE, 1}; break;
        case '<': next = (struct instruction){MOVE, -1}; break;
        case '.': next = (struct instruction){OUTPUT, 0}; break;
        case '[':
            next = (struct instruction){OPEN, 0};
            open[depth++] = length;
            break;
        case ']':
            if (!depth) return 0;
            next = (struct instruction){CLOSE, open[--depth]};
            code[open[depth]].operand = length;
            break;
        default: continue;
        }
        if (length && next.operation <= MOVE && code[length - 1].operation == next.operation)
            code[length - 1].operand += next.operand;
        else code[length++] = next;
    }
    code[length] = (struct instruction){END, 0};
    return depth == 0;
}

static void run(void) {
    unsigned cell = 0;
    for (const struct instruction *at = code;; at++)
        switch (at->operation) {
        case ADD: tape[cell] = (uint8_t)(tape[cell] + at->operand); break;
        case MOVE: cell = (cell + (unsigned)at->operand) % sizeof tape; break;
        case OPEN: if (!tape[cell]) at = code + at->operand; break;
        case CLOSE: if (tape[cell]) at = code + at->operand; break;
        case OUTPUT: printf("%d\n", tape[cell]); break;
        case END: return;
        }
}

int main(void) {
    // Cells 0 to 2 count down from 250, 200 and 250 within each other; what they count is moved about, and printed in the end.
    static const char source[] =
        "++++++++++[>+++++++++++++++++++++++++<-]>[<+>-]<"           // c0 = 250
        "[>++++++++++[>++++++++++++++++++++<-]>[<+>-]<"              // c1 = 200
        "[>++++++++++[>+++++++++++++++++++++++++<-]>[<+>-]<"         // c2 = 250
        "[>+<-]>[>+>+<<-]>>[<<+>>-]<<[-]<<-]"                        // c4 += c2, and c2 = 0
        "<-]"
        ">>>>.";
    if (!translate(source)) return 1;
    for (int round = 0; round < 2; round++) run();
    return 0;
}
