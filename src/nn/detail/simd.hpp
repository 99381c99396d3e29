#pragma once

// Hot loops are compiled for several instruction sets and the best one is picked at start. Lanes are independent,
// so all give the same bits where contraction is off (CMakeLists.txt names the files where it is on). Sanitizers run
// before the choice can be made.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define ABLATRIX_NN_SIMD __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define ABLATRIX_NN_SIMD
#endif
