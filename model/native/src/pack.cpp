#include "pack.h"

#include <cmath>
#include <cstring>
#include <vector>

namespace magicode {
namespace {

// GGUF's blocks (ggml-common.h of llama.cpp describes them).
constexpr size_t kGgufQ4K = 144; // d, dmin f16; 12 bytes of 6-bit scales and minimums; 128 bytes of nibbles: 256 values
constexpr size_t kGgufQ6K = 210; // 128 bytes of nibbles; 64 of upper bits; 16 scales; d f16: 256 values
constexpr size_t kGgufQ50 = 22;  // d f16; 4 bytes of fifth bits; 16 bytes of nibbles: 32 values
constexpr size_t kGgufQ80 = 34;  // d f16; 32 bytes: 32 values


void quants_q4k(const uint8_t *block, uint8_t *q, uint8_t *scales, uint8_t *minimums) {
    const uint8_t *packed = block + 4, *nibbles = block + 16;
    for (int i = 0; i < 8; i++) {
        if (i < 4) {
            scales[i] = packed[i] & 63;
            minimums[i] = packed[i + 4] & 63;
        } else {
            scales[i] = static_cast<uint8_t>((packed[i + 4] & 15) | ((packed[i - 4] >> 6) << 4));
            minimums[i] = static_cast<uint8_t>((packed[i + 4] >> 4) | ((packed[i] >> 6) << 4));
        }
    }
    for (int i = 0; i < 256; i++) {
        const int pair = i / 64, within = i % 64;
        const uint8_t byte = nibbles[32 * pair + within % 32];
        q[i] = within < 32 ? byte & 15 : byte >> 4;
    }
}

void quants_q6k(const uint8_t *block, uint8_t *q) {
    const uint8_t *low = block, *high = block + 128;
    for (int i = 0; i < 256; i++) {
        const int half = i / 128, part = i % 128 / 32, l = i % 32;
        const uint8_t nibbles = low[64 * half + l + 32 * (part % 2)];
        const int bits = (high[32 * half + l] >> (2 * part)) & 3;
        q[i] = static_cast<uint8_t>((part < 2 ? nibbles & 15 : nibbles >> 4) | (bits << 4));
    }
}

void quants_q50(const uint8_t *block, uint8_t *q) {
    uint32_t fifths;
    std::memcpy(&fifths, block + 2, 4);
    for (int i = 0; i < 32; i++) {
        const uint8_t byte = block[6 + i % 16];
        q[i] = static_cast<uint8_t>((i < 16 ? byte & 15 : byte >> 4) | (((fifths >> i) & 1) << 4));
    }
}

// Where the value of row r and column c of a block lies among its quads: quad, then byte.
inline int quad_of(int c) { return c / 4; }
inline int byte_of(int r, int c) { return 4 * r + c % 4; }

void place_nibble(uint8_t *nibbles, int r, int c, uint8_t q) {
    const int quad = quad_of(c);
    nibbles[32 * (quad / 2) + byte_of(r, c)] |= static_cast<uint8_t>((q & 15) << (quad % 2 * 4));
}

void pack_q4k(const uint8_t *row, int r, int columns, uint8_t *group) {
    uint8_t q[256], scales[8], minimums[8];
    for (int s = 0; s < columns / 256; s++) {
        const uint8_t *block = row + s * kGgufQ4K;
        uint8_t *super = group + s * kSuperBytesQ4K;
        quants_q4k(block, q, scales, minimums);
        std::memcpy(super + 2 * r, block, 2);
        std::memcpy(super + 16 + 2 * r, block + 2, 2);
        for (int b = 0; b < 8; b++) {
            super[32 + 8 * b + r] = scales[b];
            super[96 + 8 * b + r] = minimums[b];
            for (int c = 0; c < 32; c++) place_nibble(super + 160 + 128 * b, r, c, q[32 * b + c]);
        }
    }
}

void pack_q6k(const uint8_t *row, int r, int columns, uint8_t *group) {
    uint8_t q[256];
    for (int s = 0; s < columns / 256; s++) {
        const uint8_t *block = row + s * kGgufQ6K;
        uint8_t *super = group + s * kSuperBytesQ6K;
        quants_q6k(block, q);
        std::memcpy(super + 2 * r, block + 208, 2);
        for (int b = 0; b < 8; b++) {
            for (int half = 0; half < 2; half++) super[16 + 16 * b + 8 * half + r] = block[192 + 2 * b + half];
            uint8_t *low = super + 144 + 192 * b, *high = low + 128;
            for (int c = 0; c < 32; c++) {
                const uint8_t value = q[32 * b + c];
                const int quad = quad_of(c);
                place_nibble(low, r, c, value);
                high[32 * (quad / 4) + byte_of(r, c)] |= static_cast<uint8_t>((value >> 4) << (quad % 4 * 2));
            }
        }
    }
}

void pack_q50(const uint8_t *row, int r, int columns, uint8_t *group) {
    uint8_t q[32];
    for (int b = 0; b < columns / 32; b++) {
        const uint8_t *block = row + b * kGgufQ50;
        uint8_t *to = group + b * kBlockBytesQ50;
        quants_q50(block, q);
        std::memcpy(to + 2 * r, block, 2);
        for (int c = 0; c < 32; c++) {
            place_nibble(to + 16, r, c, q[c]);
            to[144 + byte_of(r, c)] |= static_cast<uint8_t>((q[c] >> 4) << quad_of(c));
        }
    }
}

void pack_q80(const uint8_t *row, int r, int columns, uint8_t *group) {
    for (int b = 0; b < columns / 32; b++) {
        const uint8_t *block = row + b * kGgufQ80;
        uint8_t *to = group + b * kBlockBytesQ80;
        std::memcpy(to + 2 * r, block, 2);
        for (int c = 0; c < 32; c++) to[16 + 32 * quad_of(c) + byte_of(r, c)] = block[2 + c];
    }
}

float half(const uint8_t *p) {
    uint16_t h;
    std::memcpy(&h, p, 2);
    const int exponent = (h >> 10) & 31, mantissa = h & 1023;
    const float magnitude = exponent == 0    ? std::ldexp(static_cast<float>(mantissa), -24)
                            : exponent == 31 ? (mantissa ? NAN : INFINITY)
                                             : std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25);
    return h & 0x8000 ? -magnitude : magnitude;
}

void store_half(float x, uint8_t *p) { // x is finite, positive and normal as a half, or 0
    uint32_t bits;
    std::memcpy(&bits, &x, 4);
    uint16_t h = 0;
    if (bits >= 0x38800000u) {
        const uint32_t rounded = bits + 0xfffu + ((bits >> 13) & 1u);
        h = static_cast<uint16_t>((rounded - 0x38000000u) >> 13);
    }
    std::memcpy(p, &h, 2);
}

uint8_t nibble_at(const uint8_t *nibbles, int r, int c) {
    const int quad = quad_of(c);
    return (nibbles[32 * (quad / 2) + byte_of(r, c)] >> (quad % 2 * 4)) & 15;
}

} // namespace

