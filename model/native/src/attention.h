// Rotary positions, the paged key-value cache, and causal attention over it in one pass of online softmax (Milakov and
// Gimelshein, arXiv 1805.02867; blocked as in FlashAttention, arXiv 2205.14135). Included per instruction set.

constexpr int kSplitPages = 8;      // keys are attended to in stretches of 512 tokens, whose results are merged in order
constexpr int kTokensPerTile = 16;  // query tokens that share one reading of the keys
constexpr float kLowest = -1e30f;   // a maximum before there is any; finite, so that differences stay numbers

inline const uint8_t *keys_of(const Sequence &s, int page, size_t offset, const AttentionShape &shape, int head) {
    return s.pages[page] + offset + static_cast<size_t>(head) * kPageTokens * shape.head_dim * sizeof(uint16_t);
}
inline const uint8_t *values_of(const Sequence &s, int page, size_t offset, const AttentionShape &shape, int head) {
    return keys_of(s, page, offset, shape, shape.n_kv_heads + head);
}

inline void normalize_head(float *x, int n, const float *weight, float eps) {
    const f8 scale = splat(inverse_rms(x, n, eps));
    for (int i = 0; i < n; i += 8) store(x + i, load(x + i) * scale * load(weight + i));
}

inline void rotate_head(float *x, int n, const float *table) { // table: cos (n / 2), sin (n / 2)
    const int half = n / 2;
    for (int i = 0; i < half; i += 8) {
        const f8 a = load(x + i), b = load(x + half + i), c = load(table + i), s = load(table + half + i);
        store(x + i, fnma(b, s, a * c));
        store(x + half + i, fma(a, s, b * c));
    }
}

void rotate_append(float *qkv, const Sequence *sequences, int n_sequences, size_t layer_offset,
                   const AttentionShape &shape, const float *rotary, const float *q_norm, const float *k_norm,
                   float eps, Pool &pool) {
    const int dim = shape.head_dim;
    const size_t stride = static_cast<size_t>(shape.n_heads + 2 * shape.n_kv_heads) * dim;
    for (int i = 0; i < n_sequences; i++) {
        const Sequence &s = sequences[i];
        pool.run(s.n_tokens, [&](int task, int) {
            const int t = s.first + task, position = s.n_past + task, slot = position % kPageTokens;
            const float *table = rotary + static_cast<size_t>(t) * dim;
            float *q = qkv + t * stride, *k = q + static_cast<size_t>(shape.n_heads) * dim;
            const float *v = k + static_cast<size_t>(shape.n_kv_heads) * dim;
            for (int h = 0; h < shape.n_heads; h++, q += dim) {
                if (q_norm != nullptr) normalize_head(q, dim, q_norm, eps);
                rotate_head(q, dim, table);
            }
            for (int h = 0; h < shape.n_kv_heads; h++, k += dim, v += dim) {
                if (k_norm != nullptr) normalize_head(k, dim, k_norm, eps);
                rotate_head(k, dim, table);
                const int page = position / kPageTokens;
                auto *keys = reinterpret_cast<uint16_t *>(
                    const_cast<uint8_t *>(keys_of(s, page, layer_offset, shape, h)));
                keys += static_cast<size_t>(slot / kKeyBlock) * dim * kKeyBlock + slot % kKeyBlock;
                for (int d = 0; d < dim; d++) keys[static_cast<size_t>(d) * kKeyBlock] = to_half(k[d]);
                auto *values = reinterpret_cast<uint16_t *>(
                    const_cast<uint8_t *>(values_of(s, page, layer_offset, shape, h)));
                values += static_cast<size_t>(slot) * dim;
                for (int d = 0; d < dim; d += 8) store_halves(values + d, load(v + d));
            }
        });
    }
}

// 16 consecutive numbers, of halves or of floats.
inline void load16(const uint16_t *p, f8 &a, f8 &b) { a = halves(p), b = halves(p + 8); }
inline void load16(const float *p, f8 &a, f8 &b) { a = load(p), b = load(p + 8); }

