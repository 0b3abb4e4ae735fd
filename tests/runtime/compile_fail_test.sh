#!/bin/bash
# Compiles each snippet of compile_fail/. Its first line says what the compiler must print while it
# refuses it; `nothing`: it must compile (else the others would show nothing). g++ only: the texts
# are its own where no static_assert of ours speaks.
set -uo pipefail

root="${COMPILE_FAIL_ROOT:-$(pwd)}"  # under bazel: the runfiles
compiler="${COMPILE_FAIL_CXX:-g++}"
work="${TEST_TMPDIR:-$(mktemp -d)}/compile_fail"
mkdir -p "${work}/proto"
protoc "-I${root}" "--cpp_out=${work}" proto/value.proto || exit 1

# troupe.h is compiled once; each snippet includes it first, and finds the result in ${work}.
flags=(-std=c++20 -Wall -Werror "-I${work}" "-I${root}")
"${compiler}" "${flags[@]}" -x c++-header -o "${work}/troupe.h.gch" "${root}/troupe.h" || exit 1

check() {
  local snippet="$1" name="${1##*/}" expected printed result
  expected="$(sed -n '1s#^// EXPECT: ##p' "${snippet}")"
  printed="$(LC_ALL=C "${compiler}" "${flags[@]}" -fsyntax-only -x c++ "${snippet}" 2>&1)"
  result=$?
  if [[ -z "${expected}" ]]; then
    echo "FAILED: ${name} does not say what it expects"
  elif [[ "${expected}" == "nothing" ]]; then
    [[ "${result}" == 0 ]] && return 0
    echo "FAILED: ${name} does not compile:"
  elif [[ "${result}" == 0 ]]; then
    echo "FAILED: ${name} compiles"
  elif [[ "${printed}" == *"${expected}"* ]]; then
    return 0
  else
    echo "FAILED: ${name}: expected: ${expected}"
  fi
  grep -E 'error:' <<<"${printed}" | head -5
  return 1
}

snippets=("${root}"/tests/runtime/compile_fail/*.cc.txt)
[[ "${#snippets[@]}" -gt 10 ]] || { echo "FAILED: no snippets under ${root}"; exit 1; }
failures=0
for snippet in "${snippets[@]}"; do check "${snippet}" || failures=$((failures + 1)); done
echo "${#snippets[@]} snippets, ${failures} failures"
[[ "${failures}" == 0 ]]
