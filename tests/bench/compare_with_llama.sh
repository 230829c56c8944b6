#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# bash compare_with_llama.sh BUILD SHARED [options]: Greylag and llama.cpp (npm node-llama-cpp) on the
# same GGUF files, in turns; Markdown tables on stdout. BUILD is a build folder with tests, SHARED holds
# parity/rwkv_vocab_v20230424.txt. Only on an idle machine: llama.cpp's threads wait by spinning.
#   --shapes "0.1B 0.4B"               also 1.5B, 2.9B
#   --types "f16 q8_0 q4_0 q4_k"
#   --densities "5 10 25 50"           also models with so many percent of nonzero channel-mix activations
#   --rounds 5   --prompt 256   --tokens 32   --batch 8
#   --threads N                        default: the cores that are free now
#   --work DIR                         keeps and reuses packages and models; default: a temporary folder
set -euo pipefail
usage() {
  sed -n '3,12s/^# //p' "$0" >&2
  exit 2
}
[ $# -ge 2 ] || usage
build=$(realpath "$1")
vocabulary=$(realpath "$2")/parity/rwkv_vocab_v20230424.txt
here=$(realpath "$(dirname "$0")")
shift 2
shapes="0.1B 0.4B" types="f16 q8_0 q4_0 q4_k" densities="" work=""
rounds=5 prompt=256 tokens=32 batch=8 threads=0
while [ $# -gt 0 ]; do
  [ $# -ge 2 ] || usage
  case $1 in
    --shapes) shapes=$2 ;;
    --types) types=$2 ;;
    --densities) densities=$2 ;;
    --rounds) rounds=$2 ;;
    --prompt) prompt=$2 ;;
    --tokens) tokens=$2 ;;
    --batch) batch=$2 ;;
    --threads) threads=$2 ;;
    --work) work=$2 ;;
    *) usage ;;
  esac
  shift 2
done
if [ -z "$work" ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
fi
mkdir -p "$work"
cd "$work"
if [ ! -d node_modules/node-llama-cpp ]; then
  echo '{"private":true,"type":"module"}' >package.json
  if ! npm install --silent --no-audit --no-fund --ignore-scripts --omit=optional \
      node-llama-cpp@3.22.1 @node-llama-cpp/linux-x64@3.22.1 >npm.log 2>&1; then
    echo "npm could not install node-llama-cpp: see npm.log in the work folder" >&2
    exit 1
  fi
fi
cp "$here/compare_with_llama.mjs" .

# Makes NAME-TYPE.gguf for every type, unless they are there: make_model NAME [options of make_checkpoint]
files=()
make_model() {
  local name=$1 type
  shift
  for type in $types; do
    local file=$name-$type.gguf
    files+=("$file")
    [ -f "$file" ] && continue
    [ -f "$name.safetensors" ] || "$build/tests/make_checkpoint" "$@" --type f16 "$name.safetensors"
    "$build/bin/greylag-engine" convert "$name.safetensors" "part-$file" --type "$type" \
      --vocab "$vocabulary" >/dev/null
    mv "part-$file" "$file"
  done
}
for shape in $shapes; do
  make_model "$shape" --shape "$shape"
  for density in $densities; do
    make_model "$shape-d$density" --shape "$shape" --density "$density"
  done
done
node compare_with_llama.mjs "$build/bin/greylag-engine" "$rounds" "$prompt" "$tokens" "$batch" "$threads" \
  "${files[@]}"
if [ -n "$densities" ]; then
  printf '\n| model | nonzero activations asked, %% | counted, %% |\n|---|---|---|\n'
  for file in "${files[@]}"; do
    case $file in
      *-d*-*) ;;
      *) continue ;;
    esac
    asked=${file#*-d}
    printf '| %s | %s | %s |\n' "${file%.gguf}" "${asked%%-*}" "$("$build/tests/density_check" "$file")"
  done
fi
