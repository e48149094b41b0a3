// Between GGUF blocks and our packed groups of rows.
#pragma once

#include "formats.h"

namespace magicode {

// Packs `rows` rows of GGUF blocks (row by row, as in the file) into groups; rows is a multiple of 8.
void pack_rows(Kind kind, const uint8_t *source, int rows, int columns, uint8_t *out);
// Quantises float32 rows to Q8_0 and packs them.
void pack_floats(const float *source, int rows, int columns, uint8_t *out);
// Writes one row's values.
void unpack_row(const Weights &weights, int row, float *out);
// Bytes of one row as GGUF stores it.
size_t gguf_row_bytes(Kind kind, int columns);

} // namespace magicode
