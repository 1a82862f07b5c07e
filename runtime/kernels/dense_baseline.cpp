// The dense kernels for any machine.
#include "runtime/kernels/dense.inc"

namespace calc::rt {

const DenseKernels& dense_baseline() { return dense_kernels; }

}  // namespace calc::rt
