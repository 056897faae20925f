#!/usr/bin/env bash
# The stored outputs under the code paths of other processors: other BLAS kernels, other vector units.
# Which switches move which bits: README, "The same on any machine". usage: tests/paths.sh PYTHON [NOTEBOOK...]
set -uo pipefail
cd "$(dirname "$0")/.."
python=$1
has() { grep -qw "$1" /proc/cpuinfo 2>/dev/null; }

failed=0
run() { # run NAME VARIABLE=value...
  local name=$1; shift
  echo "== $name: $*"
  rm -rf "build/paths/$name" && mkdir -p "build/paths/$name"
  env -u MPLBACKEND OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONHASHSEED=0 \
    CLAIMS_COMPARE="$PWD/build/paths/$name" IPYTHONDIR="$PWD/build/paths/$name/ipython" "$@" \
    "$python" -m pytest -q --nbval --nbval-current-env -n 2 --dist loadscope -p no:cacheprovider notebooks/*.ipynb \
    && "$python" -m lib.suite.cli compare "build/paths/$name" || failed=1
}

run oldest OPENBLAS_CORETYPE=Prescott ATEN_CPU_CAPABILITY=default MKL_CBWR=COMPATIBLE \
  NPY_DISABLE_CPU_FEATURES="X86_V3 X86_V4 AVX512_ICL"
if has avx512f; then
  run widest OPENBLAS_CORETYPE=SkylakeX ATEN_CPU_CAPABILITY=avx512
else
  run widest OPENBLAS_CORETYPE=Haswell ATEN_CPU_CAPABILITY=avx2
fi
# MKL takes another path on Intel's processors: on others, make it believe that this is one.
if grep -q AuthenticAMD /proc/cpuinfo 2>/dev/null; then
  mkdir -p build/paths
  if printf 'int mkl_serv_intel_cpu(void){return 1;}\nint mkl_serv_intel_cpu_true(void){return 1;}\n' |
    cc -shared -fPIC -x c -o build/paths/intel.so - 2>/dev/null; then
    run intel LD_PRELOAD="$PWD/build/paths/intel.so"
  else
    echo "== intel: left out, no C compiler"
  fi
fi
exit $failed
