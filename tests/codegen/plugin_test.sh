#!/bin/bash
# protoc with the plugin: what it writes, and what it says of a .proto that cannot become actors.
set -euo pipefail

protoc="$1"
plugin="--plugin=protoc-gen-troupe=$2"
out="${TEST_TMPDIR:?run by bazel test}"

"${protoc}" -I. "${plugin}" "--troupe_out=${out}" tests/codegen/bank.proto
grep -q '^TROUPE_ACTOR(Account, Deposit, Withdraw, Close)$' "${out}/tests/codegen/bank.troupe.h"
grep -q '^#include "tests/codegen/bank.troupe.h"$' "${out}/tests/codegen/bank.troupe.cc"

"${protoc}" -I. "${plugin}" "--troupe_out=services_namespace=actors:${out}" \
  tests/codegen/bank.proto
grep -q '^namespace troupe::testing::bank::actors {$' "${out}/tests/codegen/bank.troupe.h"

cat >"${out}/bad.proto" <<'PROTO'
syntax = "proto3";
message M {}
service S {
  optional int64 no_rpc = 1;
}
PROTO
cat >"${out}/streams.proto" <<'PROTO'
syntax = "proto3";
message M {}
service S {
  rpc Up(stream M) returns (M);
}
PROTO
for file in bad streams; do
  if "${protoc}" "-I${out}" "${plugin}" "--troupe_out=${out}" "${file}.proto" \
    2>"${out}/errors"; then
    echo "protoc has taken ${file}.proto" >&2
    exit 1
  fi
  cat "${out}/errors"
  grep -q "^${file}.proto:4:3: " "${out}/errors"
  [[ ! -e "${out}/${file}.troupe.h" ]]
done
