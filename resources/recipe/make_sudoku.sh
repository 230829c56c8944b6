#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Remakes models/greylag-sudoku.safetensors: recipe trm at width 256 on 60,000 generated 9x9 Sudokus of
# at most 32 clues, each in ten versions. Goes on where it was when it is started again.
#   resources/recipe/make_sudoku.sh <folder with greylag-train> <work folder> [seconds]
set -euo pipefail
train=$1/greylag-train
work=$2
seconds=${3:-1020}
here=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$work"
[ -d "$work/sudoku9" ] || "$train" reason prepare --task sudoku --size 9 --clues 32 --count 60000 --test-count 1000 \
  --augmentations 9 --out "$work/sudoku9"
"$train" reason run --data "$work/sudoku9" --recipe trm --width 256 --batch 768 --steps 40000 --lr 5e-4 --wd 0.1 \
  --warmup 300 --average 0.999 --stop-accuracy 0 --evaluate-every 3000 --evaluate-puzzles 256 --save-every 3000 \
  --log-every 100 --seconds "$seconds" --out "$work/run"
"$train" reason export --model "$work/run/reasoner.safetensors" --dtype f16 \
  --out "$here/models/greylag-sudoku.safetensors"
