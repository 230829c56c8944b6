#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# bash run_openai_client.sh <greylag-engine>: starts the engine with a fresh HOME, runs
# openai_client.mjs against it with the npm packages openai and node, and stops the engine.
set -euo pipefail
engine=$(realpath "$1")
script=$(realpath "$(dirname "$0")")/openai_client.mjs
work=$(mktemp -d)
trap 'exec 9>&- || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
if ! npm install --silent --no-audit --no-fund openai@7 node@22 >npm.log 2>&1; then
  echo "skipped: npm could not install openai and node"
  exit 0
fi
cp "$script" .
mkfifo parent
"$engine" --home "$work/home" serve --port 0 --parent-pipe <parent >handshake 2>engine.log &
exec 9>parent
for _ in $(seq 100); do [ -s handshake ] && break; sleep 0.1; done
port=$(sed -n 's/.*"port":\([0-9]*\).*/\1/p' handshake)
npx node openai_client.mjs "http://127.0.0.1:$port/v1" "$(cat "$work/home/api.token")"
