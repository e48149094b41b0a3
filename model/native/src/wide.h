// Two groups of rows at once, in lanes of 512 bits, for many tokens. Included behind quants.h where the processor has them.
// The integers are those of the other kernels, and what is done to them follows in the same order.

inline __m512 joined(f8 low, f8 high) {
    return _mm512_castpd_ps(_mm512_insertf64x4(_mm512_castps_pd(_mm512_castps256_ps512(low)), _mm256_castps_pd(high), 1));
}
inline f8 lower(__m512 x) { return _mm512_castps512_ps256(x); }
inline f8 upper(__m512 x) { return _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(x), 1)); }

// A block of two groups: as in Block, one group behind the other.
struct WideBlock {
    __m512i quads[8];
    __m512 scale[2], minus[2];
};

template <Kind kind> inline void join(const Block *groups, WideBlock &out) {
#pragma GCC unroll 8
    for (int q = 0; q < 8; q++)
        out.quads[q] = _mm512_inserti64x4(_mm512_castsi256_si512(groups[0].quads[q]), groups[1].quads[q], 1);
    for (int s = 0; s < Format<kind>::kScales; s++) {
        out.scale[s] = joined(groups[0].scale[s], groups[1].scale[s]);
        out.minus[s] = joined(groups[0].minus[s], groups[1].minus[s]);
    }
}

// Adds n_blocks blocks of two groups: sums[g * stride + t] for a whole tile of tokens, whose blocks are at `a` and `meta`.
template <Kind kind>
inline void add_wide(const WideBlock *blocks, int n_blocks, const int8_t *a, const BlockMeta *meta, f8 *sums, int stride) {
    constexpr int n_parts = Format<kind>::kScales, n_quads = 8 / n_parts;
    static_assert(Format<kind>::kHasMinus);
    __m512 local[kTile];
#pragma GCC unroll 8
    for (int t = 0; t < kTile; t++) local[t] = joined(sums[t], sums[stride + t]);
    for (int b = 0; b < n_blocks; b++, a += kBlock * kTile, meta += kTile)
#pragma GCC unroll 2
        for (int s = 0; s < n_parts; s++) {
            __m512i dots[kTile];
#pragma GCC unroll 8
            for (int t = 0; t < kTile; t++) dots[t] = _mm512_setzero_si512();
#pragma GCC unroll 8
            for (int q = n_quads * s; q < n_quads * (s + 1); q++) {
                const __m512i w = blocks[b].quads[q];
#pragma GCC unroll 8
                for (int t = 0; t < kTile; t++) {
                    const auto *quad = reinterpret_cast<const int8_t(*)[4]>(a + kBlock * t + 4 * q);
                    asm("vpdpbusd %2%{1to16%}, %1, %0" : "+v"(dots[t]) : "v"(w), "m"(*quad)); // left alone, GCC loads it first
                }
            }
#pragma GCC unroll 8
            for (int t = 0; t < kTile; t++) {
                const __m512 scale = _mm512_mul_ps(blocks[b].scale[s], _mm512_set1_ps(meta[t].scale));
                const __m512 sum = _mm512_set1_ps(n_parts == 1 ? meta[t].sum : meta[t].sum_half[s]);
                local[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dots[t]), scale, local[t]);
                local[t] = _mm512_fnmadd_ps(blocks[b].minus[s], sum, local[t]);
            }
        }
#pragma GCC unroll 8
    for (int t = 0; t < kTile; t++) {
        sums[t] = lower(local[t]);
        sums[stride + t] = upper(local[t]);
    }
}
