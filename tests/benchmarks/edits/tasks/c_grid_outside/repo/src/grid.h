#ifndef GRID_H
#define GRID_H

#include <stdbool.h>

#define GRID_MAX 32

/* The heights of a map; a new grid is flat. */
struct Grid {
    int width;
    int height;
    int cells[GRID_MAX * GRID_MAX];
};

/* Makes a grid; false if it would be too large or empty. */
bool grid_init(struct Grid *grid, int width, int height);

/* Sets a cell; false if it is outside. */
bool grid_set(struct Grid *grid, int x, int y, int value);

/* Returns a cell. */
int grid_get(const struct Grid *grid, int x, int y);

#endif
