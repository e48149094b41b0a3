#ifndef OLD_LIMITS_H
#define OLD_LIMITS_H

/* The limits of the first tanks, in liters. */
#define OLD_TANK_CAPACITY 300
#define OLD_TANK_RESERVE 40

#endif
