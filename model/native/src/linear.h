// Quantised activations times packed weights. Included per instruction set, behind quants.h.

constexpr int kTokensAtOnce = 4; // accumulators that fit the registers beside a weight and an activation

inline void quantize_block(const float *x, int8_t *q, BlockMeta &meta) {
    f8 lanes[4], largest = splat(0.0f);
    for (int i = 0; i < 4; i++) {
        lanes[i] = load(x + 8 * i);
        largest = larger(largest, absolute(lanes[i]));
    }
    const float top = largest_of(largest);
    const f8 inverse = splat(top > 0.0f ? 127.0f / top : 0.0f);
    f8 sums[2] = {splat(0.0f), splat(0.0f)};
    for (int i = 0; i < 4; i++) {
        const f8 whole = rounded(lanes[i] * inverse);
        store_rounded(q + 8 * i, whole);
        sums[i / 2] = sums[i / 2] + whole;
    }
    meta.scale = top / 127.0f;
    meta.sum_half[0] = meta.scale * sum_of(sums[0]);
    meta.sum_half[1] = meta.scale * sum_of(sums[1]);
    meta.sum = meta.scale * (sum_of(sums[0]) + sum_of(sums[1]));
}

// Where block b of token t lies.
inline size_t block_at(const Activations &x, int t, int b) {
    const size_t tile = static_cast<size_t>(t / kTile), n_blocks = static_cast<size_t>(x.columns / kBlock);
    return (tile * n_blocks + static_cast<size_t>(b)) * static_cast<size_t>(x.width) + static_cast<size_t>(t % kTile);
}

inline void quantize_row(const float *x, int t, const Activations &out) {
    const int n_blocks = out.columns / kBlock;
    for (int b = 0; b < n_blocks; b++) {
        const size_t at = block_at(out, t, b);
        quantize_block(x + kBlock * b, out.q + kBlock * at, out.meta[at]);
    }
}

void quantize(const float *x, int tokens, const Activations &out, Pool &pool) {
    pool.run(tokens, [&](int t, int) { quantize_row(x + static_cast<size_t>(t) * out.columns, t, out); });
}

inline float inverse_rms(const float *x, int n, float eps) {
    f8 squares = splat(0.0f);
    for (int i = 0; i < n; i += 8) {
        const f8 v = load(x + i);
        squares = fma(v, v, squares);
    }
    return 1.0f / std::sqrt(sum_of(squares) / static_cast<float>(n) + eps);
}

void norm_quantize(const float *x, int tokens, const float *weight, float eps, const Activations &out, Pool &pool) {
    pool.run(tokens, [&](int t, int) {
        const float *row = x + static_cast<size_t>(t) * out.columns;
        const f8 scale = splat(inverse_rms(row, out.columns, eps));
        alignas(32) float normed[kBlock];
        const int n_blocks = out.columns / kBlock;
        for (int b = 0; b < n_blocks; b++) {
            for (int i = 0; i < kBlock; i += 8)
                store(normed + i, load(row + kBlock * b + i) * scale * load(weight + kBlock * b + i));
            const size_t at = block_at(out, t, b);
            quantize_block(normed, out.q + kBlock * at, out.meta[at]);
        }
    });
}

inline Activations from_token(const Activations &x, int t) {
    const size_t at = block_at(x, t, 0);
    return {x.q + kBlock * at, x.meta + at, x.columns, x.width};
}

constexpr int kFewTokens = 2 * kTile; // up to here unpacking a block again for each tile is cheaper than storing it
constexpr int kPrefetchBytes = 2048; // ahead of what is read: the processor's own prefetching stops at each page's end

template <Kind kind> inline void prefetch(const uint8_t *group, size_t b) {
    constexpr size_t bytes = block_bytes(kind);
    for (size_t i = 0; i < bytes; i += 64) __builtin_prefetch(group + b * bytes + kPrefetchBytes + i);
}

// One group of rows . some tokens of a tile, from x's first on: a block is used once, straight from the registers that it
// is unpacked into.
template <Kind kind, int n_tokens> void multiply_few(const uint8_t *data, int n_blocks, const Activations &x, f8 *sums) {
    const int8_t *a = x.q;
    const BlockMeta *meta = x.meta;
    Dots<1, n_tokens> local;
    for (int t = 0; t < n_tokens; t++) local[0][t] = splat(0.0f);
    for (size_t b = 0; b < static_cast<size_t>(n_blocks); b++, a += kBlock * x.width, meta += x.width) {
        prefetch<kind>(data, b);
        Block block;
        Format<kind>::unpack(data, b, block);
        accumulate<kind, 1, n_tokens>(&block, a, meta, local);
    }
    for (int t = 0; t < n_tokens; t++) sums[t] = local[0][t];
}

