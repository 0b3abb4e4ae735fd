#!/bin/bash
# The whole example, on ports 7001 to 7003: two nodes, the service in front of them, a client in
# Python, and 100,000 transfers from four clients at once, of which one is killed.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"
work="$(mktemp -d)"
running=()
finish() {
  ((${#running[@]} == 0)) || kill "${running[@]}" 2>/dev/null || true
  wait
  rm -rf "${work}"
}
trap finish EXIT

# await FILE TEXT PID: until that program has written the text, which it says in the file.
await() {
  until grep -q "$2" "$1"; do
    if ! kill -0 "$3" 2>/dev/null; then
      cat "$1" >&2
      exit 1
    fi
    sleep 0.1
  done
}

echo "-- two nodes, 500 accounts each, and a service in front"
./bank_node --listen=127.0.0.1:7001 --peer=127.0.0.1:7002 --first=0 >"${work}/node1" 2>&1 &
running+=($!)
./bank_node --listen=127.0.0.1:7002 --peer=127.0.0.1:7001 --first=500 >"${work}/node2" 2>&1 &
running+=($!)
await "${work}/node1" "knows the accounts" "${running[0]}"
await "${work}/node2" "knows the accounts" "${running[1]}"
./bank_service --listen=127.0.0.1:7003 --nodes=127.0.0.1:7001,127.0.0.1:7002 \
  >"${work}/service" 2>&1 &
running+=($!)
await "${work}/service" "serving" "${running[2]}"
cat "${work}/node1" "${work}/node2" "${work}/service"

echo "-- a client in Python, by the node where its account does not live"
./client --node=127.0.0.1:7002 --account=account-1 --to=account-999

before="$(./total --service=127.0.0.1:7003)"
echo "-- before: ${before}"
echo "-- 100,000 transfers from four clients; the second one is killed in between"
./make_transfers --seed=1 --output="${work}/transfers.csv"
clients=()
for part in 1 2 3 4; do
  ./replay --file="${work}/transfers.csv" --part="${part}/4" \
    --nodes=127.0.0.1:7001,127.0.0.1:7002 >"${work}/replay${part}" 2>&1 &
  clients+=($!)
done
await "${work}/replay2" "5000 of" "${clients[1]}"
kill -KILL "${clients[1]}"
for client in "${clients[@]}"; do
  wait "${client}" 2>/dev/null || true
done
tail -qn 1 "${work}"/replay?
after="$(./total --service=127.0.0.1:7003)"
echo "-- after: ${after}"
[[ "${before}" == "${after}" ]] || { echo "the sum has changed" >&2; exit 1; }
