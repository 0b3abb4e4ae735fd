#!/bin/bash
# Builds and runs the programs of tests/import/workspace, in a copy and against the tree that this
# script really lies in.
set -euo pipefail

here="$(dirname "$(readlink -f "$0")")"
root="$(cd "${here}/../.." && pwd)"
work="${TEST_TMPDIR:?run by bazel test}/import"
mkdir -p "${work}"
cp -rL "${here}/workspace" "${work}/"
cd "${work}/workspace"

# A Bazel of its own, gone when it is done.
HOME="${work}" USER="${USER:-troupe}" bazel --batch --output_user_root="${work}/bazel" --nohome_rc \
  build --noshow_progress --override_repository="troupe=${root}" //:hello //:greet
expect() {
  local printed
  printed="$("bazel-bin/$1")"
  echo "${printed}"
  [[ "${printed}" == "$2" ]]
}
expect hello "The actor says 42"
expect greet "Hello world"
