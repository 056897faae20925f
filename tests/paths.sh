#!/usr/bin/env bash
# Unit tests and stored outputs under the code paths of other processors: other BLAS kernels, other vector units.
# usage: tests/paths.sh [--units] PYTHON [PATH...]
#   --units  the unit tests alone, no notebook
#   PATH     own: the machine as it is (unit tests; its notebooks are those of `make test`, run here if named)
#            oldest, widest: the least and the most that this kind of processor has; other: MKL's path of the
#            other vendor, Intel's or not. All without.
# environment: JOBS, worker processes (2); NOTEBOOK, names of the notebooks (all).
set -uo pipefail
cd "$(dirname "$0")/.."
units_only=
if [ "${1-}" = --units ]; then units_only=yes; shift; fi
python=${1:?usage: tests/paths.sh [--units] PYTHON [PATH...]}; shift
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
for name in environment form notebooks references rooms; do units+=("--ignore=tests/test_$name.py"); done
for name in agreement claims figures report; do units+=("tests/suite/test_$name.py"); done
notebooks=()
for name in ${NOTEBOOK:-notebooks/*.ipynb}; do
  name=${name##*/}; notebooks+=("notebooks/${name%.ipynb}.ipynb")
done
jobs=${JOBS:-2}
failed=0

run() { # run NAME VARIABLE=value...
  local name=$1 begin=$SECONDS; shift
  local here=$PWD/build/paths/$name
  rm -rf "$here" && mkdir -p "$here"
  set -- env -u MPLBACKEND OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONHASHSEED=0 "$@"
  echo "== $name, unit tests: ${*:7}"
  "$@" "$python" -m pytest -q -n "$jobs" -p no:cacheprovider "${units[@]}" || failed=1
  echo "== $name, unit tests: $((SECONDS - begin)) s"
  if [ -n "$units_only" ] || { [ "$name" = own ] && [ -z "$named" ]; }; then return; fi
  begin=$SECONDS
  echo "== $name, notebooks"
  "$@" CLAIMS_COMPARE="$here" IPYTHONDIR="$here/ipython" \
    "$python" -m pytest -q --nbval --nbval-current-env -n "$jobs" --dist loadscope -p no:cacheprovider \
    "${notebooks[@]}" && "$python" -m lib.suite.cli compare "$here" || failed=1
  echo "== $name, notebooks: $((SECONDS - begin)) s"
}

left_out() { echo "== $1: left out, $2"; }

# numpy's own kernels beyond the baseline, by the names that this numpy has for them.
numpy_features() {
  "$python" -c 'import numpy; print(*numpy.show_config(mode="dicts")["SIMD Extensions"]["found"])' 2>/dev/null
}

oldest() {
  case $(uname -sm) in
    Linux\ x86_64)
      run oldest OPENBLAS_CORETYPE=Prescott ATEN_CPU_CAPABILITY=default MKL_CBWR=COMPATIBLE \
        NPY_DISABLE_CPU_FEATURES="$(numpy_features)" ;;
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
