#include "crc.h"
#include "oldsum.h"
#include "packet.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const uint8_t hello[] = {'h', 'e', 'l', 'l', 'o'};

static void test_checksums(void)
{
    assert(oldsum(hello, 5) == (uint8_t)('h' + 'e' + 'l' + 'l' + 'o'));
    assert(crc8((const uint8_t *)"123456789", 9) == 0xf4);
}

static void test_old_packet(void)
{
    uint8_t packet[5 + PACKET_OVERHEAD];
    const uint8_t *data;
    size_t length;
    assert(packet_seal(packet, SUM_OLD, hello, 5) == 8);
    assert(packet_open(packet, 8, &data, &length) == PACKET_OK);
    assert(length == 5 && memcmp(data, hello, 5) == 0);
}

static void test_crc_packet(void)
{
    uint8_t packet[5 + PACKET_OVERHEAD];
    const uint8_t *data;
    size_t length;
    assert(packet_seal(packet, SUM_CRC, hello, 5) == 8);
    assert(packet_open(packet, 8, &data, &length) == PACKET_OK);
    assert(length == 5 && memcmp(data, hello, 5) == 0);
    packet[3] ^= 1;
    assert(packet_open(packet, 8, &data, &length) == PACKET_BAD_SUM);
    assert(packet_open(packet, 7, &data, &length) == PACKET_TOO_SHORT);
}

static void test_unknown_kind(void)
{
    uint8_t packet[5 + PACKET_OVERHEAD];
    assert(packet_seal(packet, 7, hello, 5) == 0);
    assert(packet_seal(packet, 0, hello, 5) == 0);
}

int main(void)
{
    test_checksums();
    test_old_packet();
    test_crc_packet();
    test_unknown_kind();
    puts("all tests passed");
    return 0;
}
