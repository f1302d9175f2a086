// Shortest ways through random graphs with a binary heap: adjacency lists that grow by realloc, and are freed again.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { NODES = 20000, EDGES = 80000, ROUNDS = 50 };
struct edge {
    uint32_t to, length;
};
struct node {
    struct edge *edges;
    uint32_t count, capacity, distance;
};
struct candidate {
    uint32_t distance, node;
};
static struct node nodes[NODES];
static struct candidate *heap;
static uint32_t heap_size, heap_capacity;

static void *resize(void *memory, size_t size) {
    memory = realloc(memory, size);
    if (!memory) abort();
    return memory;
}

static void connect(uint32_t from, uint32_t to, uint32_t length) {
    struct node *node = &nodes[from];
    if (node->count == node->capacity) {
        node->capacity = node->capacity ? node->capacity * 2 : 1;
        node->edges = resize(node->edges, node->capacity * sizeof *node->edges);
    }
    node->edges[node->count++] = (struct edge){to, length};
}

static void push(struct candidate candidate) {
    if (heap_size == heap_capacity) {
        heap_capacity = heap_capacity ? heap_capacity * 2 : 16;
        heap = resize(heap, heap_capacity * sizeof *heap);
    }
    uint32_t at = heap_size++;
    for (; at > 0 && candidate.distance < heap[(at - 1) / 2].distance; at = (at - 1) / 2) heap[at] = heap[(at - 1) / 2];
    heap[at] = candidate;
}

static struct candidate pop(void) {
    struct candidate top = heap[0], last = heap[--heap_size];
    uint32_t at = 0;
    for (uint32_t child; (child = 2 * at + 1) < heap_size; at = child) {
        if (child + 1 < heap_size && heap[child + 1].distance < heap[child].distance) child++;
        if (last.distance <= heap[child].distance) break;
        heap[at] = heap[child];
    }
    heap[at] = last;
    return top;
}

static void shortest_ways(uint32_t start) {
    for (uint32_t i = 0; i < NODES; i++) nodes[i].distance = UINT32_MAX;
    nodes[start].distance = 0;
    push((struct candidate){0, start});
    while (heap_size) {
        struct candidate nearest = pop();
        const struct node *node = &nodes[nearest.node];
        if (nearest.distance > node->distance) continue;
        for (uint32_t i = 0; i < node->count; i++) {
            struct edge edge = node->edges[i];
            uint32_t distance = nearest.distance + edge.length;
            if (distance >= nodes[edge.to].distance) continue;
            nodes[edge.to].distance = distance;
            push((struct candidate){distance, edge.to});
        }
    }
}

int main(void) {
    uint32_t state = 1, check = 0;
    for (int round = 0; round < ROUNDS; round++) {
        for (uint32_t i = 0; i < EDGES; i++) {
            uint32_t ends[2];
            for (int end = 0; end < 2; end++) ends[end] = ((state = state * 1664525 + 1013904223) >> 8) % NODES;
            connect(ends[0], ends[1], 1 + (state >> 20) % 100);
            connect(ends[1], ends[0], 1 + (state >> 21) % 100);
        }
        shortest_ways(state % NODES);
        for (uint32_t i = 0; i < NODES; i++) {
            check = check * 31 + nodes[i].distance;
            free(nodes[i].edges);
            nodes[i] = (struct node){0};
        }
    }
    free(heap);
    printf("%u\n", check);
    return 0;
}
