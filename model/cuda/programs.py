"""The Triton programs behind `model.cuda.kernels`, which launches them. Pointers come first, then sizes."""

import triton
import triton.language as tl


@triton.jit
def add_norm(hidden, delta, weight, out, size, eps, ADDS: tl.constexpr, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64) * size
    at = tl.arange(0, BLOCK)
    inside = at < size
    x = tl.load(hidden + row + at, mask=inside, other=0.0)
    if ADDS:
        x = x + tl.load(delta + row + at, mask=inside, other=0.0)
        tl.store(hidden + row + at, x, mask=inside)
    wide = x.to(tl.float32)
    scale = tl.rsqrt(tl.sum(wide * wide, axis=0) / size + eps)
    scaled = (wide * scale).to(x.dtype)
    tl.store(out + row + at, scaled * tl.load(weight + at, mask=inside, other=0.0), mask=inside)


@triton.jit
def rotate(
    qkv, turns, slots, query_norm, key_norm, queries, states, values_stride, head_stride, eps, n_heads, n_kv_heads,
    NORMS: tl.constexpr, HALF: tl.constexpr,
):  # fmt: skip
    token = tl.program_id(0).to(tl.int64)
    head = tl.program_id(1)
    at = tl.arange(0, HALF)
    dim = 2 * HALF
    row = qkv + (token * (n_heads + 2 * n_kv_heads) + head) * dim
    first, second = tl.load(row + at), tl.load(row + HALF + at)
    slot = tl.load(slots + token).to(tl.int64) * dim
    if head >= n_heads + n_kv_heads:
        to = states + values_stride + (head - n_heads - n_kv_heads) * head_stride + slot
        tl.store(to + at, first)
        tl.store(to + HALF + at, second)
    else:
        if head < n_heads:
            to = queries + (token * n_heads + head) * dim
        else:
            to = states + (head - n_heads) * head_stride + slot
        one, other = first.to(tl.float32), second.to(tl.float32)
        if NORMS:
            scale = tl.rsqrt((tl.sum(one * one, axis=0) + tl.sum(other * other, axis=0)) / dim + eps)
            norm = query_norm if head < n_heads else key_norm
            one = ((one * scale).to(first.dtype) * tl.load(norm + at)).to(tl.float32)
            other = ((other * scale).to(first.dtype) * tl.load(norm + HALF + at)).to(tl.float32)
        cos, sin = tl.load(turns + token * dim + at), tl.load(turns + token * dim + HALF + at)
        tl.store(to + at, (one * cos - other * sin).to(first.dtype))
        tl.store(to + HALF + at, (other * cos + one * sin).to(first.dtype))


@triton.jit
def attend(
    queries, states, pages, positions, offsets, n_shared, partial, weights, values_stride, head_stride, n_tokens, scale,
    n_heads, SHARED: tl.constexpr, TOKENS: tl.constexpr, GROUP: tl.constexpr, ROWS: tl.constexpr, DIM: tl.constexpr,
    PAGE: tl.constexpr, FIRST_SPLIT: tl.constexpr, SPLITS: tl.constexpr, ALL_SPLITS: tl.constexpr,
):  # fmt: skip
    kv_head, split = tl.program_id(1), tl.program_id(2)
    row, at, key_at = tl.arange(0, ROWS), tl.arange(0, DIM), tl.arange(0, PAGE)
    token = tl.program_id(0) * TOKENS + row // GROUP
    inside = (row < TOKENS * GROUP) & (token < n_tokens)
    query_row = (token * n_heads + kv_head * GROUP + row % GROUP).to(tl.int64)
    position = tl.load(positions + token, mask=inside, other=-1)
    if SHARED:
        first, offset = 0, 0
        last = tl.load(n_shared) // PAGE
    else:
        first, offset = tl.load(n_shared) // PAGE, tl.load(offsets + tl.program_id(0))
        last = tl.load(positions + tl.program_id(0)) // PAGE + 1
    n_each = tl.cdiv(tl.maximum(last - first, 0), SPLITS)
    start = first + split * n_each
    q = tl.load(queries + query_row[:, None] * DIM + at[None, :], mask=inside[:, None], other=0.0)
    highest = tl.full((ROWS,), float("-inf"), tl.float32)
    mass = tl.zeros((ROWS,), tl.float32)
    total = tl.zeros((ROWS, DIM), tl.float32)
    for index in range(start, tl.minimum(start + n_each, last)):
        page = tl.load(pages + offset + index).to(tl.int64)
        keys = states + kv_head * head_stride + page * PAGE * DIM
        seen = index * PAGE + key_at[None, :] <= position[:, None]
        k = tl.load(keys + key_at[:, None] * DIM + at[None, :])
        scores = tl.dot(q, tl.trans(k), input_precision="ieee") * scale
        scores = tl.where(seen, scores, float("-inf"))
        new = tl.maximum(highest, tl.max(scores, axis=1))
        safe = tl.where(new == float("-inf"), 0.0, new)  # a row that sees nothing yet
        chances = tl.exp(scores - safe[:, None])
        faded = tl.exp(highest - safe)
        # Beyond the last token a page holds anything, also what is no number.
        filled = index * PAGE + key_at <= tl.max(position, axis=0)
        v = tl.load(keys + values_stride + key_at[:, None] * DIM + at[None, :], mask=filled[:, None], other=0.0)
        total = total * faded[:, None] + tl.dot(chances.to(v.dtype), v, input_precision="ieee")
        mass = mass * faded + tl.sum(chances, axis=1)
        highest = new
    to = query_row * ALL_SPLITS + FIRST_SPLIT + split
    empty = mass == 0.0
    tl.store(weights + to, tl.where(empty, float("-inf"), highest + tl.log(tl.where(empty, 1.0, mass))), mask=inside)
    whole = total / tl.where(empty, 1.0, mass)[:, None]
    tl.store(partial + to[:, None] * DIM + at[None, :], whole, mask=(inside & (mass > 0.0))[:, None])


@triton.jit
def join(partial, weights, out, DIM: tl.constexpr, SPLITS: tl.constexpr, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    split, at = tl.arange(0, BLOCK), tl.arange(0, DIM)
    weight = tl.load(weights + row * SPLITS + split, mask=split < SPLITS, other=float("-inf"))
    highest = tl.max(weight, axis=0)
    share = tl.exp(weight - tl.where(highest == float("-inf"), 0.0, highest))
    there = weight > float("-inf")  # nothing was written for the others
    parts = tl.load(partial + (row * SPLITS + split[:, None]) * DIM + at[None, :], mask=there[:, None], other=0.0)
    total = tl.sum(share, axis=0)
    joined = tl.sum(parts * share[:, None], axis=0) / tl.where(total == 0.0, 1.0, total)
    tl.store(out + row * DIM + at, joined.to(out.dtype.element_ty))


@triton.jit
def gate(gate_up, out, size, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    at = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    gated = tl.load(gate_up + row * 2 * size + at, mask=at < size, other=0.0)
    up = tl.load(gate_up + row * 2 * size + size + at, mask=at < size, other=0.0)
    wide = gated.to(tl.float32)
    silu = (wide / (1.0 + tl.exp(-wide))).to(gated.dtype)
    tl.store(out + row * size + at, silu * up, mask=at < size)