template <Kind kind> void multiply_tile(const uint8_t *data, int n_blocks, const Activations &x, int tokens, f8 *sums) {
    switch (tokens) {
    case 1: multiply_few<kind, 1>(data, n_blocks, x, sums); break;
    case 2: multiply_few<kind, 2>(data, n_blocks, x, sums); break;
    case 3: multiply_few<kind, 3>(data, n_blocks, x, sums); break;
    case 4: multiply_few<kind, 4>(data, n_blocks, x, sums); break;
    case 5: multiply_few<kind, 5>(data, n_blocks, x, sums); break;
    case 6: multiply_few<kind, 6>(data, n_blocks, x, sums); break;
    case 7: multiply_few<kind, 7>(data, n_blocks, x, sums); break;
    default: multiply_few<kind, 8>(data, n_blocks, x, sums); break;
    }
}

// Adds n_blocks blocks, from `first` on, of n_groups groups: blocks[b][g] are unpacked, sums (groups, tokens).
template <Kind kind, int n_groups, int n_tokens>
inline void add_blocks(const Block (*blocks)[n_groups], int first, int n_blocks, const Activations &x, int t, f8 *sums,
                       int stride) {
    const size_t at = block_at(x, t, first);
    const int8_t *a = x.q + kBlock * at;
    const BlockMeta *meta = x.meta + at;
    Dots<n_groups, n_tokens> local;
    for (int i = 0; i < n_tokens; i++)
        for (int g = 0; g < n_groups; g++) local[g][i] = sums[g * stride + t + i];
    for (int b = 0; b < n_blocks; b++, a += kBlock * x.width, meta += x.width)
        accumulate<kind, n_groups, n_tokens>(blocks[b], a, meta, local);
    for (int i = 0; i < n_tokens; i++)
        for (int g = 0; g < n_groups; g++) sums[g * stride + t + i] = local[g][i];
}

// sums[g * stride + t] = the 8 rows of group `group` + g . token t, for n_groups groups and all tokens.
template <Kind kind, int n_groups>
void multiply_groups(const Weights &weights, int group, const Activations &x, int tokens, f8 *sums, int stride) {
    const int n_blocks = weights.columns / kBlock;
    const size_t bytes = group_bytes(kind, weights.columns);
    const uint8_t *data = weights.data + static_cast<size_t>(group) * bytes;
    if (tokens <= kFewTokens) {
        for (int g = 0; g < n_groups; g++)
            for (int t = 0; t < tokens; t += kTile)
                multiply_tile<kind>(data + g * bytes, n_blocks, from_token(x, t), tokens - t, sums + g * stride + t);
        return;
    }
    for (int g = 0; g < n_groups; g++)
        for (int t = 0; t < tokens; t++) sums[g * stride + t] = splat(0.0f);
    Block blocks[kSuper][n_groups];
    for (int first = 0; first < n_blocks; first += kSuper) {
        const int n = first + kSuper < n_blocks ? kSuper : n_blocks - first;
        for (int b = 0; b < n; b++)
            for (int g = 0; g < n_groups; g++) {
                prefetch<kind>(data + g * bytes, static_cast<size_t>(first + b));
                Format<kind>::unpack(data + g * bytes, static_cast<size_t>(first + b), blocks[b][g]);
            }
        int t = 0;
#if defined(MAGICODE_VNNI)
        if constexpr (n_groups == 2) {
            WideBlock wide[kSuper];
            for (int b = 0; b < n; b++) join<kind>(blocks[b], wide[b]);
            for (; t + kTile <= tokens; t += kTile) {
                const size_t at = block_at(x, t, first);
                add_wide<kind>(wide, n, x.q + kBlock * at, x.meta + at, sums + t, stride);
            }
        }
#endif
        for (; t + kTokensAtOnce <= tokens; t += kTokensAtOnce)
            add_blocks<kind, n_groups, kTokensAtOnce>(blocks, first, n, x, t, sums, stride);
        switch (tokens - t) {
        case 3: add_blocks<kind, n_groups, 3>(blocks, first, n, x, t, sums, stride); break;
        case 2: add_blocks<kind, n_groups, 2>(blocks, first, n, x, t, sums, stride); break;
        case 1: add_blocks<kind, n_groups, 1>(blocks, first, n, x, t, sums, stride); break;
        default: break;
        }
    }
}

