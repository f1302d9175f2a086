// A binary search tree of a million keys, built, walked and freed: recursion, malloc and pointer chasing.
#include <stdio.h>
#include <stdlib.h>

struct node {
    struct node *left, *right;
    unsigned key;
};

static struct node *insert(struct node *node, unsigned key) {
    if (!node) {
        node = malloc(sizeof *node);
        if (!node) abort();
        *node = (struct node){NULL, NULL, key};
    } else if (key < node->key) {
        node->left = insert(node->left, key);
    } else if (key > node->key) {
        node->right = insert(node->right, key);
    }
    return node;
}

static unsigned sum(const struct node *node, unsigned depth) {
    return node ? sum(node->left, depth + 1) + node->key * depth + sum(node->right, depth + 1) : 0;
}

static void release(struct node *node) {
    if (!node) return;
    release(node->left);
    release(node->right);
    free(node);
}

int main(void) {
    unsigned state = 1, total = 0;
    for (int round = 0; round < 150; round++) {
        struct node *root = NULL;
        for (int i = 0; i < 20000; i++) {
            state = state * 1664525 + 1013904223;
            root = insert(root, state >> 8);
        }
        for (int i = 0; i < 20; i++) total += sum(root, 1);
        release(root);
    }
    printf("%u\n", total);
    return 0;
}
