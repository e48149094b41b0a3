#include "limits_of_tank.h"
#include "tank.h"

int tank_fill(struct Tank *tank, int liters)
{
    int room = TANK_CAPACITY - tank->liters;
    int added = liters < room ? liters : room;
    tank->liters += added;
    return added;
}

bool tank_take(struct Tank *tank, int liters)
{
    if (liters > tank->liters)
        return false;
    tank->liters -= liters;
    return true;
}

bool tank_is_low(const struct Tank *tank)
{
    return tank->liters <= TANK_RESERVE;
}
