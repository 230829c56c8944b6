#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# negative_controls.sh [GREP]: takes out the guards of negative_controls.txt (those whose line matches
# GREP) one at a time, in a copy of the tree, and asks hostile_test: it must go red every time. Takes
# about ten seconds a guard; run by hand after a change of a parser.
set -uo pipefail
cd "$(dirname "$0")/../.."
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -co --exclude-standard | tar -cf - -T - | tar -xf - -C "$copy"
list=$PWD/tests/hostile/negative_controls.txt
cd "$copy"
export CCACHE_BASEDIR=$copy CCACHE_NOHASHDIR=1
build() { cmake --build build --target hostile_test >build.log 2>&1; }
# The sets that read what a file of the tree parses.
sets_of() {
  case "$1" in
    */zip_directory.cpp | */file_region.cpp) echo '*zip*' ;;
    */pickle_*.cpp | */pth_reader.cpp) echo '*pickle*:*zip*' ;;
    */safetensors_*.cpp | */block_tensor.cpp) echo '*safetensors*' ;;
    */gguf_*.cpp | */ggml_*.cpp) echo '*gguf*:*rwkv*' ;;
    */rwkv_cpp_*.cpp) echo '*rwkv*' ;;
    core/tokenizer/*) echo '*vocabularies*' ;;
    core/model/*) echo '*states*' ;;
    core/adapter/*) echo '*adapters*' ;;
    *) echo '*' ;;
  esac
}
# Copies must outlive a crash: no sanitizers, no optimisation.
cmake -S . -B build -G Ninja -DCMAKE_CXX_FLAGS=-O0 -DGREYLAG_APP=OFF -DGREYLAG_TRAIN=OFF \
  -DGREYLAG_HIGHWAY=OFF >configure.log 2>&1 || { cat configure.log; exit 1; }
build && timeout 300 build/tests/hostile_test >/dev/null 2>&1 ||
  { tail -20 build.log; echo "hostile_test is red before anything was taken out"; exit 1; }

red=0 all=0 unnoticed=0
while IFS=$'\t' read -r file change; do
  all=$((all + 1))
  cp "$file" kept
  sed -i -E "$change" "$file"
  if cmp -s kept "$file"; then
    echo "the guard is not there any more: $file $change"
    unnoticed=$((unnoticed + 1))
  elif ! build; then
    grep -m3 error build.log
    echo "does not build: $file $change"
    unnoticed=$((unnoticed + 1))
  elif (ulimit -v 8000000; timeout 300 build/tests/hostile_test --gtest_fail_fast \
    --gtest_filter="$(sets_of "$file")" >/dev/null 2>&1) 2>/dev/null; then
    echo "NOT NOTICED: $file $change"
    unnoticed=$((unnoticed + 1))
  else
    red=$((red + 1))
  fi
  cp kept "$file"
done < <(grep -v '^#' "$list" | grep -E -- "${1:-.}")
echo "guards whose loss is noticed: $red of $all"
[ "$unnoticed" -eq 0 ]
