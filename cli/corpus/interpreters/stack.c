// A stack machine that runs a loop with a call in it: one switch over small operations, each a few loads and stores.
#include <stdint.h>
#include <stdio.h>

enum operation { PUSH, LOAD, STORE, DUP, ADD, SUB, MUL, XOR, SHR, MOD, LESS, JUMP, JUMP_IF_ZERO, CALL, RETURN, HALT };

static int32_t run(const int32_t *code) {
    int32_t stack[64], variables[8] = {0}, *top = stack - 1;
    const int32_t *calls[16], **caller = calls;
    for (const int32_t *at = code;;)
        switch (*at++) {
        case PUSH: *++top = *at++; break;
        case LOAD: *++top = variables[*at++]; break;
        case STORE: variables[*at++] = *top--; break;
        case DUP: top++, top[0] = top[-1]; break;
        case ADD: top--, top[0] = (int32_t)((uint32_t)top[0] + (uint32_t)top[1]); break;
        case SUB: top--, top[0] = (int32_t)((uint32_t)top[0] - (uint32_t)top[1]); break;
        case MUL: top--, top[0] = (int32_t)((uint32_t)top[0] * (uint32_t)top[1]); break;
        case XOR: top--, top[0] ^= top[1]; break;
        case SHR: top--, top[0] = (int32_t)((uint32_t)top[0] >> top[1]); break;
        case MOD: top--, top[0] = (int32_t)((uint32_t)top[0] % (uint32_t)top[1]); break;
        case LESS: top--, top[0] = top[0] < top[1]; break;
        case JUMP: at = code + *at; break;
        case JUMP_IF_ZERO: at = *top-- ? at + 1 : code + *at; break;
        case CALL: *caller++ = at + 1, at = code + *at; break;
        case RETURN: at = *--caller; break;
        case HALT: return variables[0];
        }
}

static int32_t code[128];
static int length;

static void emit(enum operation operation) { code[length++] = operation; }

// Returns where the operand is, so that it can be changed.
static int emit_with(enum operation operation, int32_t operand) {
    emit(operation);
    code[length] = operand;
    return length++;
}

int main(void) {
    enum { X, COUNT, ROUNDS = 14000000 };
    int main_program = emit_with(JUMP, 0);

    // step: X = X * 1664525 + 1013904223; X ^= X >> 15
    int step = length;
    emit_with(LOAD, X), emit_with(PUSH, 1664525), emit(MUL), emit_with(PUSH, 1013904223), emit(ADD);
    emit(DUP), emit_with(PUSH, 15), emit(SHR), emit(XOR), emit_with(STORE, X);
    emit(RETURN);

    // do { step(); if (X % 3 == 0) X -= COUNT; COUNT += 1 } while (COUNT < ROUNDS)
    code[main_program] = length;
    int loop = length;
    emit_with(CALL, step);
    emit_with(LOAD, X), emit_with(PUSH, 3), emit(MOD);
    int divisible = emit_with(JUMP_IF_ZERO, 0), other = emit_with(JUMP, 0);
    code[divisible] = length;
    emit_with(LOAD, X), emit_with(LOAD, COUNT), emit(SUB), emit_with(STORE, X);
    code[other] = length;
    emit_with(LOAD, COUNT), emit_with(PUSH, 1), emit(ADD), emit(DUP), emit_with(STORE, COUNT);
    emit_with(PUSH, ROUNDS), emit(LESS);
    int end = emit_with(JUMP_IF_ZERO, 0);
    emit_with(JUMP, loop);
    code[end] = length;
    emit(HALT);

    printf("%d\n", run(code));
    return 0;
}