size_t gguf_row_bytes(Kind kind, int columns) {
    switch (kind) {
    case Q4_K: return static_cast<size_t>(columns) / 256 * kGgufQ4K;
    case Q6_K: return static_cast<size_t>(columns) / 256 * kGgufQ6K;
    case Q5_0: return static_cast<size_t>(columns) / 32 * kGgufQ50;
    default: return static_cast<size_t>(columns) / 32 * kGgufQ80;
    }
}

void pack_rows(Kind kind, const uint8_t *source, int rows, int columns, uint8_t *out) {
    const size_t from = gguf_row_bytes(kind, columns), to = group_bytes(kind, columns);
    std::memset(out, 0, static_cast<size_t>(rows) / kRows * to);
    for (int row = 0; row < rows; row++) {
        const uint8_t *p = source + static_cast<size_t>(row) * from;
        uint8_t *group = out + static_cast<size_t>(row / kRows) * to;
        switch (kind) {
        case Q4_K: pack_q4k(p, row % kRows, columns, group); break;
        case Q6_K: pack_q6k(p, row % kRows, columns, group); break;
        case Q5_0: pack_q50(p, row % kRows, columns, group); break;
        default: pack_q80(p, row % kRows, columns, group); break;
        }
    }
}

void pack_floats(const float *source, int rows, int columns, uint8_t *out) {
    std::vector<uint8_t> row(gguf_row_bytes(Q8_0, columns));
    const size_t to = group_bytes(Q8_0, columns);
    for (int r = 0; r < rows; r++) {
        for (int b = 0; b < columns / kBlock; b++) {
            const float *x = source + static_cast<size_t>(r) * columns + kBlock * b;
            float top = 0;
            for (int c = 0; c < kBlock; c++) top = std::fmax(top, std::fabs(x[c]));
            uint8_t *block = row.data() + b * kGgufQ80;
            store_half(top / 127.0f, block);
            const float d = half(block), inverse = d > 0 ? 1.0f / d : 0.0f;
            for (int c = 0; c < kBlock; c++) {
                const float q = std::nearbyint(x[c] * inverse);
                block[2 + c] = static_cast<uint8_t>(static_cast<int8_t>(std::fmin(127.0f, std::fmax(-127.0f, q))));
            }
        }
        pack_q80(row.data(), r % kRows, columns, out + static_cast<size_t>(r / kRows) * to);
    }
}

