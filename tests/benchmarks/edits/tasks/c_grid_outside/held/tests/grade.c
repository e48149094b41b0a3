#include "grid.h"

#include <assert.h>
#include <limits.h>

static void fill(struct Grid *grid)
{
    for (int y = 0; y < grid->height; y++)
        for (int x = 0; x < grid->width; x++)
            assert(grid_set(grid, x, y, 100 + 10 * y + x));
}

int main(void)
{
    struct Grid grid;

    assert(grid_init(&grid, 4, 3));
    fill(&grid);
    for (int y = 0; y < 3; y++) {
        assert(grid_get(&grid, 4, y) == 0);
        assert(grid_get(&grid, 5, y) == 0);
        assert(grid_get(&grid, -1, y) == 0);
        for (int x = 0; x < 4; x++)
            assert(grid_get(&grid, x, y) == 100 + 10 * y + x);
    }
    for (int x = -1; x <= 4; x++) {
        assert(grid_get(&grid, x, -1) == 0);
        assert(grid_get(&grid, x, 3) == 0);
        assert(grid_get(&grid, x, 4) == 0);
    }
    assert(grid_get(&grid, -4, 1) == 0);
    assert(grid_get(&grid, INT_MAX, 0) == 0);
    assert(grid_get(&grid, INT_MIN, 0) == 0);
    assert(grid_get(&grid, 0, INT_MAX) == 0);
    assert(grid_get(&grid, 0, INT_MIN) == 0);

    /* Nothing was written, and negative values are values. */
    assert(grid.width == 4 && grid.height == 3);
    assert(grid.cells[0] == 100 && grid.cells[12] == 0);
    assert(grid_set(&grid, 0, 0, -5) && grid_get(&grid, 0, 0) == -5);

    /* The whole of the memory is in use. */
    assert(grid_init(&grid, GRID_MAX, GRID_MAX));
    fill(&grid);
    assert(grid_get(&grid, GRID_MAX - 1, GRID_MAX - 1) == 100 + 11 * (GRID_MAX - 1));
    assert(grid_get(&grid, GRID_MAX, 0) == 0);

    /* What worked still works. */
    assert(!grid_set(&grid, GRID_MAX, 0, 1));
    assert(!grid_set(&grid, 0, -1, 1));
    assert(!grid_init(&grid, 0, 3));
    assert(!grid_init(&grid, GRID_MAX + 1, 3));
    assert(grid_init(&grid, 1, 1) && grid_get(&grid, 0, 0) == 0);
    return 0;
}
