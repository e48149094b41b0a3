#include "ring.h"

#include <stdlib.h>

bool ring_init(Ring *ring, size_t capacity)
{
    ring->start = 0;
    ring->count = 0;
    ring->capacity = capacity;
    ring->values = capacity ? calloc(capacity, sizeof *ring->values) : NULL;
    return ring->values != NULL;
}

void ring_free(Ring *ring)
{
    free(ring->values);
    ring->values = NULL;
    ring->capacity = 0;
    ring->count = 0;
}

bool ring_push(Ring *ring, int value)
{
    if (ring->count == ring->capacity) {
        return false;
    }
    ring->values[(ring->start + ring->count) % ring->capacity] = value;
    ring->count++;
    return true;
}

bool ring_pop(Ring *ring, int *value)
{
    if (ring->count == 0) {
        return false;
    }
    *value = ring->values[ring->start];
    ring->start = (ring->start + 1) % ring->capacity;
    ring->count--;
    return true;
}

bool ring_at(const Ring *ring, size_t index, int *value)
{
    if (index >= ring->count) {
        return false;
    }
    *value = ring->values[(ring->start + index) % ring->capacity];
    return true;
}

double ring_mean(const Ring *ring)
{
    double sum = 0;
    for (size_t i = 0; i < ring->count; i++) {
        sum += ring->values[(ring->start + i) % ring->capacity];
    }
    return ring->count ? sum / (double)ring->count : 0;
}
