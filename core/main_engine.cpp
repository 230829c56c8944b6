// SPDX-License-Identifier: Apache-2.0
// greylag-engine: inference, the local server and the command line, without Qt and LibTorch.
#include "core/base/platform.h"
#include "core/cli/command_line.h"

int main(int argc, char** argv) {
  greylag::platform::prepare_process();
  return greylag::run_command_line(argc, argv);
}
