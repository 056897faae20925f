#!/usr/bin/env bash
# Unit tests and stored outputs under the code paths of other processors: other BLAS kernels, other vector units.
# usage: tests/paths.sh [--units | --notebooks] PYTHON [PATH...]
#   --units, --notebooks: those alone
#   PATH  own: the machine as it is (its notebooks are those of `make test`: run here only if own is named);
#         oldest, widest: the least and the most that this kind of processor has; other: MKL's path of the
#         other vendor, Intel's or not. All without.
# environment: JOBS, worker processes (2); NOTEBOOK, names of the notebooks (all).
set -uo pipefail
cd "$(dirname "$0")/.."
only=
case ${1-} in --units | --notebooks) only=${1#--}; shift ;; esac
python=${1:?usage: tests/paths.sh [--units | --notebooks] PYTHON [PATH...]}; shift
named=$*
for name in $named; do
  case $name in own | oldest | widest | other) ;; *)
    echo "tests/paths.sh: a path is own, oldest, widest or other, not $name" >&2; exit 2 ;;
  esac
done
wanted() { case " ${named:-own oldest widest other} " in *" $1 "*) ;; *) false ;; esac; }
has() { grep -qw "$1" /proc/cpuinfo 2>/dev/null; }

# Left out: what starts processes of its own, and what reads texts only. Neither asks anything of a processor.
units=(tests --ignore=tests/suite)
for name in environment form notebooks references rooms stored_records; do units+=("--ignore=tests/test_$name.py"); done
for name in agreement claims figures report; do units+=("tests/suite/test_$name.py"); done
notebooks=() names=()
for name in ${NOTEBOOK:-notebooks/*.ipynb}; do
  name=${name##*/} name=${name%.ipynb}
  names+=("$name") notebooks+=("notebooks/$name.ipynb")
done
jobs=${JOBS:-2}
failed=0

run() { # run NAME VARIABLE=value...
  local name=$1 here=$PWD/build/paths/$1 begin; shift
  echo "== $name: ${*:-no switch}"
  rm -rf "$here" && mkdir -p "$here"
  set -- env -u MPLBACKEND OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONHASHSEED=0 "$@"
  if [ "$only" != notebooks ]; then
    begin=$SECONDS
    "$@" "$python" -m pytest -q -n "$jobs" -p no:cacheprovider "${units[@]}" || failed=1
    echo "== $name, unit tests: $((SECONDS - begin)) s"
  fi
  if [ "$only" != units ] && ! [ "$name$named" = own ]; then
    begin=$SECONDS
    "$@" CLAIMS_COMPARE="$here" IPYTHONDIR="$here/ipython" \
      "$python" -m pytest -q --nbval --nbval-current-env -n "$jobs" --dist loadscope -p no:cacheprovider \
      "${notebooks[@]}" && "$python" -m lib.suite.cli compare "$here" "${names[@]}" || failed=1
    echo "== $name, notebooks: $((SECONDS - begin)) s"
  fi
}

left_out() { echo "== $1: left out, $2"; }

# numpy's own kernels beyond the baseline, by the names that this numpy has for them.
numpy_features() {
  "$python" -c 'import numpy; print(*numpy.show_config(mode="dicts")["SIMD Extensions"]["found"])' 2>/dev/null
}

oldest() {
  case $(uname -sm) in
    Linux\ x86_64)
      # The C library has two names for a feature, old and new, and passes over those it does not know.
      run oldest OPENBLAS_CORETYPE=Prescott ATEN_CPU_CAPABILITY=default MKL_CBWR=COMPATIBLE \
        NPY_DISABLE_CPU_FEATURES="$(numpy_features)" \
        GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-FMA,-AVX2_Usable,-FMA_Usable ;;
    Linux\ aarch64)
      run oldest OPENBLAS_CORETYPE=ARMV8 ATEN_CPU_CAPABILITY=default NPY_DISABLE_CPU_FEATURES="$(numpy_features)" ;;
    *) left_out oldest "no switches known for $(uname -sm)" ;;
  esac
}

widest() {
  if [ "$(uname -sm)" != 'Linux x86_64' ]; then
    left_out widest 'switches are known for Linux on x86-64 only'
  elif has avx512f; then
    run widest OPENBLAS_CORETYPE=SkylakeX ATEN_CPU_CAPABILITY=avx512
  else
    run widest OPENBLAS_CORETYPE=Haswell ATEN_CPU_CAPABILITY=avx2
  fi
}

# OpenBLAS goes along: AMD's processors get kernels of their own where they have one.
other() {
  local intel=1 kernels=Haswell made=build/paths/vendor.so
  has avx512f && kernels=SkylakeX
  if has GenuineIntel; then intel=0 kernels=Zen; fi
  mkdir -p build/paths
  if [ "$(uname -sm)" != 'Linux x86_64' ]; then
    left_out other 'MKL is on x86-64 only, and preloading is tried on Linux'
  elif ! "$python" -c 'import sys, torch; sys.exit(not torch.backends.mkl.is_available())'; then
    left_out other 'this torch has no MKL'
  elif ! cc -shared -fPIC -DINTEL=$intel -o $made tests/vendor.c 2>/dev/null; then
    left_out other 'no C compiler'
  else
    run other LD_PRELOAD="$PWD/$made" OPENBLAS_CORETYPE=$kernels
  fi
}

if wanted own; then run own; fi
for path in oldest widest other; do
  if wanted $path; then $path; fi
done
exit $failed