// out[r][0..15] (+)= sum over k of weights[r][k] * rows[k][0..15], for n_rows <= 6 rows.
template <int n_rows, bool add, class T>
inline void outer(const float *weights, size_t weight_stride, const T *rows, size_t row_stride, int n, float *out,
                  size_t out_stride) {
    f8 low[n_rows], high[n_rows];
#pragma GCC unroll 6
    for (int r = 0; r < n_rows; r++) {
        low[r] = add ? load(out + r * out_stride) : splat(0.0f);
        high[r] = add ? load(out + r * out_stride + 8) : splat(0.0f);
    }
    for (int k = 0; k < n; k++) {
        f8 a, b;
        load16(rows + k * row_stride, a, b);
#pragma GCC unroll 6
        for (int r = 0; r < n_rows; r++) {
            const f8 w = splat(weights[r * weight_stride + k]);
            low[r] = fma(w, a, low[r]);
            high[r] = fma(w, b, high[r]);
        }
    }
#pragma GCC unroll 6
    for (int r = 0; r < n_rows; r++) {
        store(out + r * out_stride, low[r]);
        store(out + r * out_stride + 8, high[r]);
    }
}

template <bool add, class T>
inline void outer_any(int n_rows, const float *weights, size_t weight_stride, const T *rows, size_t row_stride, int n,
                      float *out, size_t out_stride) {
    switch (n_rows) {
    case 1: return outer<1, add>(weights, weight_stride, rows, row_stride, n, out, out_stride);
    case 2: return outer<2, add>(weights, weight_stride, rows, row_stride, n, out, out_stride);
    case 3: return outer<3, add>(weights, weight_stride, rows, row_stride, n, out, out_stride);
    case 4: return outer<4, add>(weights, weight_stride, rows, row_stride, n, out, out_stride);
    case 5: return outer<5, add>(weights, weight_stride, rows, row_stride, n, out, out_stride);
    default: return outer<6, add>(weights, weight_stride, rows, row_stride, n, out, out_stride);
    }
}

// What rows of queries have attended to so far: maximum and sum of the softmax, and the weighted values (rows, dim).
struct Partial {
    float *top, *sum, *out;
};

inline void clear(const Partial &p, int n_rows, int dim) {
    for (int r = 0; r < n_rows; r++) p.top[r] = kLowest, p.sum[r] = 0.0f;
    for (size_t i = 0; i < static_cast<size_t>(n_rows) * dim; i++) p.out[i] = 0.0f;
}

inline void scale_row(float *row, int dim, float by) {
    const f8 factor = splat(by);
    for (int d = 0; d < dim; d += 8) store(row + d, load(row + d) * factor);
}

inline float scalar_exp(float x) { return first_of(exponential(splat(x))); }

// Adds what `part` attended to, row by row.
inline void merge(const Partial &into, const Partial &part, int n_rows, int dim) {
    for (int r = 0; r < n_rows; r++) {
        const float top = into.top[r] > part.top[r] ? into.top[r] : part.top[r];
        const float keep = scalar_exp(into.top[r] - top), take = scalar_exp(part.top[r] - top);
        into.top[r] = top;
        into.sum[r] = into.sum[r] * keep + part.sum[r] * take;
        float *a = into.out + static_cast<size_t>(r) * dim;
        const float *b = part.out + static_cast<size_t>(r) * dim;
        for (int d = 0; d < dim; d += 8) store(a + d, fma(load(b + d), splat(take), load(a + d) * splat(keep)));
    }
}

// Queries of one key head: row i * group + g is head g of the group for the tile's token i, which sees limits[i] keys.
struct Tile {
    const float *queries; // (rows, dim), scaled
    int n_tokens, group, dim;
    int first_limit; // keys that the first token sees; each further one sees one more
    int n_rows() const { return n_tokens * group; }
};

