#include "grid.h"

#include <assert.h>
#include <stdio.h>

int main(void)
{
    struct Grid grid;
    assert(!grid_init(&grid, 0, 3));
    assert(!grid_init(&grid, 3, GRID_MAX + 1));
    assert(grid_init(&grid, 4, 3));
    assert(grid_get(&grid, 3, 2) == 0);
    assert(grid_set(&grid, 3, 2, 7));
    assert(grid_get(&grid, 3, 2) == 7);
    assert(!grid_set(&grid, 4, 0, 1));
    assert(!grid_set(&grid, 0, -1, 1));
    assert(grid_set(&grid, 0, 1, 5));
    assert(grid_get(&grid, 4, 0) == 0);
    assert(grid_get(&grid, 0, -1) == 0);
    assert(grid_get(&grid, 1, 3) == 0);
    assert(grid_get(&grid, 0, 1) == 5);
    puts("all tests passed");
    return 0;
}
