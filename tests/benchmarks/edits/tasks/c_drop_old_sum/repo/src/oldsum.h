#ifndef OLDSUM_H
#define OLDSUM_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of the first devices: the sum of all bytes. */
uint8_t oldsum(const uint8_t *data, size_t length);

#endif
