#ifndef LIMITS_OF_TANK_H
#define LIMITS_OF_TANK_H

/* The limits of the tanks that are sold today, in liters. */
#define TANK_CAPACITY 500
#define TANK_RESERVE 25

#endif
