#!/usr/bin/env bash
# The unit tests and light notebooks on another architecture: ARM, emulated, 12 to 30 times slower. Not part of CI.
# usage: tests/arm.sh [--units | --notebooks] PYTHON [NOTEBOOK...]   (as root, on Linux with apt)
#   --units, --notebooks: those alone; NOTEBOOK: by default a light one of each family
# PYTHON needs the packages of the lock. What it makes lies in build/arm: a Debian root for arm64 by mmdebstrap from
# the mirror that apt uses (ARM_SOURCES names another sources file), and the lock's wheels for aarch64. torch alone is
# another release: the lock's asks for CUDA libraries on ARM, TORCH does not.
# environment: JOBS, worker processes (1); TORCH, a release of torch whose ARM wheel is for the CPU (2.9.1).
set -euo pipefail
cd "$(dirname "$0")/.."
options=()
case ${1-} in --units | --notebooks) options=("$1"); shift ;; esac
python=${1:?usage: tests/arm.sh [--units | --notebooks] PYTHON [NOTEBOOK...]}; shift
notebooks=${*:-12_double_descent 26_escaping_saddles 32_balancedness 45_discrete_stages 59_attention_scale}
torch=${TORCH:-2.9.1}
fail() { echo "tests/arm.sh: $*" >&2; exit 1; }

[ "$(uname -s)" = Linux ] && [ "$(id -u)" = 0 ] || fail 'needs Linux and root (a root file system is made and entered)'
missing=
command -v mmdebstrap >/dev/null || missing+=' mmdebstrap'
command -v qemu-aarch64-static >/dev/null || missing+=' qemu-user-static'
command -v update-binfmts >/dev/null || missing+=' binfmt-support'
command -v arch-test >/dev/null || missing+=' arch-test'
if [ -n "$missing" ]; then
  { apt-get update && apt-get install -y --no-install-recommends $missing; } >/dev/null 2>&1 ||
    fail "missing, and apt-get could not install:$missing"
fi
binfmt=/proc/sys/fs/binfmt_misc
[ -e $binfmt/status ] || mount -t binfmt_misc binfmt_misc $binfmt || fail 'the kernel has no binfmt_misc'
if [ ! -e $binfmt/qemu-aarch64 ]; then update-binfmts --enable qemu-aarch64; fi
grep -q '^flags:.*F' $binfmt/qemu-aarch64 || fail 'qemu-aarch64 is registered without its flag F: it does not follow into a root'

here=$PWD/build/arm root=$PWD/build/arm/root packages=$PWD/build/arm/packages
mkdir -p "$here"
if [ ! -e "$here/root.made" ]; then
  sources=${ARM_SOURCES:-}
  for file in /etc/apt/sources.list.d/{debian,ubuntu}.sources /etc/apt/sources.list; do
    if [ -z "$sources" ] && [ -s $file ]; then sources=$file; fi
  done
  [ -n "$sources" ] || fail 'no sources of apt were found: name a file by ARM_SOURCES'
  echo "making $root (some minutes; $here/root.log)"
  rm -rf "$root"
  mmdebstrap --architectures=arm64 --variant=apt --include=python3 "$(. /etc/os-release; echo "$VERSION_CODENAME")" \
    "$root" "$sources" >"$here/root.log" 2>&1 || fail "mmdebstrap failed: $(tail -n 1 "$here/root.log")"
  touch "$here/root.made"
fi

inside() { # inside COMMAND...: run it in the root, in mounts that end with it
  unshare --mount --fork bash -c '
    set -e
    root=$1 packages=$2; shift 2
    mkdir -p "$root/suite" "$root/packages" "$root/dev/shm"
    mount --rbind /proc "$root/proc"
    mount -t tmpfs tmpfs "$root/dev/shm"
    mount --bind "$PWD" "$root/suite"
    mount --bind "$packages" "$root/packages"
    exec "$(command -v chroot)" "$root" "$@"' inside "$root" "$packages" "$@"
}

mkdir -p "$packages"
version=$(inside /usr/bin/python3 -c 'import platform; print(platform.python_version())')
wanted="$version $torch $(cksum <requirements.txt)"
if [ "$(cat "$here/packages.made" 2>/dev/null)" != "$wanted" ]; then
  echo "fetching the lock's wheels for aarch64 and Python $version, torch $torch in place of the lock's"
  "$python" - "$version" "$torch" >"$here/lock.txt" <<'LOCK'
import sys

from packaging.requirements import Requirement

version, torch = sys.argv[1:]
arm = {
    "python_full_version": version,
    "python_version": version.rpartition(".")[0],
    "sys_platform": "linux",
    "platform_machine": "aarch64",
}
for line in open("requirements.txt"):
    line = line.partition("#")[0].strip()
    if line:
        needed = Requirement(line)
        if needed.marker is None or needed.marker.evaluate(arm):
            print(f"torch=={torch}" if needed.name == "torch" else f"{needed.name}{needed.specifier}")
LOCK
  platforms=(--platform manylinux2014_aarch64)
  for minor in {17..36}; do platforms+=(--platform "manylinux_2_${minor}_aarch64"); done
  rm -rf "$packages"
  # .99: a wheel that asks for a later bugfix release of the same Python is taken too.
  "$python" -m pip install --disable-pip-version-check -qq --no-deps --only-binary=:all: "${platforms[@]}" \
    --python-version "${version%.*}.99" --target "$packages" -r "$here/lock.txt" >"$here/packages.log" 2>&1 ||
    fail "pip found no wheel: $(grep ERROR "$here/packages.log" | tail -n 1)"
  echo "$wanted" >"$here/packages.made"
fi

# ARMV8: OpenBLAS's plain kernels; those it would pick are for vectors that the emulator is slow at.
inside /usr/bin/env -i PATH=/usr/bin:/bin HOME=/tmp LANG=C.UTF-8 PYTHONPATH=/suite:/packages OPENBLAS_CORETYPE=ARMV8 \
  JOBS="${JOBS:-1}" NOTEBOOK="$notebooks" \
  /bin/bash -c 'cd /suite && exec tests/paths.sh "$@"' paths "${options[@]}" python3 own
