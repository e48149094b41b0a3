// Eight lanes: what the kernels need of an instruction set. Included inside a namespace of its own for each set.
//
// MAGICODE_AVX2 uses AVX2, FMA and F16C; MAGICODE_VNNI adds AVX-512 VL and VNNI; without either, vector extensions of
// the compiler, which become SSE2, NEON or plain code.

// Keeps a sum in its register and in its order: left alone, GCC reassociates the sums into a tree, which spills them
// all and takes twice as long.
#define MAGICODE_PIN(x) asm("" : "+x"(x))

#if defined(MAGICODE_AVX2)

using f8 = __m256;

inline f8 load(const float *p) { return _mm256_loadu_ps(p); }
inline void store(float *p, f8 x) { _mm256_storeu_ps(p, x); }
inline f8 splat(float x) { return _mm256_set1_ps(x); }
inline f8 fma(f8 a, f8 b, f8 c) { return _mm256_fmadd_ps(a, b, c); }
inline f8 fnma(f8 a, f8 b, f8 c) { return _mm256_fnmadd_ps(a, b, c); }
inline f8 larger(f8 a, f8 b) { return _mm256_max_ps(a, b); }
inline f8 absolute(f8 x) { return _mm256_andnot_ps(splat(-0.0f), x); }
inline f8 halves(const void *p) { return _mm256_cvtph_ps(_mm_loadu_si128(static_cast<const __m128i *>(p))); }
inline void store_halves(void *p, f8 x) {
    _mm_storeu_si128(static_cast<__m128i *>(p), _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
}
inline uint16_t to_half(float x) { return static_cast<uint16_t>(_cvtss_sh(x, _MM_FROUND_TO_NEAREST_INT)); }
inline f8 bytes_unsigned(const void *p) {
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(static_cast<const __m128i *>(p))));
}
inline f8 bytes_signed(const void *p) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(static_cast<const __m128i *>(p))));
}
// Rounds to the nearest integer, which must be in -128..127, and returns it in lanes of 8 bytes.
inline void store_rounded(int8_t *p, f8 x) {
    const __m256i i = _mm256_cvtps_epi32(x);
    const __m128i w = _mm_packs_epi32(_mm256_castsi256_si128(i), _mm256_extracti128_si256(i, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i *>(p), _mm_packs_epi16(w, w));
}
// Rounds to the nearest integers, which must fit 16 bits.
inline void store_rounded(int16_t *p, f8 a, f8 b) {
    const __m256i w = _mm256_packs_epi32(_mm256_cvtps_epi32(a), _mm256_cvtps_epi32(b));
    _mm256_storeu_si256(reinterpret_cast<__m256i *>(p), _mm256_permute4x64_epi64(w, 0xd8));
}
inline f8 rounded(f8 x) { return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
// 2^n for integers n in -126..127.
inline f8 power_of_two(f8 n) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23));
}
inline f8 zero_where_below(f8 x, f8 test, f8 bound) {
    return _mm256_and_ps(x, _mm256_cmp_ps(test, bound, _CMP_GE_OQ));
}

inline float first_of(f8 x) { return _mm256_cvtss_f32(x); }
inline float sum_of(f8 x) {
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehdup_ps(four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehl_ps(two, two)));
}
inline float largest_of(f8 x) {
    const __m128 four = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    const __m128 two = _mm_max_ps(four, _mm_movehdup_ps(four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehl_ps(two, two)));
}

using Quads = __m256i; // 8 lanes of 4 bytes, or 8 int32

