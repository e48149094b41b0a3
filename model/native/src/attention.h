// Rotary positions, the paged key-value cache, and causal attention over it in one pass of online softmax (Milakov and
// Gimelshein, arXiv 1805.02867; blocked as in FlashAttention, arXiv 2205.14135). Both products are of whole numbers of 16
// bits, with a scale for each token and head, and summed in 32 bits: with VNNI twice the rate of float32, and nothing is
// converted before it is used. Included per instruction set, behind quants.h.

constexpr int kSplitPages = 8;      // keys are attended to in stretches of 512 tokens, whose results are merged in order
constexpr int kTokensPerTile = 16;  // query tokens that share one reading of the keys
constexpr int kRowsAtOnce = 6;      // queries whose sums fit the registers
constexpr float kLowest = -1e30f;   // a maximum before there is any; finite, so that differences stay numbers

// The largest numbers: no sum leaves 32 bits. 4,095^2 * 128 columns and 16,383 * 2,047 * 64 keys are below 2^31.
constexpr float kKeyTop = 4095.0f, kValueTop = 2047.0f, kWeightTop = 16383.0f;
constexpr int kColumnsAtOnce = 128;
constexpr int kMostColumns = 512; // of a head
constexpr float kLog2E = 1.44269504088896341f;

// One head's keys and values in a page.
struct Head {
    int16_t *keys;       // (4 blocks of tokens, head_dim / 2, 16 tokens, 2 columns)
    int16_t *values;     // (32, head_dim, 2 tokens)
    float *key_scales;   // (64)
    float *value_scales; // (64)
};

inline Head head_of(const Sequence &s, int page, size_t offset, const AttentionShape &shape, int head) {
    const size_t n = static_cast<size_t>(kPageTokens) * shape.head_dim, n_heads = shape.n_kv_heads;
    auto *numbers = reinterpret_cast<int16_t *>(const_cast<uint8_t *>(s.pages[page] + offset));
    auto *scales = reinterpret_cast<float *>(numbers + 2 * n_heads * n);
    return {numbers + head * n, numbers + (n_heads + head) * n, scales + head * kPageTokens,
            scales + (n_heads + head) * kPageTokens};
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

// Writes a row as whole numbers up to `top`; returns what one of them stands for.
inline float round_row(const float *x, int n, float top, int16_t *whole) {
    f8 largest = splat(0.0f);
    for (int i = 0; i < n; i += 8) largest = larger(largest, absolute(load(x + i)));
    const float found = largest_of(largest);
    const f8 inverse = splat(found > 0.0f ? top / found : 0.0f);
    for (int i = 0; i < n; i += 16) store_rounded(whole + i, load(x + i) * inverse, load(x + i + 8) * inverse);
    return found / top;
}

// One token's place in a head of a page.
struct Slot {
    Head head;
    int slot, dim;

    // Two columns of its key, and one of its value.
    int16_t *key(int d) const {
        return head.keys + static_cast<size_t>(slot / kKeyBlock) * dim * kKeyBlock + d * kKeyBlock + slot % kKeyBlock * 2;
    }
    int16_t &value(int d) const { return head.values[(static_cast<size_t>(slot / 2) * dim + d) * 2 + slot % 2]; }

    void set_key(const float *k) const {
        alignas(32) int16_t whole[kMostColumns];
        head.key_scales[slot] = round_row(k, dim, kKeyTop, whole);
        for (int d = 0; d < dim; d += 2) __builtin_memcpy(key(d), whole + d, 2 * sizeof(int16_t));
    }
    void set_value(const float *v) const {
        alignas(32) int16_t whole[kMostColumns];
        head.value_scales[slot] = round_row(v, dim, kValueTop, whole);
        for (int d = 0; d < dim; d++) value(d) = whole[d];
    }
    void get_key(float *k) const {
        for (int d = 0; d < dim; d += 2) k[d] = key(d)[0] * head.key_scales[slot], k[d + 1] = key(d)[1] * head.key_scales[slot];
    }
};

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
                const Slot to{head_of(s, position / kPageTokens, layer_offset, shape, h), slot, dim};
                to.set_key(k);
                to.set_value(v);
            }
        });
    }
}

