// SPDX-License-Identifier: Apache-2.0
// greylag-train: one process per finetuning run, detached from the engine and the window.
#include "core/train/train_cli.h"

int main(int argc, char** argv) { return greylag::train::run_train_cli(argc, argv); }