void unpack_row(const Weights &w, int row, float *out) {
    const auto kind = static_cast<Kind>(w.kind);
    const uint8_t *group = w.data + static_cast<size_t>(row / kRows) * group_bytes(kind, w.columns);
    const int r = row % kRows;
    for (int b = 0; b < w.columns / kBlock; b++, out += kBlock) {
        const int i = b % kSuper;
        if (kind == Q4_K) {
            const uint8_t *super = group + static_cast<size_t>(b / kSuper) * kSuperBytesQ4K;
            const float scale = half(super + 2 * r) * super[32 + 8 * i + r];
            const float minus = half(super + 16 + 2 * r) * super[96 + 8 * i + r];
            for (int c = 0; c < kBlock; c++) out[c] = scale * nibble_at(super + 160 + 128 * i, r, c) - minus;
        } else if (kind == Q6_K) {
            const uint8_t *super = group + static_cast<size_t>(b / kSuper) * kSuperBytesQ6K;
            const uint8_t *low = super + 144 + 192 * i, *high = low + 128;
            for (int c = 0; c < kBlock; c++) {
                const int quad = quad_of(c), bits = (high[32 * (quad / 4) + byte_of(r, c)] >> (quad % 4 * 2)) & 3;
                const auto sc = static_cast<int8_t>(super[16 + 16 * i + 8 * (c / 16) + r]);
                out[c] = half(super + 2 * r) * sc * ((nibble_at(low, r, c) | (bits << 4)) - 32);
            }
        } else if (kind == Q5_0) {
            const uint8_t *p = group + static_cast<size_t>(b) * kBlockBytesQ50;
            for (int c = 0; c < kBlock; c++) {
                const int fifth = (p[144 + byte_of(r, c)] >> quad_of(c)) & 1;
                out[c] = half(p + 2 * r) * ((nibble_at(p + 16, r, c) | (fifth << 4)) - 16);
            }
        } else {
            const uint8_t *p = group + static_cast<size_t>(b) * kBlockBytesQ80;
            for (int c = 0; c < kBlock; c++)
                out[c] = half(p + 2 * r) * static_cast<int8_t>(p[16 + 32 * quad_of(c) + byte_of(r, c)]);
        }
    }
}

} // namespace magicode