// What rows of queries have attended to so far: maximum, as a power of two, and sum of the softmax, and the weighted
// values (rows, dim).
struct Partial {
    float *top, *sum, *out;
};

inline void clear(const Partial &p, int n_rows, int dim) {
    for (int r = 0; r < n_rows; r++) p.top[r] = kLowest, p.sum[r] = 0.0f;
    for (size_t i = 0; i < static_cast<size_t>(n_rows) * dim; i++) p.out[i] = 0.0f;
}

inline float scalar_power(float x) { return first_of(power(splat(x))); }

// Adds what `part` attended to, row by row.
inline void merge(const Partial &into, const Partial &part, int n_rows, int dim) {
    for (int r = 0; r < n_rows; r++) {
        const float top = into.top[r] > part.top[r] ? into.top[r] : part.top[r];
        const float keep = scalar_power(into.top[r] - top), take = scalar_power(part.top[r] - top);
        into.top[r] = top;
        into.sum[r] = into.sum[r] * keep + part.sum[r] * take;
        float *a = into.out + static_cast<size_t>(r) * dim;
        const float *b = part.out + static_cast<size_t>(r) * dim;
        for (int d = 0; d < dim; d += 8) store(a + d, fma(load(b + d), splat(take), load(a + d) * splat(keep)));
    }
}

// Queries of one key head: row i * group + g is head g of the group for the tile's token i.
struct Tile {
    const int16_t *queries; // (rows, dim)
    const float *scales;    // (rows): what a query's numbers stand for, with the softmax's own scale and log2(e)
    int n_tokens, group, dim;
    int first_limit; // keys that the first token sees; each further one sees one more
    int n_rows() const { return n_tokens * group; }
};

// scores (rows, 64) = queries . keys of a block of 16 tokens.
template <int n_rows>
inline void score_block(const int16_t *queries, const float *query_scales, int dim, const int16_t *keys,
                        const float *key_scales, float *scores) {
    f8 low[n_rows], high[n_rows];
    for (int first = 0; first < dim; first += kColumnsAtOnce) {
        const int end = first + kColumnsAtOnce < dim ? first + kColumnsAtOnce : dim;
        Quads a[n_rows], b[n_rows];
        for (int r = 0; r < n_rows; r++) a[r] = no_quads(), b[r] = no_quads();
        for (int d = first; d < end; d += 2) {
            const Quads k0 = load_quads(keys + static_cast<size_t>(d) * kKeyBlock);
            const Quads k1 = load_quads(keys + static_cast<size_t>(d) * kKeyBlock + 16);
#pragma GCC unroll 6
            for (int r = 0; r < n_rows; r++) {
                const Quads q = splat_pair(queries + static_cast<size_t>(r) * dim + d);
                a[r] = add_pairs(a[r], k0, q);
                b[r] = add_pairs(b[r], k1, q);
            }
        }
        for (int r = 0; r < n_rows; r++) {
            low[r] = first == 0 ? to_float(a[r]) : low[r] + to_float(a[r]);
            high[r] = first == 0 ? to_float(b[r]) : high[r] + to_float(b[r]);
        }
    }
    const f8 s0 = load(key_scales), s1 = load(key_scales + 8);
    for (int r = 0; r < n_rows; r++) {
        store(scores + r * kPageTokens, low[r] * s0 * splat(query_scales[r]));
        store(scores + r * kPageTokens + 8, high[r] * s1 * splat(query_scales[r]));
    }
}

// What a row makes of a page: its values count `take` times their weights, what was before `keep` times.
struct Shares {
    float keep, take;
};

