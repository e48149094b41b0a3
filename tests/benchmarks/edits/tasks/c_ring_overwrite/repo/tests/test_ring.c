#include "ring.h"

#include <assert.h>
#include <stdio.h>

int main(void)
{
    Ring ring;
    int value = 0;
    assert(!ring_init(&ring, 0));
    assert(ring_init(&ring, 3));
    assert(!ring_pop(&ring, &value));
    assert(ring_mean(&ring) == 0);

    assert(ring_push(&ring, 10));
    assert(ring_push(&ring, 20));
    assert(ring_push(&ring, 30));
    assert(ring_at(&ring, 1, &value) && value == 20);
    assert(!ring_at(&ring, 3, &value));
    assert(ring_mean(&ring) == 20);

    assert(ring_pop(&ring, &value) && value == 10);
    assert(ring_push(&ring, 40));
    assert(!ring_push(&ring, 50));
    assert(ring.count == 3);
    assert(ring_pop(&ring, &value) && value == 30);
    assert(ring_push(&ring, 60));
    assert(!ring_push(&ring, 70));
    assert(ring_pop(&ring, &value) && value == 50);
    assert(ring_pop(&ring, &value) && value == 60);
    assert(ring_pop(&ring, &value) && value == 70);
    assert(!ring_pop(&ring, &value));
    ring_free(&ring);
    puts("all tests passed");
    return 0;
}
