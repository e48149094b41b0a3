// How weights and activations lie in memory.
//
// A weight matrix (rows, columns) is stored in groups of 8 rows; each group is a run of blocks of 32 columns. Inside a
// block the 8 rows are interleaved, 4 columns at a time, so that one 32-byte load brings 4 columns of all 8 rows and
// one 4-byte broadcast of an activation meets them all: no sum across lanes is ever needed.
//
//   byte of quad q (columns 4q .. 4q+3), row r, column c inside the quad: 4 * r + c of the quad's 32 bytes
//
// The values are those of the GGUF block formats, bit for bit; only their order differs.
//
//   Q4_K  for 8 blocks: d f16[8], dmin f16[8], sc u8[8 blocks][8 rows], m u8[8][8]; then 128 bytes a block
//         value = d * sc * q - dmin * m                                       q in 0..15
//   Q6_K  for 8 blocks: d f16[8], sc i8[8 blocks][2 halves][8 rows]; then 128 + 64 bytes a block
//         value = d * sc * (q - 32), one sc for 16 columns                    q in 0..63
//   Q5_0  a block: d f16[8], 128 + 32 bytes;  value = d * (q - 16)            q in 0..31
//   Q8_0  a block: d f16[8], 256 bytes;       value = d * q                   q in -127..127
//
// Nibbles: byte i of load j holds quad 2j in its low and quad 2j+1 in its high half. Q5_0's fifth bits: bit q of a byte
// belongs to quad q. Q6_K's upper bits: two loads of 32 bytes, each with 2 bits for 4 quads.
#pragma once

#include <cstddef>
#include <cstdint>

namespace magicode {

enum Kind : int32_t { Q4_K = 0, Q6_K = 1, Q5_0 = 2, Q8_0 = 3, kKinds = 4 };

constexpr int kRows = 8;    // of a group
constexpr int kBlock = 32;  // columns of a block
constexpr int kSuper = 8;   // blocks that share d in the K formats

constexpr size_t kSuperBytesQ4K = 32 + 2 * kSuper * kRows + kSuper * 128;
constexpr size_t kSuperBytesQ6K = 16 + 2 * kSuper * kRows + kSuper * 192;
constexpr size_t kBlockBytesQ50 = 16 + 160;
constexpr size_t kBlockBytesQ80 = 16 + 256;

// Mean bytes of a block of 8 rows and 32 columns.
constexpr size_t block_bytes(Kind kind) {
    switch (kind) {
    case Q4_K: return kSuperBytesQ4K / kSuper;
    case Q6_K: return kSuperBytesQ6K / kSuper;
    case Q5_0: return kBlockBytesQ50;
    case Q8_0: return kBlockBytesQ80;
    default: return 0;
    }
}

inline size_t group_bytes(Kind kind, int columns) { return static_cast<size_t>(columns) / kBlock * block_bytes(kind); }

// A weight matrix; `rows` is a multiple of 8, `columns` of the format's block. `bias` may be null.
struct Weights {
    const uint8_t *data;
    const float *bias;
    int32_t kind;
    int32_t rows;
    int32_t columns;
    int32_t reserved;
};

// What a block of 32 quantised activations stands for: value = scale * q, sums = scale * sum of q.
struct BlockMeta {
    float scale;
    float sum;
    float sum_half[2];
};

constexpr int kTile = 8; // tokens of a tile

// Activations (tokens, columns) in int8, quantised by blocks of 32 columns. Tokens lie in tiles, block by block, so that
// what one block of weights meets lies together.
struct Activations {
    int8_t *q;        // (tiles, blocks, width, 32)
    BlockMeta *meta;  // (tiles, blocks, width)
    int columns;
    int width;        // of a tile: kTile, or as many as there are tokens
};

} // namespace magicode
