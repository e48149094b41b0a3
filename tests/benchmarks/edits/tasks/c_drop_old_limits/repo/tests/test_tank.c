#include "tank.h"

#include <assert.h>
#include <stdio.h>

int main(void)
{
    struct Tank tank = {0};
    assert(tank_is_low(&tank));
    assert(tank_fill(&tank, 450) == 450);
    assert(tank_fill(&tank, 80) == 50);
    assert(!tank_take(&tank, 501));
    assert(tank_take(&tank, 100));
    assert(tank.liters == 400);
    puts("all tests passed");
    return 0;
}
