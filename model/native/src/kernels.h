// The kernels, once for each instruction set; which set runs is chosen when the library is loaded.
//
// Every row of a result depends on its own token alone, bit for bit: it is the same whether one token is fed or many,
// alone or beside other sequences, on one thread or several. Tests hold this.
#pragma once

#include "formats.h"
#include "pool.h"

namespace magicode {

// The keys and values of one sequence, and which of the tokens fed are its own.
struct Sequence {
    const uint8_t *const *pages; // each kPageTokens tokens of all layers
    int32_t first;               // index of its first token among those fed
    int32_t n_tokens;            // fed now
    int32_t n_past;              // in the pages before
    int32_t reserved;
};

constexpr int kPageTokens = 64;
constexpr int kKeyBlock = 16; // tokens whose keys are interleaved

struct AttentionShape {
    int32_t n_heads, n_kv_heads, head_dim;
    float scale;
};

// Bytes of one layer's keys, then values, in a page: K (kv_heads, 4, head_dim / 2, 16, 2) and V (kv_heads, 32, head_dim,
// 2), whole numbers of 16 bits; then the scales, float32, of K (kv_heads, 64) and V (kv_heads, 64).
inline size_t page_layer_bytes(const AttentionShape &shape) {
    return size_t{2} * shape.n_kv_heads * kPageTokens * (shape.head_dim * sizeof(int16_t) + sizeof(float));
}

struct Kernels {
    const char *name;
    // x (tokens, columns) f32 -> int8.
    void (*quantize)(const float *x, int tokens, const Activations &out, Pool &pool);
    // RMS norm (arXiv 1910.07467) over the columns, then int8.
    void (*norm_quantize)(const float *x, int tokens, const float *weight, float eps, const Activations &out,
                          Pool &pool);
    // out (tokens, sum of rows) = x @ W^T + bias for weights that share their input; `add` adds to what out holds.
    void (*linear)(const Weights *weights, int n_weights, const Activations &x, int tokens, float *out, bool add,
                   Pool &pool);
    // out (tokens, rows) = silu(x @ gate^T) * (x @ up^T) (SwiGLU, arXiv 2002.05202).
    void (*gated)(const Weights &gate, const Weights &up, const Activations &x, int tokens, float *out, Pool &pool);
    // Rotates q and k (arXiv 2104.09864), in qkv (tokens, (heads + 2 kv_heads) * head_dim), by the table row of each
    // token, normalises them first where norms are given, and writes k and v into the sequences' pages.
    void (*rotate_append)(float *qkv, const Sequence *sequences, int n_sequences, size_t layer_offset,
                          const AttentionShape &shape, const float *rotary, const float *q_norm, const float *k_norm,
                          float eps, Pool &pool);
    // Causal attention of the q in qkv over the pages; out (tokens, heads * head_dim).
    void (*attend)(const float *qkv, const Sequence *sequences, int n_sequences, size_t layer_offset,
                   const AttentionShape &shape, float *out, Pool &pool);
    // Copies a layer's keys and values of tokens `first` .. of a sequence behind another one's, `to.n_tokens` of them; the
    // keys are rotated by `rotary`, the cosines and sines (head_dim) of how far they move.
    void (*move_tokens)(const Sequence &from, int first, const Sequence &to, size_t layer_offset,
                        const AttentionShape &shape, const float *rotary, Pool &pool);
};

const Kernels *portable_kernels();
#if defined(__x86_64__)
const Kernels *avx2_kernels();
const Kernels *avx512_kernels();
#endif

} // namespace magicode
