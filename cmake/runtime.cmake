# Files of the runtime that are compiled for particular machines; each is entered only after a look
# at the machine it runs on (runtime/math.cpp, runtime/linalg.cpp).
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set_source_files_properties(runtime/math_avx2.cpp PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma")
  set_source_files_properties(runtime/math_avx512.cpp PROPERTIES
    COMPILE_OPTIONS "-mavx512f;-mavx2;-mfma")
endif()
