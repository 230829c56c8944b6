#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# bash run_llama.sh <greylag-engine> <shared>: do GGUF files that we write mean the same to llama.cpp?
# F32 and F16 must agree to 1e-3 in every probability. The block formats have a wider bound, because
# llama.cpp rounds activations to 8 bits there (measured: q8_0 9.7e-4, the others up to 2.2e-3).
set -euo pipefail
engine=$(realpath "$1")
parity=$(realpath "$2")/parity
here=$(realpath "$(dirname "$0")")
if [ ! -d "$parity" ]; then
  echo "skipped: no parity models beside the project"
  exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' >package.json
if ! npm install --silent --no-audit --no-fund --ignore-scripts --omit=optional \
    node-llama-cpp@3.22.1 @node-llama-cpp/linux-x64@3.22.1 >npm.log 2>&1; then
  echo "skipped: npm could not install node-llama-cpp"
  exit 0
fi
cp "$here/compare_with_llama.mjs" .
failures=0
compare() { node compare_with_llama.mjs "$engine" "$@" || failures=$((failures + 1)); }
compare "$parity/tiny-rwkv7-byte-f32.gguf" 1e-5 34,105,110
for type in f32 f16; do
  for model in tiny lively; do
    "$engine" convert "$parity/$model-rwkv7-byte.safetensors" "$model-$type.gguf" --type $type >/dev/null
    compare "$PWD/$model-$type.gguf" 1e-3 34,105,110,32,116,104,101
  done
done
for type in q8_0 q4_0 q4_1 q5_0 q5_1 q4_k q5_k q6_k; do
  "$engine" convert "$parity/lively-rwkv7-byte.safetensors" "lively-$type.gguf" --type $type >/dev/null
  compare "$PWD/lively-$type.gguf" 1e-2 34,105,110,32,116,104,101
done
echo "llama.cpp against our GGUF files: $failures failed"
[ "$failures" -eq 0 ]