// Softmax over a row's scores of a page, of which it sees `limit`; weights (64) are those of the values' numbers.
inline Shares weigh(float *row, int limit, const float *value_scales, int16_t *weights, float &top, float &sum) {
    if (limit <= 0) {
        for (int k = 0; k < kPageTokens; k++) weights[k] = 0;
        return {1.0f, 0.0f};
    }
    for (int k = limit; k < kPageTokens; k++) row[k] = -INFINITY;
    f8 largest = splat(kLowest);
    for (int k = 0; k < kPageTokens; k += 8) largest = larger(largest, load(row + k));
    const float found = largest_of(largest), lower = scalar_power(found > top ? top - found : found - top);
    const float keep = found > top ? lower : 1.0f, take = found > top ? 1.0f : lower;
    f8 sums = splat(0.0f), heaviest = splat(0.0f);
    for (int k = 0; k < kPageTokens; k += 8) {
        const f8 share = power(load(row + k) - splat(found)), weight = share * load(value_scales + k);
        sums = sums + share;
        heaviest = larger(heaviest, weight);
        store(row + k, weight);
    }
    top = found > top ? found : top;
    sum = sum * keep + sum_of(sums) * take;
    const float most = largest_of(heaviest);
    const f8 inverse = splat(most > 0.0f ? kWeightTop / most : 0.0f);
    for (int k = 0; k < kPageTokens; k += 16)
        store_rounded(weights + k, load(row + k) * inverse, load(row + k + 8) * inverse);
    return {keep, take * (most / kWeightTop)};
}

// out (rows, dim), 16 columns of it, = keep * out + take * weights . values.
template <int n_rows>
inline void add_values(const int16_t *weights, const Shares *shares, const int16_t *values, int n_keys, int dim,
                       float *out) {
    Quads a[n_rows], b[n_rows];
    for (int r = 0; r < n_rows; r++) a[r] = no_quads(), b[r] = no_quads();
    for (int k = 0; k < n_keys; k += 2) {
        const Quads v0 = load_quads(values + static_cast<size_t>(k) * dim);
        const Quads v1 = load_quads(values + static_cast<size_t>(k) * dim + 16);
#pragma GCC unroll 6
        for (int r = 0; r < n_rows; r++) {
            const Quads w = splat_pair(weights + r * kPageTokens + k);
            a[r] = add_pairs(a[r], v0, w);
            b[r] = add_pairs(b[r], v1, w);
        }
    }
    for (int r = 0; r < n_rows; r++) {
        float *p = out + static_cast<size_t>(r) * dim;
        const f8 keep = splat(shares[r].keep), take = splat(shares[r].take);
        store(p, fma(to_float(a[r]), take, load(p) * keep));
        store(p + 8, fma(to_float(b[r]), take, load(p + 8) * keep));
    }
}

// Rows first .. first + n_rows - 1 of a tile attend to a page.
template <int n_rows>
void attend_rows(const Tile &tile, int first, const Head &head, int first_key, int n_keys, const Partial &p) {
    const int dim = tile.dim;
    alignas(32) float scores[n_rows * kPageTokens];
    alignas(32) int16_t weights[n_rows * kPageTokens];
    Shares shares[n_rows];
    for (int k = 0; k < n_keys; k += kKeyBlock)
        score_block<n_rows>(tile.queries + static_cast<size_t>(first) * dim, tile.scales + first, dim,
                            head.keys + static_cast<size_t>(k) * dim, head.key_scales + k, scores + k);
    for (int r = 0; r < n_rows; r++) {
        const int limit = tile.first_limit + (first + r) / tile.group - first_key; // keys of this page that the row sees
        shares[r] = weigh(scores + r * kPageTokens, limit < n_keys ? limit : n_keys, head.value_scales,
                          weights + r * kPageTokens, p.top[first + r], p.sum[first + r]);
    }
    for (int d = 0; d < dim; d += 16)
        add_values<n_rows>(weights, shares, head.values + 2 * d, n_keys, dim,
                           p.out + static_cast<size_t>(first) * dim + d);
}

inline void attend_page(const Tile &tile, const Head &head, int first_key, int n_keys, const Partial &p) {
    const int n_rows = tile.n_rows(), n_parts = (n_rows + kRowsAtOnce - 1) / kRowsAtOnce;
    const int per_part = (n_rows + n_parts - 1) / n_parts;
    for (int r = 0; r < n_rows; r += per_part) {
        switch (n_rows - r < per_part ? n_rows - r : per_part) {
        case 1: attend_rows<1>(tile, r, head, first_key, n_keys, p); break;
        case 2: attend_rows<2>(tile, r, head, first_key, n_keys, p); break;
        case 3: attend_rows<3>(tile, r, head, first_key, n_keys, p); break;
        case 4: attend_rows<4>(tile, r, head, first_key, n_keys, p); break;
        case 5: attend_rows<5>(tile, r, head, first_key, n_keys, p); break;
        default: attend_rows<6>(tile, r, head, first_key, n_keys, p); break;
        }
    }
}

