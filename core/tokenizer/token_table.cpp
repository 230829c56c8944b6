// SPDX-License-Identifier: Apache-2.0
// How does a vocabulary stand in a GGUF file? Key tokenizer.ggml.tokens, one string per row of the
// model: World has "<s>" at id 0, its tokens at 1 to 65529, "[PADn]" above; 256 rows are the bytes.
// A token is written as Python writes a bytes literal, without the quotes: \t \n \r \\, \xNN
// outside printable ASCII, and \' where both kinds of quotes occur. Reading also takes \' and \"
// anywhere and UTF-8 as it is, as llama.cpp does. Facts: inference 3.2.
#include <optional>

#include "core/tokenizer/tokenizer.h"
#include "core/tokenizer/utf8.h"
#include "core/tokenizer/world_tokenizer.h"

namespace greylag {
namespace {

constexpr size_t kByteRows = 256;
constexpr std::string_view kEndOfDocument = "<s>";

// Values of tokenizer.ggml.token_type.
constexpr int32_t kNormal = 1, kControl = 3, kUnused = 5;

std::string padding(size_t id) { return "[PAD" + std::to_string(id) + "]"; }

Error bad_entry(size_t id, const std::string& rule) {
  return {ErrorCode::BadFile, "token table, id " + std::to_string(id) + ": " + rule};
}

// -1: no hexadecimal digit.
int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

// The byte that an escape at the start of text stands for, which is then cut off. Nothing: there is
// no such escape.
std::optional<char> take_escape(std::string_view& text) {
  if (text.size() < 2) return std::nullopt;
  constexpr std::string_view kNames = "nrt\\'\"", kMeanings = "\n\r\t\\'\"";
  if (const size_t i = kNames.find(text[1]); i != std::string_view::npos) {
    text.remove_prefix(2);
    return kMeanings[i];
  }
  if (text[1] != 'x' || text.size() < 4) return std::nullopt;
  const int high = hex_value(text[2]), low = hex_value(text[3]);
  if (high < 0 || low < 0) return std::nullopt;
  text.remove_prefix(4);
  return static_cast<char>(high * 16 + low);
}

Result<std::string> read_entry(std::string_view text, size_t id) {
  if (text.size() > 4 * kLongestWorldToken) return bad_entry(id, "the token is too long");
  std::string bytes;
  while (!text.empty()) {
    if (text[0] == '\\') {
      const auto byte = take_escape(text);
      if (!byte) return bad_entry(id, "an escape that is unknown or cut short");
      bytes += *byte;
      continue;
    }
    const Utf8Unit unit = next_utf8(text);
    if (unit.state != Utf8State::Whole) return bad_entry(id, "the token is not valid UTF-8");
    bytes.append(text.substr(0, unit.length));
    text.remove_prefix(unit.length);
  }
  return bytes;
}

std::string write_entry(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  // Python chooses the quotes that need no escape, and '…' when both do.
  const bool has_both =
      bytes.find('\'') != std::string_view::npos && bytes.find('"') != std::string_view::npos;
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\t') {
      text += "\\t";
    } else if (c == '\n') {
      text += "\\n";
    } else if (c == '\r') {
      text += "\\r";
    } else if (c == '\\' || (c == '\'' && has_both)) {
      (text += '\\') += c;
    } else if (byte < 0x20 || byte >= 0x7F) {
      ((text += "\\x") += kHex[byte / 16]) += kHex[byte % 16];
    } else {
      text += c;
    }
  }
  return text;
}

Result<std::shared_ptr<const Tokenizer>> read_byte_table(std::span<const std::string> tokens) {
  for (size_t id = 0; id < tokens.size(); ++id) {
    const Result<std::string> bytes = read_entry(tokens[id], id);
    if (!bytes) return bytes.error();
    if (bytes->size() != 1 || static_cast<unsigned char>((*bytes)[0]) != id) {
      return bad_entry(id, "not the byte " + std::to_string(id) +
                               "; in a table of 256 tokens each id is its byte");
    }
  }
  return make_byte_tokenizer();
}

Result<std::shared_ptr<const Tokenizer>> read_world_table(std::span<const std::string> tokens) {
  if (tokens[0] != kEndOfDocument) {
    return bad_entry(0, "expected \"<s>\", the end of a document");
  }
  std::vector<std::string> world;
  world.reserve(kWorldTokens);
  for (size_t id = 1; id <= kWorldTokens; ++id) {
    if (tokens[id] == padding(id)) {
      return bad_entry(id, "padding instead of a token; World has 65529 tokens");
    }
    Result<std::string> bytes = read_entry(tokens[id], id);
    if (!bytes) return bytes.error();
    world.push_back(std::move(*bytes));
  }
  for (size_t id = kWorldTokens + 1; id < tokens.size(); ++id) {
    if (tokens[id] != padding(id)) {
      return bad_entry(id, "expected \"" + padding(id) + "\"; World has 65529 tokens");
    }
  }
  if (Status status = check_world_tokens(world, "id"); !status) {
    return status.error().in("token table");
  }
  return make_world_tokenizer(std::move(world));
}

}  // namespace

Result<std::shared_ptr<const Tokenizer>> tokenizer_from_table(std::span<const std::string> tokens,
                                                              std::string_view model) {
  if (model != kTokenTableModel) {
    return Error{ErrorCode::BadFile, "the token table is of the kind " + in_quotes(model) +
                                         "; only " + in_quotes(kTokenTableModel) +
                                         " tables can be read"};
  }
  if (tokens.size() == kByteRows) return read_byte_table(tokens);
  if (tokens.size() == kWorldRows) return read_world_table(tokens);
  return Error{ErrorCode::BadFile, "the token table has " + std::to_string(tokens.size()) +
                                       " tokens; a World table has 65536, a table of bytes 256"};
}

Result<GgufVocabulary> token_table(const Tokenizer& tokenizer, int64_t rows) {
  const bool is_world = tokenizer.kind() == "world";
  if (!is_world && tokenizer.kind() != "byte") {
    return Error{ErrorCode::NotFound, "there is no GGUF token table for GPT-NeoX vocabularies yet"};
  }
  const size_t size = is_world ? kWorldRows : kByteRows;
  if (rows != static_cast<int64_t>(size)) {
    return Error{ErrorCode::InvalidArgument,
                 std::string(is_world ? "a World" : "a byte") + " token table has " +
                     std::to_string(size) + " rows, but the model has " + std::to_string(rows)};
  }
  GgufVocabulary table;
  table.tokens.reserve(size);
  table.types.assign(size, kNormal);
  table.types[0] = kControl;
  // Id 0 has no bytes of its own; a table of bytes writes it as the byte it replaces.
  table.tokens.push_back(is_world ? std::string(kEndOfDocument) : "\\x00");
  for (size_t id = 1; id < size; ++id) {
    const std::string_view bytes = tokenizer.bytes(static_cast<int32_t>(id));
    std::string entry = write_entry(bytes);
    // A token that reads like padding is told from it by an escape.
    if (entry == padding(id)) entry.replace(0, 1, "\\x5b");
    table.tokens.push_back(bytes.empty() ? padding(id) : std::move(entry));
    if (bytes.empty()) table.types[id] = kUnused;
  }
  return table;
}

}  // namespace greylag
