#!/bin/bash
# Runs a program with the suppressions of ThreadSanitizer that lie beside this script.
here="$(cd "$(dirname "$0")" && pwd)"
file="${here}/tsan.supp"
[[ -e "${file}" ]] || file="${0}.runfiles/troupe/bazel/tsan.supp"
export TSAN_OPTIONS="${TSAN_OPTIONS:-} suppressions=${file}"
exec "$@"