inline Quads load_quads(const uint8_t *p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i *>(p)); }
inline void store_quads(uint8_t *p, Quads x) { _mm256_storeu_si256(reinterpret_cast<__m256i *>(p), x); }
inline Quads low_bits(Quads x, int mask) { return _mm256_and_si256(x, _mm256_set1_epi8(static_cast<char>(mask))); }
template <int n> inline Quads shifted_right(Quads x) { return _mm256_srli_epi16(x, n); }
template <int n> inline Quads shifted_left(Quads x) { return _mm256_slli_epi16(x, n); }
inline Quads either(Quads a, Quads b) { return _mm256_or_si256(a, b); }
inline Quads flip_signs(Quads x) { return _mm256_xor_si256(x, _mm256_set1_epi8(static_cast<char>(0x80))); }
inline f8 to_float(Quads x) { return _mm256_cvtepi32_ps(x); }
inline Quads no_quads() { return _mm256_setzero_si256(); }
inline Quads load_quads(const int16_t *p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i *>(p)); }
inline Quads splat_pair(const int16_t *p) { // two numbers in each lane
    int32_t x;
    __builtin_memcpy(&x, p, sizeof x);
    return _mm256_set1_epi32(x);
}
// sum + a[0] * b[0] + a[1] * b[1] in each lane, for numbers of 16 bits.
inline Quads add_pairs(Quads sum, Quads a, Quads b) {
#if defined(MAGICODE_VNNI)
    asm("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b)); // GCC copies each sum twice around the intrinsic
#else
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
    MAGICODE_PIN(sum);
#endif
    return sum;
}

#else

typedef float f8 __attribute__((vector_size(32)));
typedef int32_t i32x8 __attribute__((vector_size(32)));
typedef uint8_t u8x32 __attribute__((vector_size(32)));

template <class T> inline T copied(const void *p) {
    T x;
    __builtin_memcpy(&x, p, sizeof x);
    return x;
}
inline f8 load(const float *p) { return copied<f8>(p); }
inline void store(float *p, f8 x) { __builtin_memcpy(p, &x, sizeof x); }
inline f8 splat(float x) { return f8{x, x, x, x, x, x, x, x}; }
inline f8 fma(f8 a, f8 b, f8 c) { return a * b + c; }
inline f8 fnma(f8 a, f8 b, f8 c) { return c - a * b; }
inline f8 larger(f8 a, f8 b) { return a > b ? a : b; }
inline f8 absolute(f8 x) { return x < 0 ? -x : x; }
inline float from_half(uint16_t h) {
    const uint32_t sign = static_cast<uint32_t>(h & 0x8000u) << 16, bits = h & 0x7fffu;
    uint32_t out;
    if (bits >= 0x7c00u) out = sign | 0x7f800000u | ((bits & 0x3ffu) << 13);
    else if (bits >= 0x400u) out = sign | ((bits + 0x1c000u) << 13);
    else return (sign ? -1.0f : 1.0f) * static_cast<float>(bits) * 0x1p-24f;
    return copied<float>(&out);
}
inline uint16_t to_half(float x) {
    const uint32_t bits = copied<uint32_t>(&x), sign = (bits >> 16) & 0x8000u, magnitude = bits & 0x7fffffffu;
    if (magnitude >= 0x7f800000u) return static_cast<uint16_t>(sign | 0x7c00u | (magnitude > 0x7f800000u ? 0x200u : 0));
    if (magnitude >= 0x477ff000u) return static_cast<uint16_t>(sign | 0x7c00u);
    if (magnitude < 0x38800000u) { // subnormal: adding 0.5 aligns the bits, and the processor rounds
        const float sum = copied<float>(&magnitude) + 0.5f;
        return static_cast<uint16_t>(sign | (copied<uint32_t>(&sum) - 0x3f000000u));
    }
    const uint32_t rounded = magnitude + 0xfffu + ((magnitude >> 13) & 1u);
    return static_cast<uint16_t>(sign | ((rounded - 0x38000000u) >> 13));
}
inline f8 halves(const void *p) {
    f8 x;
    for (int i = 0; i < 8; i++) x[i] = from_half(copied<uint16_t>(static_cast<const uint8_t *>(p) + 2 * i));
    return x;
}
inline void store_halves(void *p, f8 x) {
    for (int i = 0; i < 8; i++) {
        const uint16_t h = to_half(x[i]);
        __builtin_memcpy(static_cast<uint8_t *>(p) + 2 * i, &h, sizeof h);
    }
}
inline f8 bytes_unsigned(const void *p) {
    f8 x;
    for (int i = 0; i < 8; i++) x[i] = static_cast<const uint8_t *>(p)[i];
    return x;
}
inline f8 bytes_signed(const void *p) {
    f8 x;
    for (int i = 0; i < 8; i++) x[i] = static_cast<const int8_t *>(p)[i];
    return x;
}
inline f8 rounded(f8 x) { // to nearest even, by pushing the fraction out of the mantissa
    const f8 magic = splat(12582912.0f);
    return (x + magic) - magic;
}
inline void store_rounded(int8_t *p, f8 x) {
    x = rounded(x);
    for (int i = 0; i < 8; i++) p[i] = static_cast<int8_t>(x[i]);
}
inline void store_rounded(int16_t *p, f8 a, f8 b) {
    a = rounded(a), b = rounded(b);
    for (int i = 0; i < 8; i++) p[i] = static_cast<int16_t>(a[i]), p[8 + i] = static_cast<int16_t>(b[i]);
}
inline f8 power_of_two(f8 n) {
    const i32x8 bits = (__builtin_convertvector(n, i32x8) + 127) << 23;
    return copied<f8>(&bits);
}
inline f8 zero_where_below(f8 x, f8 test, f8 bound) { return test >= bound ? x : splat(0.0f); }

inline float first_of(f8 x) { return x[0]; }
inline float sum_of(f8 x) { return ((x[0] + x[4]) + (x[1] + x[5])) + ((x[2] + x[6]) + (x[3] + x[7])); }
inline float largest_of(f8 x) {
    float largest = x[0];
    for (int i = 1; i < 8; i++) largest = x[i] > largest ? x[i] : largest;
    return largest;
}

using Quads = u8x32;

inline Quads load_quads(const uint8_t *p) { return copied<Quads>(p); }
inline void store_quads(uint8_t *p, Quads x) { __builtin_memcpy(p, &x, sizeof x); }
inline Quads low_bits(Quads x, int mask) { return x & static_cast<uint8_t>(mask); }
template <int n> inline Quads shifted_right(Quads x) { return x >> n; }
template <int n> inline Quads shifted_left(Quads x) { return x << n; }
inline Quads either(Quads a, Quads b) { return a | b; }
inline Quads flip_signs(Quads x) { return x ^ static_cast<uint8_t>(0x80); }
inline f8 to_float(Quads x) { return __builtin_convertvector(copied<i32x8>(&x), f8); }
inline Quads no_quads() { return Quads{}; }
inline Quads load_quads(const int16_t *p) { return copied<Quads>(p); }
inline Quads splat_pair(const int16_t *p) {
    const int32_t x = copied<int32_t>(p);
    const i32x8 all{x, x, x, x, x, x, x, x};
    return copied<Quads>(&all);
}
inline Quads add_pairs(Quads sum, Quads a, Quads b) { // a lane is 32 bits: its lower number first, as it lies in memory
    const i32x8 s = copied<i32x8>(&sum), x = copied<i32x8>(&a), y = copied<i32x8>(&b);
    const i32x8 all = s + ((x << 16) >> 16) * ((y << 16) >> 16) + (x >> 16) * (y >> 16);
    return copied<Quads>(&all);
}

#endif

// e^x to about 2 units in the last place, exactly 0 below -87; x at most 88. Cody-Waite reduction, then a polynomial
// (coefficients of the Cephes library's expf).
inline f8 exponential(f8 x) {
    const f8 lowest = splat(-87.0f);
    const f8 clamped = larger(x, lowest);
    const f8 n = rounded(clamped * splat(1.44269504088896341f));
    f8 r = fnma(n, splat(0.693359375f), clamped);
    r = fnma(n, splat(-2.12194440e-4f), r);
    f8 p = splat(1.9875691500e-4f);
    p = fma(p, r, splat(1.3981999507e-3f));
    p = fma(p, r, splat(8.3334519073e-3f));
    p = fma(p, r, splat(4.1665795894e-2f));
    p = fma(p, r, splat(1.6666665459e-1f));
    p = fma(p, r, splat(5.0000001201e-1f));
    p = fma(p * r, r, r + splat(1.0f));
    return zero_where_below(p * power_of_two(n), x, lowest);
}

// 2^x to one unit in the seventh place, exactly 1 at 0; 2^-126 for any x below -126; x at most 126. The polynomial is a
// fit of least relative error on -0.5 .. 0.5.
inline f8 power(f8 x) {
    const f8 clamped = larger(x, splat(-126.0f)), n = rounded(clamped), r = clamped - n;
    f8 p = splat(1.3264726899e-3f);
    p = fma(p, r, splat(9.6715126606e-3f));
    p = fma(p, r, splat(5.5507337442e-2f));
    p = fma(p, r, splat(2.4022242085e-1f));
    p = fma(p, r, splat(6.9314697760e-1f));
    p = fma(p, r, splat(1.0f));
    return p * power_of_two(n);
}
