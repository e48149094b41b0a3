// From packed blocks to lanes, and the integer dot products between them and int8 activations. Included per
// instruction set, behind simd.h.

// A block of 8 rows and 32 columns, unpacked: value = scale * u - minus, by row; twice where scales span 16 columns.
// `quads` holds 8 loads of 32 bytes: unsigned, except that Q8_0 stays signed where the dot product can take it.
struct alignas(32) Block {
    uint8_t quads[256];
    f8 scale[2];
    f8 minus[2];
};

inline void unpack_nibbles(const uint8_t *p, uint8_t *quads) {
    for (int j = 0; j < 4; j++) {
        const Quads x = load_quads(p + 32 * j);
        store_quads(quads + 64 * j, low_bits(x, 0x0f));
        store_quads(quads + 64 * j + 32, low_bits(shifted_right<4>(x), 0x0f));
    }
}

template <Kind kind> struct Format;

template <> struct Format<Q4_K> {
    static constexpr int kBits = 4, kScales = 1;
    static constexpr bool kHasMinus = true;
    static void unpack(const uint8_t *group, int b, Block &out) {
        const uint8_t *super = group + static_cast<size_t>(b / kSuper) * kSuperBytesQ4K;
        const int i = b % kSuper;
        out.scale[0] = halves(super) * bytes_unsigned(super + 32 + 8 * i);
        out.minus[0] = halves(super + 16) * bytes_unsigned(super + 96 + 8 * i);
        unpack_nibbles(super + 160 + 128 * i, out.quads);
    }
};

template <> struct Format<Q6_K> {
    static constexpr int kBits = 6, kScales = 2;
    static constexpr bool kHasMinus = true;
    static void unpack(const uint8_t *group, int b, Block &out) {
        const uint8_t *super = group + static_cast<size_t>(b / kSuper) * kSuperBytesQ6K;
        const int i = b % kSuper;
        const f8 d = halves(super);
        for (int half = 0; half < 2; half++) {
            out.scale[half] = d * bytes_signed(super + 16 + 16 * i + 8 * half);
            out.minus[half] = out.scale[half] * splat(32.0f);
        }
        const uint8_t *low = super + 144 + 192 * i, *high = low + 128;
        for (int j = 0; j < 2; j++) {
            const Quads h = load_quads(high + 32 * j), a = load_quads(low + 64 * j), b4 = load_quads(low + 64 * j + 32);
            uint8_t *quads = out.quads + 128 * j;
            store_quads(quads, either(low_bits(a, 0x0f), low_bits(shifted_left<4>(h), 0x30)));
            store_quads(quads + 32, either(low_bits(shifted_right<4>(a), 0x0f), low_bits(shifted_left<2>(h), 0x30)));
            store_quads(quads + 64, either(low_bits(b4, 0x0f), low_bits(h, 0x30)));
            store_quads(quads + 96, either(low_bits(shifted_right<4>(b4), 0x0f), low_bits(shifted_right<2>(h), 0x30)));
        }
    }
};

template <> struct Format<Q5_0> {
    static constexpr int kBits = 5, kScales = 1;
    static constexpr bool kHasMinus = true;
    static void unpack(const uint8_t *group, int b, Block &out) {
        const uint8_t *p = group + static_cast<size_t>(b) * kBlockBytesQ50;
        out.scale[0] = halves(p);
        out.minus[0] = out.scale[0] * splat(16.0f);
        unpack_nibbles(p + 16, out.quads);
        const Quads h = load_quads(p + 144);
        fifth<0>(out.quads, shifted_left<4>(h));
        fifth<1>(out.quads, shifted_left<3>(h));
        fifth<2>(out.quads, shifted_left<2>(h));
        fifth<3>(out.quads, shifted_left<1>(h));
        fifth<4>(out.quads, h);
        fifth<5>(out.quads, shifted_right<1>(h));
        fifth<6>(out.quads, shifted_right<2>(h));
        fifth<7>(out.quads, shifted_right<3>(h));
    }
    template <int quad> static void fifth(uint8_t *quads, Quads bits) {
        store_quads(quads + 32 * quad, either(load_quads(quads + 32 * quad), low_bits(bits, 0x10)));
    }
};

template <> struct Format<Q8_0> {
    static constexpr int kBits = 8, kScales = 1;
#if defined(MAGICODE_VNNI) // its dot product takes unsigned weights alone
    static constexpr bool kHasMinus = true;
#else
    static constexpr bool kHasMinus = false;
#endif
    static void unpack(const uint8_t *group, int b, Block &out) {
        const uint8_t *p = group + static_cast<size_t>(b) * kBlockBytesQ80;
        out.scale[0] = halves(p);
#if defined(MAGICODE_VNNI)
        out.minus[0] = out.scale[0] * splat(128.0f);
        for (int q = 0; q < 8; q++) store_quads(out.quads + 32 * q, flip_signs(load_quads(p + 16 + 32 * q)));
#else
        for (int q = 0; q < 8; q++) store_quads(out.quads + 32 * q, load_quads(p + 16 + 32 * q));
#endif
    }
};

