#ifndef RING_H
#define RING_H

#include <stdbool.h>
#include <stddef.h>

/* The latest readings of a sensor, the oldest first. */
typedef struct {
    int *values;
    size_t capacity;
    size_t start; /* where the oldest value is */
    size_t count;
} Ring;

/* Makes an empty ring; false without memory, or for a capacity of 0. */
bool ring_init(Ring *ring, size_t capacity);

void ring_free(Ring *ring);

/* Adds a value; false if the ring is full. */
bool ring_push(Ring *ring, int value);

/* Takes the oldest value; false if there is none. */
bool ring_pop(Ring *ring, int *value);

/* Reads a value, 0 being the oldest; false if there is no such value. */
bool ring_at(const Ring *ring, size_t index, int *value);

/* The mean of the values, 0 for none. */
double ring_mean(const Ring *ring);

#endif
