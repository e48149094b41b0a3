#include "ring.h"

#include <assert.h>

static void expect(const Ring *ring, size_t count, const int *values)
{
    assert(ring->count == count);
    for (size_t i = 0; i < count; i++) {
        int value = -1;
        assert(ring_at(ring, i, &value));
        assert(value == values[i]);
    }
    int unused = 0;
    assert(!ring_at(ring, count, &unused));
}

int main(void)
{
    Ring ring;
    int value = 0;
    assert(ring_init(&ring, 3));
    for (int i = 1; i <= 3; i++) {
        assert(ring_push(&ring, i));
    }
    expect(&ring, 3, (int[]){1, 2, 3});
    assert(!ring_push(&ring, 4));
    expect(&ring, 3, (int[]){2, 3, 4});
    assert(!ring_push(&ring, 5));
    assert(!ring_push(&ring, 6));
    assert(!ring_push(&ring, 7));
    assert(!ring_push(&ring, 8));
    expect(&ring, 3, (int[]){6, 7, 8});
    assert(ring_mean(&ring) == 7);

    assert(ring_pop(&ring, &value) && value == 6);
    expect(&ring, 2, (int[]){7, 8});
    assert(ring_push(&ring, 9));
    assert(!ring_push(&ring, 10));
    expect(&ring, 3, (int[]){8, 9, 10});
    assert(ring_pop(&ring, &value) && value == 8);
    assert(ring_pop(&ring, &value) && value == 9);
    assert(ring_pop(&ring, &value) && value == 10);
    assert(!ring_pop(&ring, &value));
    assert(ring_push(&ring, 11));
    expect(&ring, 1, (int[]){11});
    ring_free(&ring);

    assert(ring_init(&ring, 1));
    assert(ring_push(&ring, 1));
    assert(!ring_push(&ring, 2));
    expect(&ring, 1, (int[]){2});
    ring_free(&ring);
    assert(!ring_init(&ring, 0));
    return 0;
}
