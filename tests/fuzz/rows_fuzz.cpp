// SPDX-License-Identifier: Apache-2.0
// A training file: its kind, the rows of JSON Lines, lists and tables, tokens and windows.
#include "core/base/log.h"
#include "core/data/file_kind.h"
#include "core/data/json_list_reader.h"
#include "core/data/row.h"
#include "core/data/table_reader.h"
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
  const Sample sample = tokenise(spans->spans, tokenizer);
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

void read_lines(std::string_view text, const Tokenizer& tokenizer) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    read_row(text.substr(0, end), tokenizer);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

void read_list(std::string_view text, const Tokenizer& tokenizer) {
  BlockReader blocks = BlockReader::in_memory(text);
  ByteReader bytes(blocks);
  JsonListReader reader(bytes);
  std::string entry;
  while (reader.next(entry)) read_row(entry, tokenizer);
  check(bytes.peek() == ByteReader::kEnd, "the list was left before its end");
}

void read_table(std::string_view text, char delimiter) {
  BlockReader blocks = BlockReader::in_memory(text);
  ByteReader bytes(blocks);
  TableReader reader(bytes, delimiter);
  std::vector<std::string> fields;
  int64_t line = 0;
  while (reader.next(fields)) {
    check(!fields.empty() && reader.line() > line, "a record is empty or stands where one stood");
    line = reader.line();
  }
  check(bytes.peek() == ByteReader::kEnd, "the table was left before its end");
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static const auto tokenizer = make_byte_tokenizer();
  const std::string_view text = fuzz::as_text(bytes, size);
  for (const char* ending : {".txt", ".jsonl", ".csv"}) {
    if (const auto kind = find_kind(text, true, ending); !kind) fuzz::expect_refusal(kind.error());
  }
  read_lines(text, *tokenizer);
  if (text.starts_with('[')) read_list(text, *tokenizer);
  for (const char delimiter : {',', '\t'}) read_table(text, delimiter);
  return 0;
}
