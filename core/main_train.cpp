// SPDX-License-Identifier: Apache-2.0
// greylag-train: one process per finetuning run, detached from the engine and the window.
#include "core/base/platform.h"
#include "core/reason/reason_cli.h"
#include "core/train/train_cli.h"

int main(int argc, char** argv) {
  greylag::platform::prepare_process();
  // Waiting OpenMP threads spin by default. Beside a busy chat or another program that took a
  // 2-core machine from 1500 to 100 tokens a second; sleeping costs nothing measurable.
  greylag::platform::ensure_environment("OMP_WAIT_POLICY", "passive", argv);
  return greylag::train::run_train_cli(argc, argv, greylag::reason::add_reason_commands);
}