// Attends to one stretch of pages; n_keys are those of the whole sequence.
inline void attend_split(const Tile &tile, const Sequence &s, int split, int n_keys, size_t offset,
                         const AttentionShape &shape, int head, const Partial &p) {
    clear(p, tile.n_rows(), tile.dim);
    const int last_limit = tile.first_limit + tile.n_tokens - 1;
    for (int page = split * kSplitPages; page < (split + 1) * kSplitPages; page++) {
        const int first_key = page * kPageTokens;
        if (first_key >= last_limit) break;
        const int n = n_keys - first_key < kPageTokens ? n_keys - first_key : kPageTokens;
        attend_page(tile, head_of(s, page, offset, shape, head), first_key, n, p);
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

// Takes a tile's queries out of qkv, as whole numbers.
inline Tile take_tile(const float *qkv, const Sequence &s, int first, int n_tokens, const AttentionShape &shape,
                      int head, Room &room) {
    const int dim = shape.head_dim, group = shape.n_heads / shape.n_kv_heads, n_rows = n_tokens * group;
    const size_t stride = static_cast<size_t>(shape.n_heads + 2 * shape.n_kv_heads) * dim;
    float *scales = room.take(n_rows);
    auto *queries = reinterpret_cast<int16_t *>(room.take(static_cast<size_t>(n_rows) * dim / 2));
    for (int r = 0; r < n_rows; r++) {
        const float *q = qkv + (s.first + first + r / group) * stride + (static_cast<size_t>(head) * group + r % group) * dim;
        scales[r] = round_row(q, dim, kKeyTop, queries + static_cast<size_t>(r) * dim) * (shape.scale * kLog2E);
    }
    return {queries, scales, n_tokens, group, dim, s.n_past + first + 1};
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

inline size_t room_needed(int n_rows, int dim) {
    const size_t rows = n_rows, width = dim;
    return rows * width / 2 + rows + 2 * (2 * rows + rows * width);
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
    const Tile tile = take_tile(qkv, s, first, n_tokens, shape, head, room);
    const Partial whole = room.partial(n_rows, dim), part = room.partial(n_rows, dim);
    clear(whole, n_rows, dim);
    for (int split = 0; split < n_splits(s); split++) {
        attend_split(tile, s, split, s.n_past + s.n_tokens, offset, shape, head, part);
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
        const Tile tile = take_tile(qkv, s, w.first, n_tokens, shape, w.head, room);
        attend_split(tile, s, w.split, s.n_past + s.n_tokens, offset, shape, w.head, result(i));
    });
    static thread_local Room room;
    for (size_t i = 0; i < works.size();) {
        const Work &w = works[i];
        const int n_tokens = tokens_of(w), n_rows = n_tokens * group;
        room.reset(room_needed(n_rows, dim));
        const Partial whole = room.partial(n_rows, dim);
        clear(whole, n_rows, dim);
        for (bool more = true; more; more = i < works.size() && works[i].split > 0) merge(whole, result(i++), n_rows, dim);
        const Tile tile{nullptr, nullptr, n_tokens, group, dim, 0};
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

void move_tokens(const Sequence &from, int first, const Sequence &to, size_t layer_offset, const AttentionShape &shape,
                 const float *rotary, Pool &pool) {
    const int dim = shape.head_dim;
    pool.run(to.n_tokens, [&](int i, int) {
        const int source = first + i, target = to.n_past + i;
        for (int h = 0; h < shape.n_kv_heads; h++) {
            const Slot a{head_of(from, source / kPageTokens, layer_offset, shape, h), source % kPageTokens, dim};
            const Slot b{head_of(to, target / kPageTokens, layer_offset, shape, h), target % kPageTokens, dim};
            alignas(32) float key[kMostColumns];
            a.get_key(key);
            rotate_head(key, dim, rotary);
            b.set_key(key);
            b.head.value_scales[b.slot] = a.head.value_scales[a.slot];
            for (int d = 0; d < dim; d++) b.value(d) = a.value(d);
        }
    });
}