template <int n_groups>
inline void multiply(const Weights &weights, int group, const Activations &x, int tokens, f8 *sums, int stride) {
    switch (weights.kind) {
    case Q4_K: multiply_groups<Q4_K, n_groups>(weights, group, x, tokens, sums, stride); break;
    case Q6_K: multiply_groups<Q6_K, n_groups>(weights, group, x, tokens, sums, stride); break;
    case Q5_0: multiply_groups<Q5_0, n_groups>(weights, group, x, tokens, sums, stride); break;
    default: multiply_groups<Q8_0, n_groups>(weights, group, x, tokens, sums, stride); break;
    }
}

inline f8 with_bias(f8 sum, const Weights &weights, int group) {
    return weights.bias == nullptr ? sum : sum + load(weights.bias + kRows * group);
}

constexpr int kPair = 2;           // groups of rows that share an activation's broadcast
constexpr int kTokensPerPass = 128; // sums of a pass stay in the first-level cache

inline int n_pairs(const Weights &weights) { return (weights.rows / kRows + kPair - 1) / kPair; }

// sums[g][t] for the one or two groups of a pair; returns how many.
inline int multiply_pair(const Weights &weights, int pair, const Activations &x, int tokens, f8 *sums) {
    const int group = kPair * pair, left = weights.rows / kRows - group;
    if (left >= kPair) {
        multiply<kPair>(weights, group, x, tokens, sums, kTokensPerPass);
        return kPair;
    }
    multiply<1>(weights, group, x, tokens, sums, kTokensPerPass);
    return 1;
}

// Calls body(pair, first token, number of tokens) for every pair of groups and pass of tokens.
template <class Body> inline void for_pairs(int n, int tokens, Pool &pool, const Body &body) {
    // Few tokens: a task must be large beside the cost of claiming it, yet small beside the time of a whole matrix.
    const int wanted = tokens >= 32 ? 1 : 32 / tokens, most = n / 16;
    const int per_task = wanted < most ? wanted : most > 0 ? most : 1;
    pool.run((n + per_task - 1) / per_task, [&](int task, int) {
        const int end = (task + 1) * per_task < n ? (task + 1) * per_task : n;
        for (int pair = task * per_task; pair < end; pair++)
            for (int t = 0; t < tokens; t += kTokensPerPass)
                body(pair, t, tokens - t < kTokensPerPass ? tokens - t : kTokensPerPass);
    });
}

void linear(const Weights *weights, int n_weights, const Activations &x, int tokens, float *out, bool add, Pool &pool) {
    int total = 0, rows = 0;
    for (int i = 0; i < n_weights; i++) total += n_pairs(weights[i]), rows += weights[i].rows;
    for_pairs(total, tokens, pool, [&](int pair, int t, int n) {
        int i = 0, row = 0;
        for (; pair >= n_pairs(weights[i]); i++) pair -= n_pairs(weights[i]), row += weights[i].rows;
        f8 sums[kPair][kTokensPerPass];
        const int n_groups = multiply_pair(weights[i], pair, from_token(x, t), n, sums[0]);
        for (int g = 0; g < n_groups; g++) {
            const int group = kPair * pair + g;
            float *p = out + static_cast<size_t>(t) * rows + row + kRows * group;
            for (int k = 0; k < n; k++, p += rows) {
                const f8 sum = with_bias(sums[g][k], weights[i], group);
                store(p, add ? load(p) + sum : sum);
            }
        }
    });
}

void gated(const Weights &gate, const Weights &up, const Activations &x, int tokens, float *out, Pool &pool) {
    for_pairs(n_pairs(gate), tokens, pool, [&](int pair, int t, int n) {
        f8 gates[kPair][kTokensPerPass], ups[kPair][kTokensPerPass];
        const int n_groups = multiply_pair(gate, pair, from_token(x, t), n, gates[0]);
        multiply_pair(up, pair, from_token(x, t), n, ups[0]);
        for (int g = 0; g < n_groups; g++) {
            const int group = kPair * pair + g;
            float *p = out + static_cast<size_t>(t) * gate.rows + kRows * group;
            for (int k = 0; k < n; k++, p += gate.rows) {
                const f8 x1 = with_bias(gates[g][k], gate, group);
                const f8 sigmoid = splat(1.0f) / (splat(1.0f) + exponential(larger(splat(-88.0f), splat(0.0f) - x1)));
                store(p, x1 * sigmoid * with_bias(ups[g][k], up, group));
            }
        }
    });
}
