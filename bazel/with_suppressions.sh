#!/bin/bash
# Runs a program with the sanitizers' suppressions that lie beside this script.
here="$(cd "$(dirname "$0")" && pwd)"
[[ -e "${here}/tsan.supp" ]] || here="${0}.runfiles/troupe/bazel"
export TSAN_OPTIONS="${TSAN_OPTIONS:-} suppressions=${here}/tsan.supp"
export LSAN_OPTIONS="${LSAN_OPTIONS:-} suppressions=${here}/lsan.supp print_suppressions=0"
exec "$@"
