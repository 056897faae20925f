/* MKL, torch's BLAS on x86-64, takes one path on Intel's processors and another on all others. Preloaded,
 * this decides which: compiled with -DINTEL=1 the processor passes for Intel's, with -DINTEL=0 for another. */
int mkl_serv_intel_cpu(void) { return INTEL; }
int mkl_serv_intel_cpu_true(void) { return INTEL; }
