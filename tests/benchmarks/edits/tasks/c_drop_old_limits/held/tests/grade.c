#include "limits_of_tank.h"
#include "tank.h"

#include <assert.h>

int main(void)
{
    struct Tank tank = {0};
    assert(TANK_CAPACITY == 500 && TANK_RESERVE == 25);
    assert(tank_is_low(&tank));
    assert(tank_fill(&tank, 25) == 25 && tank_is_low(&tank));
    assert(tank_fill(&tank, 1) == 1 && !tank_is_low(&tank));
    assert(tank_fill(&tank, 1000) == 474 && tank.liters == 500);
    assert(tank_fill(&tank, 1) == 0);
    assert(!tank_take(&tank, 501) && tank.liters == 500);
    assert(tank_take(&tank, 500) && tank.liters == 0);
    assert(!tank_take(&tank, 1));
    return 0;
}
