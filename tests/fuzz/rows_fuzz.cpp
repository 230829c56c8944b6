// SPDX-License-Identifier: Apache-2.0
// The lines of a JSONL training file: rows, tokens and windows.
#include "core/base/log.h"
#include "core/data/dataset.h"
#include "core/data/windows.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace greylag;

void read_row(std::string_view line, const Tokenizer& tokenizer) {
  RowProblem problem = RowProblem::BadJson;
  const auto spans = parse_row(line, &problem);
  if (!spans) {
    fuzz::expect_refusal(spans.error());
    check(row_problem_name(problem) != std::string_view("unknown"), "a problem without a name");
    return;
  }
  const Sample sample = tokenise(*spans, tokenizer);
  check(sample.tokens.size() == sample.learned.size(), "tokens and mask differ in length");
  for (const int32_t token : sample.tokens) {
    check(token > 0 && token < tokenizer.size(), "a token that no text has");
  }
  for (const int64_t context : {1, 7, 512}) {
    for (const Sample& window : cut_windows(sample, context)) {
      check(window.tokens.size() <= static_cast<size_t>(context) + 1, "a window is too long");
    }
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static const auto tokenizer = make_byte_tokenizer();
  std::string_view text = fuzz::as_text(bytes, size);
  while (!text.empty()) {
    const size_t end = text.find('\n');
    read_row(text.substr(0, end), *tokenizer);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return 0;
}