struct Scratch {
    float *scores;        // (rows, 64)
    float *keys, *values; // a page in float32, where many rows read it
};

template <class T>
inline void attend_page(const Tile &tile, const T *keys, const T *values, int first_key, int n_keys, float *scores,
                        const Partial &p) {
    const int n_rows = tile.n_rows(), dim = tile.dim;
    const int n_parts = (n_rows + 5) / 6, per_part = (n_rows + n_parts - 1) / n_parts;
    const int n_blocks = (n_keys + kKeyBlock - 1) / kKeyBlock;
    for (int r = 0; r < n_rows; r += per_part) {
        const int n = n_rows - r < per_part ? n_rows - r : per_part;
        for (int block = 0; block < n_blocks; block++)
            outer_any<false>(n, tile.queries + static_cast<size_t>(r) * dim, dim,
                             keys + static_cast<size_t>(block) * dim * kKeyBlock, kKeyBlock, dim,
                             scores + static_cast<size_t>(r) * kPageTokens + block * kKeyBlock, kPageTokens);
    }
    for (int r = 0; r < n_rows; r++) {
        float *row = scores + static_cast<size_t>(r) * kPageTokens;
        const int limit = tile.first_limit + r / tile.group - first_key; // keys of this page that the row sees
        for (int k = limit < 0 ? 0 : limit; k < kPageTokens; k++) row[k] = -INFINITY;
        f8 largest = splat(kLowest);
        for (int k = 0; k < kPageTokens; k += 8) largest = larger(largest, load(row + k));
        const float found = largest_of(largest), top = found > p.top[r] ? found : p.top[r];
        const float keep = scalar_exp(p.top[r] - top);
        f8 sums = splat(0.0f);
        for (int k = 0; k < kPageTokens; k += 8) {
            const f8 e = exponential(load(row + k) - splat(top));
            store(row + k, e);
            sums = sums + e;
        }
        p.sum[r] = p.sum[r] * keep + sum_of(sums);
        p.top[r] = top;
        scale_row(p.out + static_cast<size_t>(r) * dim, dim, keep);
    }
    for (int r = 0; r < n_rows; r += per_part) {
        const int n = n_rows - r < per_part ? n_rows - r : per_part;
        for (int d = 0; d < dim; d += 16)
            outer_any<true>(n, scores + static_cast<size_t>(r) * kPageTokens, kPageTokens, values + d, dim, n_keys,
                            p.out + static_cast<size_t>(r) * dim + d, dim);
    }
}

inline void widen(const uint8_t *from, size_t n, float *to) {
    for (size_t i = 0; i < n; i += 8) store(to + i, halves(from + 2 * i));
}

constexpr int kRowsToWiden = 13; // from here on converting a page once is cheaper than once per six rows

// Attends to one stretch of pages; n_keys are those of the whole sequence.
inline void attend_split(const Tile &tile, const Sequence &s, int split, int n_keys, size_t offset,
                         const AttentionShape &shape, int head, const Scratch &scratch, const Partial &p) {
    clear(p, tile.n_rows(), tile.dim);
    const int last_limit = tile.first_limit + tile.n_tokens - 1;
    for (int page = split * kSplitPages; page < (split + 1) * kSplitPages; page++) {
        const int first_key = page * kPageTokens;
        if (first_key >= last_limit) break;
        const int n = n_keys - first_key < kPageTokens ? n_keys - first_key : kPageTokens;
        const uint8_t *keys = keys_of(s, page, offset, shape, head), *values = values_of(s, page, offset, shape, head);
        if (tile.n_rows() < kRowsToWiden) {
            attend_page(tile, reinterpret_cast<const uint16_t *>(keys), reinterpret_cast<const uint16_t *>(values),
                        first_key, n, scratch.scores, p);
        } else {
            const size_t n_blocks = static_cast<size_t>((n + kKeyBlock - 1) / kKeyBlock);
            widen(keys, n_blocks * kKeyBlock * tile.dim, scratch.keys);
            widen(values, static_cast<size_t>(n) * tile.dim, scratch.values);
            attend_page<float>(tile, scratch.keys, scratch.values, first_key, n, scratch.scores, p);
        }
    }
}

