// From packed blocks to lanes, and the integer dot products between them and int8 activations. Included per
// instruction set, behind simd.h.

// A block of 8 rows and 32 columns, unpacked: value = scale * u - minus, by row; twice where scales span 16 columns.
// The quads are unsigned, except that those of Q8_0 stay signed where the dot product can take it.
struct Block {
    Quads quads[8];
    f8 scale[2];
    f8 minus[2];
};

inline void unpack_nibbles(const uint8_t *p, Quads *quads) {
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        const Quads x = load_quads(p + 32 * j);
        quads[2 * j] = low_bits(x, 0x0f);
        quads[2 * j + 1] = low_bits(shifted_right<4>(x), 0x0f);
    }
}

// Unpacks block b of a group of rows.
template <Kind kind> struct Format;

template <> struct Format<Q4_K> {
    static constexpr int kBits = 4, kScales = 1;
    static constexpr bool kHasMinus = true;
    static void unpack(const uint8_t *group, size_t b, Block &out) {
        const uint8_t *super = group + b / kSuper * kSuperBytesQ4K;
        const size_t i = b % kSuper;
        out.scale[0] = halves(super) * bytes_unsigned(super + 32 + 8 * i);
        out.minus[0] = halves(super + 16) * bytes_unsigned(super + 96 + 8 * i);
        unpack_nibbles(super + 160 + 128 * i, out.quads);
    }
};

template <> struct Format<Q6_K> {
    static constexpr int kBits = 6, kScales = 2;
    static constexpr bool kHasMinus = true;
    static void unpack(const uint8_t *group, size_t b, Block &out) {
        const uint8_t *super = group + b / kSuper * kSuperBytesQ6K;
        const size_t i = b % kSuper;
        const f8 d = halves(super);
#pragma GCC unroll 2
        for (int half = 0; half < 2; half++) {
            out.scale[half] = d * bytes_signed(super + 16 + 16 * i + 8 * half);
            out.minus[half] = out.scale[half] * splat(32.0f);
        }
        const uint8_t *low = super + 144 + 192 * i, *high = low + 128;
        unpack_nibbles(low, out.quads);
#pragma GCC unroll 2
        for (int j = 0; j < 2; j++) {
            const Quads h = load_quads(high + 32 * j);
            Quads *quads = out.quads + 4 * j;
            quads[0] = either(quads[0], low_bits(shifted_left<4>(h), 0x30));
            quads[1] = either(quads[1], low_bits(shifted_left<2>(h), 0x30));
            quads[2] = either(quads[2], low_bits(h, 0x30));
            quads[3] = either(quads[3], low_bits(shifted_right<2>(h), 0x30));
        }
    }
};

template <> struct Format<Q5_0> {
    static constexpr int kBits = 5, kScales = 1;
    static constexpr bool kHasMinus = true;
    static void unpack(const uint8_t *group, size_t b, Block &out) {
        const uint8_t *p = group + b * kBlockBytesQ50;
        out.scale[0] = halves(p);
        out.minus[0] = out.scale[0] * splat(16.0f);
        unpack_nibbles(p + 16, out.quads);
        const Quads h = load_quads(p + 144);
        const Quads fifths[8] = {shifted_left<4>(h), shifted_left<3>(h), shifted_left<2>(h), shifted_left<1>(h), h,
                                 shifted_right<1>(h), shifted_right<2>(h), shifted_right<3>(h)};
#pragma GCC unroll 8
        for (int q = 0; q < 8; q++) out.quads[q] = either(out.quads[q], low_bits(fifths[q], 0x10));
    }
};

template <> struct Format<Q8_0> {
    static constexpr int kBits = 8, kScales = 1;
#if defined(MAGICODE_VNNI) // its dot product takes unsigned weights alone
    static constexpr bool kHasMinus = true;
#else
    static constexpr bool kHasMinus = false;
#endif
    static void unpack(const uint8_t *group, size_t b, Block &out) {
        const uint8_t *p = group + b * kBlockBytesQ80;
        out.scale[0] = halves(p);
        if (kHasMinus) out.minus[0] = out.scale[0] * splat(128.0f);
#pragma GCC unroll 8
        for (int q = 0; q < 8; q++) {
            const Quads x = load_quads(p + 16 + 32 * q);
            out.quads[q] = kHasMinus ? flip_signs(x) : x;
        }
    }
};

inline int32_t quad_at(const int8_t *p) {
    int32_t x;
    __builtin_memcpy(&x, p, sizeof x);
    return x;
}

// dots[g][t] = for each of the 8 rows of block g, the sum of weight * activation over n_quads quads from first_quad on;
// a (tokens, 32) holds the activations of the block.
template <int n_groups, int n_tokens> using Dots = f8[n_groups][n_tokens];

#if defined(MAGICODE_VNNI)

