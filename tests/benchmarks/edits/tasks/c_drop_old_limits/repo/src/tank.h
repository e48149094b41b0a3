#ifndef TANK_H
#define TANK_H

#include <stdbool.h>

/* A tank of water. */
struct Tank {
    int liters;
};

/* Fills water in, and returns how much found room. */
int tank_fill(struct Tank *tank, int liters);

/* Takes water out; false if there is not enough. */
bool tank_take(struct Tank *tank, int liters);

/* Says whether only the reserve is left. */
bool tank_is_low(const struct Tank *tank);

#endif
