// SPDX-License-Identifier: Apache-2.0
// The vocabulary of a GGUF file: the input's first line is its kind, the others are entries of a
// table of bytes and of a World table, from the first one on.
#include "core/base/log.h"
#include "core/tokenizer/tokenizer.h"
#include "core/tokenizer/world_tokenizer.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace greylag;

std::string_view take_line(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

std::vector<std::string> byte_table() {
  return token_table(*make_byte_tokenizer(), 256).value().tokens;
}

// The bytes, then entries that are none: a World table is read up to its 257th token.
std::vector<std::string> start_of_world_table() {
  std::vector<std::string> table = byte_table();
  table.insert(table.begin(), "<s>");
  table.resize(kWorldRows);
  return table;
}

void read_table(std::vector<std::string> table, std::string_view entries, std::string_view model) {
  for (size_t id = 0; !entries.empty() && id < table.size(); ++id) table[id] = take_line(entries);
  const auto tokenizer = tokenizer_from_table(table, model);
  if (!tokenizer) return fuzz::expect_refusal(tokenizer.error());
  check((*tokenizer)->kind() == "byte", "a World table without its tokens was accepted");
  check(token_table(**tokenizer, 256).ok(), "the table of a byte tokenizer cannot be written");
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static const std::vector<std::string> byte_entries = byte_table();
  static const std::vector<std::string> world_entries = start_of_world_table();
  std::string_view text = fuzz::as_text(bytes, size);
  const std::string_view model = take_line(text);
  read_table(byte_entries, text, model);
  if (size > 0 && bytes[size - 1] % 16 == 0) read_table(world_entries, text, model);
  return 0;
}
