// A register machine that runs a sieve: instructions of four bytes that are taken apart, registers in memory.
#include <stdint.h>
#include <stdio.h>

enum operation { MOVE_IMMEDIATE, MOVE, ADD, ADD_IMMEDIATE, SUB, MUL, AND, SHIFT_RIGHT, LOAD, STORE, JUMP, JUMP_IF_LESS, JUMP_IF_ZERO, HALT };

// The operation, a register, and two more or a signed number of 16 bits, from the lowest byte on.
typedef uint32_t instruction;
static instruction code[64];
static int length;
static uint8_t memory[1 << 16];

static uint32_t run(void) {
    uint32_t r[32] = {0};
    for (const instruction *at = code;;) {
        instruction word = *at++;
        unsigned a = word >> 8 & 31, b = word >> 16 & 31, c = word >> 24 & 31;
        int32_t immediate = (int32_t)word >> 16;
        switch (word & 255) {
        case MOVE_IMMEDIATE: r[a] = (uint32_t)immediate; break;
        case MOVE: r[a] = r[b]; break;
        case ADD: r[a] = r[b] + r[c]; break;
        case ADD_IMMEDIATE: r[a] += (uint32_t)immediate; break;
        case SUB: r[a] = r[b] - r[c]; break;
        case MUL: r[a] = r[b] * r[c]; break;
        case AND: r[a] = r[b] & r[c]; break;
        case SHIFT_RIGHT: r[a] = r[b] >> (r[c] & 31); break;
        case LOAD: r[a] = memory[r[b] & 0xffff]; break;
        case STORE: memory[r[b] & 0xffff] = (uint8_t)r[a]; break;
        case JUMP: at += immediate; break;
        // Jumps over the next instruction unless the condition holds.
        case JUMP_IF_LESS: at += r[a] >= r[b]; break;
        case JUMP_IF_ZERO: at += r[a] != 0; break;
        case HALT: return r[a];
        default: return UINT32_MAX;
        }
    }
}

static int emit(enum operation operation, uint32_t a, uint32_t b, uint32_t c) {
    code[length] = operation | a << 8 | b << 16 | c << 24;
    return length++;
}

static int emit_immediate(enum operation operation, uint32_t a, int32_t immediate) {
    code[length] = operation | a << 8 | (uint32_t)immediate << 16;
    return length++;
}

static void jump_to(int target) { emit_immediate(JUMP, 0, target - (length + 1)); }

// Makes a jump that was emitted go to the next instruction.
static void land(int jump) { code[jump] = JUMP | (uint32_t)(length - (jump + 1)) << 16; }

int main(void) {
    enum { ZERO, ONE, LIMIT, I, J, VALUE, COUNT, ROUND };
    emit_immediate(MOVE_IMMEDIATE, ONE, 1);
    emit_immediate(MOVE_IMMEDIATE, LIMIT, 32767);
    emit_immediate(MOVE_IMMEDIATE, ROUND, 300);
    int again = length;

    // for (I = 0; I < LIMIT; I++) memory[I] = 0
    emit(MOVE, I, ZERO, 0);
    int clear = length;
    emit(STORE, ZERO, I, 0);
    emit_immediate(ADD_IMMEDIATE, I, 1);
    emit(JUMP_IF_LESS, I, LIMIT, 0);
    jump_to(clear);

    // for (I = 2; I < LIMIT; I++) if (memory[I] == 0) { COUNT += I; for (J = I + I; J < LIMIT; J += I) memory[J] = 1 }
    emit_immediate(MOVE_IMMEDIATE, I, 2);
    int candidate = length;
    emit(LOAD, VALUE, I, 0);
    emit(JUMP_IF_ZERO, VALUE, 0, 0);
    int prime = emit_immediate(JUMP, 0, 0);
    int composite = emit_immediate(JUMP, 0, 0);
    land(prime);
    emit(ADD, COUNT, COUNT, I);
    emit(MOVE, J, I, 0);
    int multiple = length;
    emit(ADD, J, J, I);
    emit(STORE, ONE, J, 0);
    emit(JUMP_IF_LESS, J, LIMIT, 0);
    jump_to(multiple);
    land(composite);
    emit_immediate(ADD_IMMEDIATE, I, 1);
    emit(JUMP_IF_LESS, I, LIMIT, 0);
    jump_to(candidate);

    // if (--ROUND) again
    emit(SUB, ROUND, ROUND, ONE);
    emit(JUMP_IF_LESS, ZERO, ROUND, 0);
    jump_to(again);
    emit(HALT, COUNT, 0, 0);

    printf("%u\n", run());
    return 0;
}
