#include <cmath>
#include <cstring>
#include <vector>

#include "kernels.h"

#define MAGICODE_SET portable
#define MAGICODE_SET_NAME "portable"
#include "kernels.inc"

const magicode::Kernels *magicode::portable_kernels() { return &portable::kKernels; }
