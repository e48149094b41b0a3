#ifndef PACKET_H
#define PACKET_H

#include <stddef.h>
#include <stdint.h>

/*
 * A packet is the kind of its checksum (a byte), the length of the data (a byte), the data, and the checksum over all
 * that.
 */
enum SumKind {
    SUM_OLD = 0,
    SUM_CRC = 1,
};

enum PacketError {
    PACKET_OK,
    PACKET_TOO_SHORT,
    PACKET_BAD_KIND,
    PACKET_BAD_SUM,
};

#define PACKET_OVERHEAD 3
#define PACKET_MAX_DATA 255

/*
 * Writes a packet to `out`, which has room for PACKET_OVERHEAD bytes more than the data, and returns its size; 0 for
 * an unknown kind or for too much data.
 */
size_t packet_seal(uint8_t *out, int kind, const uint8_t *data, size_t length);

/* Checks a packet and tells where its data is. */
enum PacketError packet_open(const uint8_t *packet, size_t size, const uint8_t **data, size_t *length);

#endif