inline int32_t quad_at(const int8_t *p) {
    int32_t x;
    __builtin_memcpy(&x, p, sizeof x);
    return x;
}

// dots[g][t] = for each of the 8 rows of block g, the sum of weight * activation over n_quads quads from first_quad on;
// a[t] points at the activations of the block.
template <int n_groups, int n_tokens> using Dots = f8[n_groups][n_tokens];

// Keeps a sum in its register and in its order: left alone, GCC reassociates the sums into a tree, which spills them
// all and takes twice as long.
#define MAGICODE_PIN(x) asm("" : "+x"(x))

#if defined(MAGICODE_VNNI)

template <int bits, int n_quads, int n_groups, int n_tokens>
inline void dot(const Block *blocks, int first_quad, const int8_t *const *a, Dots<n_groups, n_tokens> &dots) {
    __m256i sums[n_groups][n_tokens];
    for (int g = 0; g < n_groups; g++)
        for (int t = 0; t < n_tokens; t++) sums[g][t] = _mm256_setzero_si256();
#pragma GCC unroll 8
    for (int q = first_quad; q < first_quad + n_quads; q++) {
#pragma GCC unroll 4
        for (int t = 0; t < n_tokens; t++) {
            const __m256i x = _mm256_set1_epi32(quad_at(a[t] + 4 * q));
#pragma GCC unroll 2
            for (int g = 0; g < n_groups; g++)
                sums[g][t] = _mm256_dpbusd_epi32(sums[g][t], load_quads(blocks[g].quads + 32 * q), x);
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
inline void dot(const Block *blocks, int first_quad, const int8_t *const *a, Dots<n_groups, n_tokens> &dots) {
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
            for (int g = 0; g < n_groups; g++) w[g] = load_quads(blocks[g].quads + 32 * q);
#pragma GCC unroll 4
            for (int t = 0; t < n_tokens; t++) {
                const __m256i x = _mm256_set1_epi32(quad_at(a[t] + 4 * q));
#pragma GCC unroll 2
                for (int g = 0; g < n_groups; g++) {
                    const __m256i products = bits == 8 ? _mm256_maddubs_epi16(_mm256_abs_epi8(w[g]), _mm256_sign_epi8(x, w[g]))
                                                       : _mm256_maddubs_epi16(w[g], x);
                    pairs[g][t] = i == 0 ? products : _mm256_add_epi16(pairs[g][t], products);
                    MAGICODE_PIN(pairs[g][t]);
                }
            }
        }
#pragma GCC unroll 4
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
inline void dot(const Block *blocks, int first_quad, const int8_t *const *a, Dots<n_groups, n_tokens> &dots) {
    for (int g = 0; g < n_groups; g++)
        for (int t = 0; t < n_tokens; t++) {
            int32_t sums[kRows] = {};
            for (int q = first_quad; q < first_quad + n_quads; q++)
                for (int r = 0; r < kRows; r++)
                    for (int c = 0; c < 4; c++) {
                        const uint8_t u = blocks[g].quads[32 * q + 4 * r + c];
                        sums[r] += (bits == 8 ? static_cast<int8_t>(u) : u) * a[t][4 * q + c];
                    }
            for (int r = 0; r < kRows; r++) dots[g][t][r] = static_cast<float>(sums[r]);
        }
}

#endif

// sums[g][t] += block g . activations of token t, for 8 rows each. The order of operations does not depend on how many
// groups or tokens go together.
template <Kind kind, int n_groups, int n_tokens>
inline void accumulate(const Block *blocks, const int8_t *const *a, const BlockMeta *const *meta,
                       Dots<n_groups, n_tokens> &sums) {
    using F = Format<kind>;
    constexpr int n_quads = 8 / F::kScales;
#pragma GCC unroll 2
    for (int s = 0; s < F::kScales; s++) {
        Dots<n_groups, n_tokens> dots;
        dot<F::kBits, n_quads, n_groups, n_tokens>(blocks, n_quads * s, a, dots);
#pragma GCC unroll 4
        for (int t = 0; t < n_tokens; t++) {
            const f8 scale = splat(meta[t]->scale);
            const f8 sum = splat(F::kScales == 1 ? meta[t]->sum : meta[t]->sum_half[s]);
#pragma GCC unroll 2
            for (int g = 0; g < n_groups; g++) {
                sums[g][t] = fma(dots[g][t], blocks[g].scale[s] * scale, sums[g][t]);
                if (F::kHasMinus) sums[g][t] = fnma(blocks[g].minus[s], sum, sums[g][t]);
            }
        }
    }
}
