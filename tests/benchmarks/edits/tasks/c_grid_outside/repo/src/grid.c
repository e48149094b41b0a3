#include "grid.h"

#include <string.h>

bool grid_init(struct Grid *grid, int width, int height)
{
    if (width < 1 || height < 1 || width > GRID_MAX || height > GRID_MAX)
        return false;
    grid->width = width;
    grid->height = height;
    memset(grid->cells, 0, sizeof grid->cells);
    return true;
}

bool grid_set(struct Grid *grid, int x, int y, int value)
{
    if (x < 0 || y < 0 || x >= grid->width || y >= grid->height)
        return false;
    grid->cells[y * grid->width + x] = value;
    return true;
}

int grid_get(const struct Grid *grid, int x, int y)
{
    return grid->cells[y * grid->width + x];
}