template <int bits, int n_quads, int n_groups, int n_tokens>
inline void dot(const Block *blocks, int first_quad, const int8_t *a, Dots<n_groups, n_tokens> &dots) {
    __m256i sums[n_groups][n_tokens];
    for (int g = 0; g < n_groups; g++)
        for (int t = 0; t < n_tokens; t++) sums[g][t] = _mm256_setzero_si256();
#pragma GCC unroll 8
    for (int q = first_quad; q < first_quad + n_quads; q++) {
#pragma GCC unroll 8
        for (int t = 0; t < n_tokens; t++) {
            const __m256i x = _mm256_set1_epi32(quad_at(a + kBlock * t + 4 * q));
#pragma GCC unroll 2
            for (int g = 0; g < n_groups; g++)
                sums[g][t] = _mm256_dpbusd_epi32(sums[g][t], blocks[g].quads[q], x);
        }
    }
    for (int g = 0; g < n_groups; g++)
        for (int t = 0; t < n_tokens; t++) dots[g][t] = to_float(sums[g][t]);
}

#elif defined(MAGICODE_AVX2)

// The pairwise products of `bits`-bit weights with int8 leave room in 16 bits for this many sums: 15 * 127 * 2 * 8,
// 31 * 127 * 2 * 4 and 63 * 127 * 2 * 2 stay below 32,768. Signed bytes go through |w| * (sign(w) * a).
template <int bits> constexpr int kRun = bits == 4 ? 8 : bits == 5 ? 4 : bits == 6 ? 2 : 1;

template <int bits, int n_quads, int n_groups, int n_tokens>
inline void dot(const Block *blocks, int first_quad, const int8_t *a, Dots<n_groups, n_tokens> &dots) {
    constexpr int run = kRun<bits> < n_quads ? kRun<bits> : n_quads;
    const __m256i ones = _mm256_set1_epi16(1);
    __m256i sums[n_groups][n_tokens];
#pragma GCC unroll 8
    for (int start = 0; start < n_quads; start += run) {
        __m256i pairs[n_groups][n_tokens];
#pragma GCC unroll 8
        for (int i = 0; i < run; i++) {
            const int q = first_quad + start + i;
            __m256i w[n_groups];
#pragma GCC unroll 2
            for (int g = 0; g < n_groups; g++) w[g] = blocks[g].quads[q];
#pragma GCC unroll 8
            for (int t = 0; t < n_tokens; t++) {
                const __m256i x = _mm256_set1_epi32(quad_at(a + kBlock * t + 4 * q));
#pragma GCC unroll 2
                for (int g = 0; g < n_groups; g++) {
                    const __m256i products = bits == 8 ? _mm256_maddubs_epi16(_mm256_abs_epi8(w[g]), _mm256_sign_epi8(x, w[g]))
                                                       : _mm256_maddubs_epi16(w[g], x);
                    pairs[g][t] = i == 0 ? products : _mm256_add_epi16(pairs[g][t], products);
                    MAGICODE_PIN(pairs[g][t]);
                }
            }
        }
#pragma GCC unroll 8
        for (int t = 0; t < n_tokens; t++)
#pragma GCC unroll 2
            for (int g = 0; g < n_groups; g++) {
                const __m256i wide = _mm256_madd_epi16(pairs[g][t], ones);
                sums[g][t] = start == 0 ? wide : _mm256_add_epi32(sums[g][t], wide);
                MAGICODE_PIN(sums[g][t]);
            }
    }
    for (int g = 0; g < n_groups; g++)
        for (int t = 0; t < n_tokens; t++) dots[g][t] = to_float(sums[g][t]);
}

#else

template <int bits, int n_quads, int n_groups, int n_tokens>
inline void dot(const Block *blocks, int first_quad, const int8_t *a, Dots<n_groups, n_tokens> &dots) {
    for (int g = 0; g < n_groups; g++)
        for (int t = 0; t < n_tokens; t++) {
            int32_t sums[kRows] = {};
            for (int q = first_quad; q < first_quad + n_quads; q++)
                for (int r = 0; r < kRows; r++)
                    for (int c = 0; c < 4; c++) {
                        const uint8_t u = blocks[g].quads[q][4 * r + c];
                        sums[r] += (bits == 8 ? static_cast<int8_t>(u) : u) * a[kBlock * t + 4 * q + c];
                    }
            for (int r = 0; r < kRows; r++) dots[g][t][r] = static_cast<float>(sums[r]);
        }
}

#endif

// sums[g][t] += block g . activations of token t, for 8 rows each. The order of operations does not depend on how many
// groups or tokens go together.
template <Kind kind, int n_groups, int n_tokens>
inline void accumulate(const Block *blocks, const int8_t *a, const BlockMeta *meta,
                       Dots<n_groups, n_tokens> &sums) {
    using F = Format<kind>;
    constexpr int n_quads = 8 / F::kScales;
#pragma GCC unroll 2
    for (int s = 0; s < F::kScales; s++) {
        Dots<n_groups, n_tokens> dots;
        dot<F::kBits, n_quads, n_groups, n_tokens>(blocks, n_quads * s, a, dots);
#pragma GCC unroll 8
        for (int t = 0; t < n_tokens; t++) {
            const f8 scale = splat(meta[t].scale);
            const f8 sum = splat(F::kScales == 1 ? meta[t].sum : meta[t].sum_half[s]);
#pragma GCC unroll 2
            for (int g = 0; g < n_groups; g++) {
                sums[g][t] = fma(dots[g][t], blocks[g].scale[s] * scale, sums[g][t]);
                if (F::kHasMinus) sums[g][t] = fnma(blocks[g].minus[s], sum, sums[g][t]);
            }
        }
    }
}
