/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/address.h"

#include <string.h>

bool hvc_address_same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    for (unsigned bit = 0; bit < bits; bit++) {
        if (((a[bit / 8] ^ b[bit / 8]) >> (7 - bit % 8) & 1) != 0)
            return false;
    }
    return true;
}

bool hvc_address_equal(const struct hvc_address *a, const struct hvc_address *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static bool is_usable4(const uint8_t *a)
{
    return a[0] != 0 && a[0] != 127 && a[0] < 224 && !(a[0] == 169 && a[1] == 254);
}

/* fe80::/10, ff00::/8; ::, ::1 and addresses that stand for IPv4 all begin with ten zero bytes. */
static bool is_usable6(const uint8_t *a)
{
    static const uint8_t zeros[10];

    return !(a[0] == 0xfe && (a[1] & 0xc0) == 0x80) && a[0] != 0xff && memcmp(a, zeros, sizeof(zeros)) != 0;
}

bool hvc_address_is_usable(const struct hvc_address *address)
{
    static const uint8_t zeros[12];

    if (address->family == 4)
        return address->prefix <= 32 && is_usable4(address->bytes) &&
               memcmp(address->bytes + 4, zeros, sizeof(zeros)) == 0;
    return address->family == 6 && address->prefix <= 128 && is_usable6(address->bytes);
}

bool hvc_address_in(const struct hvc_address *address, const struct hvc_network *network)
{
    return address->family == network->family &&
           hvc_address_same_bits(address->bytes, network->address, network->prefix);
}

bool hvc_address_is_near(const struct hvc_address *a, const struct hvc_address *b)
{
    return a->family == b->family && a->prefix > 0 && hvc_address_same_bits(a->bytes, b->bytes, a->prefix);
}
