// SPDX-License-Identifier: Apache-2.0
// A LoRA or a tuned state.
#include "core/adapter/adapter_file.h"
#include "core/base/log.h"
#include "tests/fuzz/fuzz_target.h"

int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace greylag;
  const auto file = fuzz::as_file(bytes, size);
  const auto reader = fuzz::open_table(parse_checkpoint(file), file);
  if (reader == nullptr) return 0;
  const auto config = fuzz::small_config<Config>();
  const auto adapter = read_adapter(*reader, {}, config);
  if (!adapter) {
    fuzz::expect_refusal(adapter.error());
    return 0;
  }
  check(adapter->lora.empty() || adapter->lora.size() == 2u, "pairs for another number of layers");
  check(adapter->time_state.empty() || adapter->time_state.size() == 2u * 2 * 4 * 4,
        "a tuned state has not the size of its model");
  check(!adapter->lora.empty() || !adapter->time_state.empty() || !adapter->norms.empty(),
        "an adapter that holds nothing");
  return 0;
}
