// Huffman codes of a text, written and read bit by bit through a tree: shifts, a bit buffer, hard to predict branches.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { SIZE = 1 << 20, SYMBOLS = 256, ROUNDS = 30 };
static uint8_t text[SIZE], packed[2 * SIZE], unpacked[SIZE];

struct node {
    uint32_t weight;
    int16_t child[2]; // Of a leaf, -1 and its symbol.
};
static struct node tree[2 * SYMBOLS];
static struct {
    uint32_t bits;
    int length;
} codes[SYMBOLS];

// Gives each symbol below the node its code.
static void assign(int at, uint32_t bits, int length) {
    const struct node *node = &tree[at];
    if (node->child[0] < 0) {
        codes[node->child[1]].bits = bits;
        codes[node->child[1]].length = length;
        return;
    }
    for (int side = 0; side < 2; side++) assign(node->child[side], bits << 1 | (uint32_t)side, length + 1);
}

// Makes the tree of a text by joining the two lightest nodes, again and again; returns its root.
static int plant(const uint8_t *from, int size) {
    int open[SYMBOLS], count = 0, nodes = 0;
    uint32_t weights[SYMBOLS] = {0};
    for (int i = 0; i < size; i++) weights[from[i]]++;
    for (int symbol = 0; symbol < SYMBOLS; symbol++)
        if (weights[symbol]) {
            tree[nodes] = (struct node){weights[symbol], {-1, (int16_t)symbol}};
            open[count++] = nodes++;
        }
    while (count > 1) {
        // The two lightest go to the end.
        for (int place = count - 1; place >= count - 2; place--)
            for (int i = 0; i < place; i++)
                if (tree[open[i]].weight < tree[open[place]].weight) {
                    int held = open[i];
                    open[i] = open[place];
                    open[place] = held;
                }
        int a = open[count - 1], b = open[count - 2];
        tree[nodes] = (struct node){tree[a].weight + tree[b].weight, {(int16_t)a, (int16_t)b}};
        open[count-- - 2] = nodes++;
    }
    assign(open[0], 0, 0);
    return open[0];
}

static int encode(const uint8_t *from, int size, uint8_t *to) {
    uint64_t buffer = 0;
    int filled = 0, length = 0;
    for (int i = 0; i < size; i++) {
        buffer = buffer << codes[from[i]].length | codes[from[i]].bits;
        for (filled += codes[from[i]].length; filled >= 8; filled -= 8) to[length++] = (uint8_t)(buffer >> (filled - 8));
    }
    to[length++] = (uint8_t)(buffer << (8 - filled));
    return length;
}

static void decode(const uint8_t *from, int root, uint8_t *to, int size) {
    unsigned bit = 0;
    for (int i = 0; i < size; i++) {
        const struct node *node = &tree[root];
        for (; node->child[0] >= 0; bit++) node = &tree[node->child[from[bit / 8] >> (7 - bit % 8) & 1]];
        to[i] = (uint8_t)node->child[1];
    }
}

int main(void) {
    uint32_t state = 3, check = 0;
    for (int i = 0; i < SIZE; i++) {
        state = state * 1664525 + 1013904223;
        // The smaller a byte, the more often it comes.
        text[i] = (uint8_t)((state >> 24) * (state >> 16 & 255) >> 10);
    }
    for (int round = 0; round < ROUNDS; round++) {
        int root = plant(text, SIZE), length = encode(text, SIZE, packed);
        decode(packed, root, unpacked, SIZE);
        if (memcmp(text, unpacked, SIZE)) return 1;
        check = check * 31 + (uint32_t)length + packed[length / 2];
        for (int i = round; i < SIZE; i += 101) text[i] ^= 3;
    }
    printf("%u\n", check);
    return 0;
}
