// What Python calls, through ctypes: plain C functions over pointers. No function throws or keeps what it was given.

#include <cstring>
#include <exception>
#include <vector>

#include "kernels.h"
#include "pack.h"

using namespace magicode;

#if defined(_WIN32)
#define EXPORT extern "C" __declspec(dllexport)
#else
#define EXPORT extern "C" __attribute__((visibility("default")))
#endif

namespace {

const Kernels *find_kernels(const char *name) {
    const Kernels *portable = portable_kernels();
#if defined(__x86_64__)
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool avx512 = avx2 && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                        __builtin_cpu_supports("avx512vnni");
    if (avx512 && std::strcmp(name, avx512_kernels()->name) == 0) return avx512_kernels();
    if (avx2 && std::strcmp(name, avx2_kernels()->name) == 0) return avx2_kernels();
#endif
    return std::strcmp(name, portable->name) == 0 ? portable : nullptr;
}

struct Buffers {
    std::vector<float> wide, attended;
    std::vector<int8_t> q;
    std::vector<BlockMeta> meta;

    Activations activations(size_t tokens, int columns) {
        const size_t width = tokens == 0 ? 1 : tokens < kTile ? tokens : kTile;
        const size_t room = (tokens + width - 1) / width * width * columns;
        if (q.size() < room) q.resize(room);
        if (meta.size() < room / kBlock) meta.resize(room / kBlock);
        return {q.data(), meta.data(), columns, static_cast<int>(width)};
    }
    static float *floats(std::vector<float> &buffer, size_t n) {
        if (buffer.size() < n) buffer.resize(n);
        return buffer.data();
    }
};

struct Machine {
    const Kernels *kernels;
    Pool pool;
    Buffers buffers;
    Machine(const Kernels *k, int n_threads) : kernels(k), pool(n_threads) {}
};

} // namespace

struct Shape {
    int32_t hidden, ffn, n_heads, n_kv_heads, head_dim;
    float eps, scale;
};

struct Layer {
    const float *attention_norm, *ffn_norm, *q_norm, *k_norm; // the last two may be null
    Weights q, k, v, o, gate, up, down;
};

// A set of kernels and its threads; null if this machine cannot run that set, or has no room for more threads. One
// caller at a time.
EXPORT void *mc_open(const char *name, int32_t n_threads) {
    const Kernels *kernels = find_kernels(name);
    if (kernels == nullptr) return nullptr;
    try {
        return new Machine(kernels, n_threads);
    } catch (const std::exception &) { // std::system_error of a thread, or std::bad_alloc
        return nullptr;
    }
}

EXPORT void mc_close(void *machine) { delete static_cast<Machine *>(machine); }

EXPORT uint64_t mc_packed_bytes(int32_t kind, int32_t rows, int32_t columns) {
    return static_cast<uint64_t>(rows / kRows) * group_bytes(static_cast<Kind>(kind), columns);
}

EXPORT void mc_pack_rows(int32_t kind, const uint8_t *source, int32_t rows, int32_t columns, uint8_t *out) {
    pack_rows(static_cast<Kind>(kind), source, rows, columns, out);
}

EXPORT void mc_pack_floats(const float *source, int32_t rows, int32_t columns, uint8_t *out) {
    pack_floats(source, rows, columns, out);
}

// out (n, columns) = the rows of the matrix with these numbers.
EXPORT void mc_rows(void *machine, const Weights *weights, const int32_t *rows, int32_t n, float *out) {
    auto &m = *static_cast<Machine *>(machine);
    m.pool.run(n, [&](int i, int) { unpack_row(*weights, rows[i], out + static_cast<size_t>(i) * weights->columns); });
}

// out (tokens, rows) = x (tokens, columns) @ W^T + bias, behind an RMS norm where `norm` is not null.
EXPORT void mc_linear(void *machine, const float *norm, float eps, const Weights *weights, const float *x,
                      int32_t tokens, float *out) {
    auto &m = *static_cast<Machine *>(machine);
    const Activations a = m.buffers.activations(tokens, weights->columns);
    if (norm != nullptr) m.kernels->norm_quantize(x, tokens, norm, eps, a, m.pool);
    else m.kernels->quantize(x, tokens, a, m.pool);
    m.kernels->linear(weights, 1, a, tokens, out, false, m.pool);
}

// Runs layers [first, end) over hidden (tokens, hidden), in place. rotary (tokens, head_dim) holds the cosines, then the
// sines of each token's position. The tokens of the sequences follow one another.
EXPORT void mc_layers(void *machine, const Shape *shape, const Layer *layers, int32_t first, int32_t end,
                      float *hidden, int32_t tokens, const Sequence *sequences, int32_t n_sequences,
                      const float *rotary) {
    auto &m = *static_cast<Machine *>(machine);
    const Kernels &k = *m.kernels;
    const AttentionShape attention{shape->n_heads, shape->n_kv_heads, shape->head_dim, shape->scale};
    const size_t q_size = static_cast<size_t>(shape->n_heads) * shape->head_dim;
    const size_t qkv_size = q_size + 2 * static_cast<size_t>(shape->n_kv_heads) * shape->head_dim;
    const size_t widest = qkv_size > static_cast<size_t>(shape->ffn) ? qkv_size : shape->ffn;
    float *wide = Buffers::floats(m.buffers.wide, tokens * widest);
    float *attended = Buffers::floats(m.buffers.attended, tokens * q_size);
    for (int i = first; i < end; i++) {
        const Layer &layer = layers[i];
        const size_t offset = i * page_layer_bytes(attention);
        const Weights qkv[] = {layer.q, layer.k, layer.v};
        Activations a = m.buffers.activations(tokens, shape->hidden);
        k.norm_quantize(hidden, tokens, layer.attention_norm, shape->eps, a, m.pool);
        k.linear(qkv, 3, a, tokens, wide, false, m.pool);
        k.rotate_append(wide, sequences, n_sequences, offset, attention, rotary, layer.q_norm, layer.k_norm,
                        shape->eps, m.pool);
        k.attend(wide, sequences, n_sequences, offset, attention, attended, m.pool);
        a = m.buffers.activations(tokens, static_cast<int>(q_size));
        k.quantize(attended, tokens, a, m.pool);
        k.linear(&layer.o, 1, a, tokens, hidden, true, m.pool);
        a = m.buffers.activations(tokens, shape->hidden);
        k.norm_quantize(hidden, tokens, layer.ffn_norm, shape->eps, a, m.pool);
        k.gated(layer.gate, layer.up, a, tokens, wide, m.pool);
        a = m.buffers.activations(tokens, shape->ffn);
        k.quantize(wide, tokens, a, m.pool);
        k.linear(&layer.down, 1, a, tokens, hidden, true, m.pool);
    }
}

// Copies keys and values of all layers of tokens `first` .. of a sequence behind those of another: `to` says how many
// and where. rotary (head_dim) holds the cosines, then the sines of how many positions they move.
EXPORT void mc_move(void *machine, const Shape *shape, int32_t n_layers, const Sequence *from, int32_t first,
                    const Sequence *to, const float *rotary) {
    auto &m = *static_cast<Machine *>(machine);
    const AttentionShape attention{shape->n_heads, shape->n_kv_heads, shape->head_dim, shape->scale};
    for (int i = 0; i < n_layers; i++)
        m.kernels->move_tokens(*from, first, *to, i * page_layer_bytes(attention), attention, rotary, m.pool);
}
