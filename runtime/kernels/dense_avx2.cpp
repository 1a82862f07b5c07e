// The dense kernels for AVX2 and FMA; cmake/runtime.cmake says so to the compiler. Wider registers
// would be slower: Eigen's 512-bit products lose 20 % to these on machines that halve them.
#if defined(__x86_64__)
#define Eigen eigen_avx2
#include "runtime/kernels/dense.inc"

namespace calc::rt {

const DenseKernels& dense_avx2() { return dense_kernels; }

}  // namespace calc::rt
#endif
