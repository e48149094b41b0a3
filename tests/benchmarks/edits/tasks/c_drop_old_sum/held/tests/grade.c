#include "crc.h"
#include "packet.h"

#include <assert.h>
#include <string.h>

int main(void)
{
    const uint8_t hello[] = {'h', 'e', 'l', 'l', 'o'};
    uint8_t packet[255 + PACKET_OVERHEAD];
    const uint8_t *data;
    size_t length;

    assert(SUM_CRC == 1);
    assert(PACKET_OK == 0);
    assert(crc8((const uint8_t *)"123456789", 9) == 0xf4);

    assert(packet_seal(packet, 0, hello, 5) == 0);
    assert(packet_seal(packet, 2, hello, 5) == 0);
    assert(packet_seal(packet, -1, hello, 5) == 0);

    const uint8_t old[] = {0, 1, 'x', 'x' + 1};
    assert(packet_open(old, sizeof old, &data, &length) == PACKET_BAD_KIND);
    const uint8_t other[] = {9, 0, 9};
    assert(packet_open(other, sizeof other, &data, &length) == PACKET_BAD_KIND);
    assert(packet_open(old, 3, &data, &length) == PACKET_TOO_SHORT);
    assert(packet_open(old, 2, &data, &length) == PACKET_TOO_SHORT);

    assert(packet_seal(packet, SUM_CRC, hello, 5) == 8);
    assert(packet[0] == 1 && packet[1] == 5);
    assert(packet_open(packet, 8, &data, &length) == PACKET_OK);
    assert(length == 5 && memcmp(data, hello, 5) == 0);
    packet[7] ^= 4;
    assert(packet_open(packet, 8, &data, &length) == PACKET_BAD_SUM);

    uint8_t big[256] = {0};
    assert(packet_seal(packet, SUM_CRC, big, 256) == 0);
    assert(packet_seal(packet, SUM_CRC, big, 255) == 258);
    assert(packet_open(packet, 258, &data, &length) == PACKET_OK);
    assert(packet_seal(packet, SUM_CRC, big, 0) == 3);
    assert(packet_open(packet, 3, &data, &length) == PACKET_OK && length == 0);
    return 0;
}