// Copies a tile's queries out of qkv, scaled; returns the tile.
inline Tile take_tile(const float *qkv, const Sequence &s, int first, int n_tokens, const AttentionShape &shape,
                      int head, float *queries) {
    const int dim = shape.head_dim, group = shape.n_heads / shape.n_kv_heads;
    const size_t stride = static_cast<size_t>(shape.n_heads + 2 * shape.n_kv_heads) * dim;
    const f8 scale = splat(shape.scale);
    for (int i = 0; i < n_tokens; i++) {
        const float *q = qkv + (s.first + first + i) * stride + static_cast<size_t>(head) * group * dim;
        float *to = queries + static_cast<size_t>(i) * group * dim;
        for (int d = 0; d < group * dim; d += 8) store(to + d, load(q + d) * scale);
    }
    return {queries, n_tokens, group, dim, s.n_past + first + 1};
}

inline void write_out(const Tile &tile, const Partial &p, const Sequence &s, int first, const AttentionShape &shape,
                      int head, float *out) {
    for (int r = 0; r < tile.n_rows(); r++) {
        const size_t t = static_cast<size_t>(s.first + first + r / tile.group);
        float *to = out + (t * shape.n_heads + static_cast<size_t>(head) * tile.group + r % tile.group) * tile.dim;
        const f8 inverse = splat(1.0f / p.sum[r]);
        for (int d = 0; d < tile.dim; d += 8)
            store(to + d, load(p.out + static_cast<size_t>(r) * tile.dim + d) * inverse);
    }
}

// Room for one thread, carved out of one allocation that the thread keeps.
struct Room {
    std::vector<float> floats;
    size_t used = 0;
    void reset(size_t n) {
        used = 0;
        if (floats.size() < n + 16) floats.resize(n + 16);
    }
    float *take(size_t n) {
        float *p = floats.data() + used;
        used += n;
        return p;
    }
    Partial partial(int n_rows, int dim) {
        float *top = take(n_rows), *sum = take(n_rows);
        return {top, sum, take(static_cast<size_t>(n_rows) * dim)};
    }
};

inline size_t room_needed(int n_rows, int dim) {
    const size_t rows = n_rows, width = dim;
    return rows * width + rows * kPageTokens + 2 * kPageTokens * width + 2 * (2 * rows + rows * width);
}

inline Scratch take_scratch(Room &room, int n_rows, int dim) {
    float *scores = room.take(static_cast<size_t>(n_rows) * kPageTokens);
    float *keys = room.take(static_cast<size_t>(kPageTokens) * dim);
    return {scores, keys, room.take(static_cast<size_t>(kPageTokens) * dim)};
}

inline int n_splits(const Sequence &s) {
    constexpr int split_tokens = kSplitPages * kPageTokens;
    return (s.n_past + s.n_tokens + split_tokens - 1) / split_tokens;
}

// One task a tile: attends to every stretch in turn. For passes of many tokens.
inline void attend_tile(const float *qkv, const Sequence &s, int first, size_t offset, const AttentionShape &shape,
                        int head, float *out) {
    static thread_local Room room;
    const int left = s.n_tokens - first, n_tokens = left < kTokensPerTile ? left : kTokensPerTile;
    const int dim = shape.head_dim, n_rows = n_tokens * (shape.n_heads / shape.n_kv_heads);
    room.reset(room_needed(n_rows, dim));
    const Tile tile = take_tile(qkv, s, first, n_tokens, shape, head, room.take(static_cast<size_t>(n_rows) * dim));
    const Scratch scratch = take_scratch(room, n_rows, dim);
    const Partial whole = room.partial(n_rows, dim), part = room.partial(n_rows, dim);
    clear(whole, n_rows, dim);
    for (int split = 0; split < n_splits(s); split++) {
        attend_split(tile, s, split, s.n_past + s.n_tokens, offset, shape, head, scratch, part);
        merge(whole, part, n_rows, dim);
    }
    write_out(tile, whole, s, first, shape, head, out);
}

