#include <cmath>
#include <cstring>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c")
#endif
#define MAGICODE_AVX2 1
#define MAGICODE_SET avx2
#define MAGICODE_SET_NAME "avx2"
#include "kernels.inc"
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

const magicode::Kernels *magicode::avx2_kernels() { return &avx2::kKernels; }

#endif
