#include "packet.h"

#include <stdbool.h>
#include <string.h>

#include "crc.h"
#include "oldsum.h"

/* Computes a checksum; false if there is no such kind. */
static bool checksum(int kind, const uint8_t *bytes, size_t length, uint8_t *sum)
{
    switch (kind) {
    case SUM_OLD:
        *sum = oldsum(bytes, length);
        return true;
    case SUM_CRC:
        *sum = crc8(bytes, length);
        return true;
    default:
        return false;
    }
}

size_t packet_seal(uint8_t *out, int kind, const uint8_t *data, size_t length)
{
    if (length > PACKET_MAX_DATA) {
        return 0;
    }
    out[0] = (uint8_t)kind;
    out[1] = (uint8_t)length;
    memcpy(out + 2, data, length);
    if (!checksum(kind, out, length + 2, &out[length + 2])) {
        return 0;
    }
    return length + PACKET_OVERHEAD;
}

enum PacketError packet_open(const uint8_t *packet, size_t size, const uint8_t **data, size_t *length)
{
    if (size < PACKET_OVERHEAD || size < (size_t)packet[1] + PACKET_OVERHEAD) {
        return PACKET_TOO_SHORT;
    }
    uint8_t sum;
    if (!checksum(packet[0], packet, (size_t)packet[1] + 2, &sum)) {
        return PACKET_BAD_KIND;
    }
    if (sum != packet[packet[1] + 2]) {
        return PACKET_BAD_SUM;
    }
    *data = packet + 2;
    *length = packet[1];
    return PACKET_OK;
}