struct Work {
    int sequence, head, first, split;
};

// One task a stretch of one tile, merged afterwards in the same order. For passes of few tokens.
inline void attend_splits(const std::vector<Work> &works, const float *qkv, const Sequence *sequences, size_t offset,
                          const AttentionShape &shape, float *out, Pool &pool) {
    static thread_local std::vector<float> results;
    const int dim = shape.head_dim, group = shape.n_heads / shape.n_kv_heads;
    const int most_rows = kTokensPerTile * group;
    const size_t size = static_cast<size_t>(most_rows) * (2 + dim);
    if (results.size() < works.size() * size) results.resize(works.size() * size);
    float *all = results.data();
    const auto result = [=](size_t i) {
        float *p = all + i * size;
        return Partial{p, p + most_rows, p + 2 * static_cast<size_t>(most_rows)};
    };
    const auto tokens_of = [&](const Work &w) {
        const int left = sequences[w.sequence].n_tokens - w.first;
        return left < kTokensPerTile ? left : kTokensPerTile;
    };
    pool.run(static_cast<int>(works.size()), [&](int i, int) {
        static thread_local Room room;
        const Work &w = works[i];
        const Sequence &s = sequences[w.sequence];
        const int n_tokens = tokens_of(w), n_rows = n_tokens * group;
        room.reset(room_needed(n_rows, dim));
        float *queries = room.take(static_cast<size_t>(n_rows) * dim);
        const Tile tile = take_tile(qkv, s, w.first, n_tokens, shape, w.head, queries);
        attend_split(tile, s, w.split, s.n_past + s.n_tokens, offset, shape, w.head,
                     take_scratch(room, n_rows, dim), result(i));
    });
    static thread_local Room room;
    for (size_t i = 0; i < works.size();) {
        const Work &w = works[i];
        const int n_tokens = tokens_of(w), n_rows = n_tokens * group;
        room.reset(room_needed(n_rows, dim));
        const Partial whole = room.partial(n_rows, dim);
        clear(whole, n_rows, dim);
        for (bool more = true; more; more = i < works.size() && works[i].split > 0) merge(whole, result(i++), n_rows, dim);
        const Tile tile{nullptr, n_tokens, group, dim, 0};
        write_out(tile, whole, sequences[w.sequence], w.first, shape, w.head, out);
    }
}

void attend(const float *qkv, const Sequence *sequences, int n_sequences, size_t layer_offset,
            const AttentionShape &shape, float *out, Pool &pool) {
    static thread_local std::vector<Work> tiles, splits;
    tiles.clear();
    splits.clear();
    for (int i = 0; i < n_sequences; i++) {
        const bool few = sequences[i].n_tokens <= kTokensPerTile;
        for (int first = 0; first < sequences[i].n_tokens; first += kTokensPerTile)
            for (int head = 0; head < shape.n_kv_heads; head++) {
                if (!few) tiles.push_back({i, head, first, 0});
                for (int split = 0; few && split < n_splits(sequences[i]); split++)
                    splits.push_back({i, head, first, split});
            }
    }
    const std::vector<Work> &whole = tiles; // a thread_local is each thread's own: name the caller's
    pool.run(static_cast<int>(whole.size()), [&](int i, int) {
        const Work &w = whole[i];
        attend_tile(qkv, sequences[w.sequence], w.first, layer_offset, shape, w.head, out);
    });
    if (!splits.empty()) attend_splits(splits, qkv, sequences, layer_offset, shape, out, pool);
}
