// SPDX-License-Identifier: Apache-2.0
// The state of a sequence, in any format that a checkpoint may have.
#include "core/base/log.h"
#include "core/model/state_pool.h"
#include "tests/fuzz/fuzz_target.h"

int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace greylag;
  const auto file = fuzz::as_file(bytes, size);
  const auto reader = fuzz::open_table(parse_checkpoint(file), file);
  if (reader == nullptr) return 0;
  const auto state = read_state(*reader, fuzz::small_config<Config>());
  if (!state) {
    fuzz::expect_refusal(state.error());
    return 0;
  }
  check(state->wkv.size() == 2 * 2 * 4 * 4 && state->att_shift.size() == 2 * 8 &&
            state->ffn_shift.size() == 2 * 8,
        "a state has not the size of its model");
  return 0;
}
