#ifndef CRC_H
#define CRC_H

#include <stddef.h>
#include <stdint.h>

/* The cyclic checksum of newer devices, polynomial 0x07. */
uint8_t crc8(const uint8_t *data, size_t length);

#endif
