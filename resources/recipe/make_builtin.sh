#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Remakes the built-in model: bash resources/recipe/make_builtin.sh [folder of the programs] [work folder].
# A fresh model, then full finetuning on greylag-talk.jsonl. Equal seed, threads and LibTorch give
# equal bytes.
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=${1:-build/dev/bin}
work=${2:-build/recipe}
mkdir -p "$work"
"$bin/greylag-train" init --layers 4 --width 192 --vocab 256 --dtype f16 --seed 7 --out "$work/greylag-mini.safetensors"
"$bin/greylag-train" run --model "$work/greylag-mini.safetensors" --data resources/recipe/greylag-talk.jsonl \
  --method full --out "$work/run" --steps 1600 --lr 2e-3 --lr-final 5e-5 --warmup 50 --batch 16 --ctx 512 \
  --weight-decay 0.01 --validation-share 0.03 --validate-every 100 --save-every 400 --seed 7
best=$(ls -d "$work"/run/checkpoints/step-* | tail -1)
cp "$best/model.safetensors" "$work/greylag-mini.safetensors"
echo "made $work/greylag-mini.safetensors"
