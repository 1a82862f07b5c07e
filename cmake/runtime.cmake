# Parts of the runtime that are compiled for particular machines, each entered only after a look at
# the machine it runs on (runtime/math.cpp, runtime/linalg.cpp), and those that include Eigen, whose
# templates want optimisation even in debug builds and take the longest to compile: a library of
# their own, rarely touched.
file(GLOB kernel_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/runtime/kernels/*.cpp)
add_library(calc_kernels STATIC ${kernel_sources})
target_link_libraries(calc_kernels PRIVATE Eigen3::Eigen)
target_compile_options(calc_kernels PRIVATE -O2)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set_source_files_properties(runtime/math_avx2.cpp runtime/kernels/dense_avx2.cpp
    PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma")
  set_source_files_properties(runtime/math_avx512.cpp
    PROPERTIES COMPILE_OPTIONS "-mavx512f;-mavx2;-mfma")
endif()
