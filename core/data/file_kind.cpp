// SPDX-License-Identifier: Apache-2.0
#include "core/data/file_kind.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/data/json_depth.h"
#include "core/data/row.h"
#include "core/data/text_case.h"
#include "core/tokenizer/utf8.h"

namespace greylag {
namespace {

constexpr std::string_view kMark = "\xEF\xBB\xBF";
constexpr std::string_view kBlanks = " \t\r\n";

struct Signature {
  std::string_view bytes;
  const char* name;
  const char* way_out;
};

constexpr const char* kAsText = "save what it says as plain text (UTF-8)";
constexpr const char* kUnpack = "unpack it and choose what is inside";
constexpr const char* kAsRows = "export it as JSON Lines or CSV";
constexpr const char* kAsUtf8 = "save it as UTF-8";
constexpr const char* kNoText = "choose a file of text or rows";

// From the formats' specifications.
constexpr std::array kSignatures{
    Signature{"%PDF-", "a PDF document", kAsText},
    Signature{"{\\rtf", "an RTF document", kAsText},
    Signature{"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "an old Office document (.doc, .xls)", kAsText},
    Signature{"PK\x03\x04", "a ZIP archive (as .docx, .xlsx, .odt and .epub are too)", kUnpack},
    Signature{"PK\x05\x06", "an empty ZIP archive", kNoText},
    Signature{"\x1F\x8B", "compressed (gzip)", kUnpack},
    Signature{"BZh91AY&SY", "compressed (bzip2)", kUnpack},
    Signature{"\xFD"
              "7zXZ",
              "compressed (xz)", kUnpack},
    Signature{"\x28\xB5\x2F\xFD", "compressed (zstd)", kUnpack},
    Signature{"7z\xBC\xAF\x27\x1C", "a 7-Zip archive", kUnpack},
    Signature{"Rar!\x1A", "a RAR archive", kUnpack},
    Signature{"PAR1\x15", "a Parquet table", kAsRows},
    Signature{{"ARROW1\0", 7}, "an Arrow table", kAsRows},
    Signature{"\x89HDF", "an HDF5 file", kAsRows},
    Signature{{"SQLite format 3\0", 16}, "a SQLite database", kAsRows},
    Signature{{"MMIDIDX\0", 8}, "the index of a binidx data set", "choose its JSON Lines"},
    Signature{"GGUF\x03", "a model (GGUF)", kNoText},
    Signature{"\x89PNG", "a picture (PNG)", kNoText},
    Signature{"\xFF\xD8\xFF", "a picture (JPEG)", kNoText},
    Signature{"GIF8", "a picture (GIF)", kNoText},
    Signature{"\xFF\xFE", "text in UTF-16", kAsUtf8},
    Signature{"\xFE\xFF", "text in UTF-16", kAsUtf8},
    Signature{"version https://git-lfs.github.com/spec/",
              "a pointer of Git LFS, not the data itself", "fetch the data with git lfs pull"},
};
// After blanks, whatever the case of the letters.
constexpr std::array kMarkups{
    Signature{"<!doctype html", "a web page (HTML)", kAsText},
    Signature{"<html", "a web page (HTML)", kAsText},
    Signature{"<head", "a web page (HTML)", kAsText},
    Signature{"<?xml", "an XML document", kAsText},
};

Error refused(const Signature& signature) {
  return {ErrorCode::BadFile, std::string("this is ") + signature.name +
                                  ", which cannot be learned from; " + signature.way_out};
}

std::optional<Error> refuse_binary(std::string_view head) {
  constexpr size_t kTarName = 257;
  for (const Signature& signature : kSignatures) {
    if (head.starts_with(signature.bytes)) return refused(signature);
  }
  if (head.size() > kTarName && head.substr(kTarName).starts_with("ustar")) {
    return refused({"", "a tar archive", kUnpack});
  }
  // Two bytes for each character, one of them NUL, and no mark at the start.
  const auto nuls = std::count(head.begin(), head.end(), '\0');
  if (nuls * 3 > static_cast<ptrdiff_t>(head.size())) {
    return refused({"", "a binary file, or text in UTF-16", kAsUtf8});
  }
  if (nuls > 0) return refused({"", "a binary file", kNoText});
  return std::nullopt;
}

std::string_view without_blanks(std::string_view text) {
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text;
}

bool begins_object(std::string_view text) {
  if (!text.starts_with('{')) return false;
  text = without_blanks(text.substr(1));
  return text.empty() || text[0] == '"' || text[0] == '}';
}

// The lines of head that are not blank; the last one may be cut.
std::vector<std::string_view> lines_of(std::string_view head, size_t most) {
  std::vector<std::string_view> lines;
  while (!head.empty() && lines.size() < most) {
    const size_t end = head.find('\n');
    const std::string_view line = without_blanks(head.substr(0, end));
    if (!line.empty()) lines.push_back(line);
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 1);
  }
  return lines;
}

// One object that is pretty-printed: its first line leaves a bracket open, and no row follows.
bool is_spread_object(std::string_view text) {
  const auto lines = lines_of(text, 2);
  return lines.size() == 2 && count_brackets(lines[0]).open > 0 && !begins_object(lines[1]);
}

// Whether more than half of the lines are objects, although the first is none.
bool is_mostly_rows(std::string_view text) {
  const auto lines = lines_of(text, 1000);
  const auto rows = std::ranges::count_if(
      lines, [](std::string_view line) { return begins_object(line) && line.size() > 2; });
  return static_cast<size_t>(rows) * 2 > lines.size();
}

// A list of objects, or one whose first entry is JSON and is followed as in a list. Text may begin
// with a bracket too: [1], [12:30], [[a link]].
bool is_list(std::string_view text) {
  const std::string_view inside = without_blanks(text.substr(1));
  if (inside.starts_with('{')) return begins_object(inside);
  if (!inside.starts_with('"') && !inside.starts_with('[')) return false;
  const size_t end = count_brackets(inside).end;
  if (end == std::string_view::npos) return false;
  const std::string_view behind = without_blanks(inside.substr(end));
  const bool goes_on = behind.starts_with(',') || behind.starts_with(']');
  const std::string_view entry = inside.substr(0, end);
  return goes_on && nesting_depth(entry) <= kDeepestRow && nlohmann::json::accept(entry);
}

// A header and the records behind it, cut by one delimiter.
struct Grid {
  char delimiter = ',';
  std::vector<std::string> names;  // lower case, without blanks at their ends
  size_t records = 0;              // of those looked at, without the header
  bool is_even = true;             // all have as many fields as the header
};

// The fields of the record that `text` begins with, which is taken off it. Nothing when it is cut.
std::optional<std::vector<std::string>> take_record(std::string_view& text, char delimiter) {
  std::vector<std::string> fields(1);
  bool is_in_quotes = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      is_in_quotes = !is_in_quotes;
    } else if (is_in_quotes || (c != '\n' && c != delimiter)) {
      fields.back() += c;
    } else if (c == delimiter) {
      fields.emplace_back();
    } else {
      text.remove_prefix(i + 1);
      return fields;
    }
  }
  return std::nullopt;
}

Grid grid_of(std::string_view text, bool is_whole, char delimiter) {
  constexpr size_t kMostRecords = 20;
  std::string last_line_too(text);
  if (is_whole && !text.ends_with('\n')) last_line_too += '\n';
  std::string_view rest = last_line_too;
  Grid grid;
  grid.delimiter = delimiter;
  if (const auto header = take_record(rest, delimiter)) {
    for (const std::string& field : *header) grid.names.push_back(column_name(field));
  }
  while (grid.records < kMostRecords) {
    const auto record = take_record(rest, delimiter);
    if (!record) break;
    if (record->size() == 1 && column_name((*record)[0]).empty()) continue;
    ++grid.records;
    grid.is_even = grid.is_even && record->size() == grid.names.size();
  }
  return grid;
}

// A name, not a sentence: one or two words without marks.
bool is_name(std::string_view name) {
  constexpr size_t kLongest = 40;
  if (name.empty() || name.size() > kLongest || std::ranges::count(name, ' ') > 1) return false;
  return name.find_first_of(".!?:()<>[]{}#*|/\\") == std::string_view::npos;
}

// A table, by columns that are known; or by its shape, when so many records in a row have as many
// fields as a header of names has.
Result<std::optional<FoundKind>> find_table(std::string_view text, bool is_whole,
                                            std::string_view ending) {
  constexpr size_t kConvincing = 5;
  const bool is_named_so = ending == ".csv" || ending == ".tsv" || ending == ".tab";
  std::optional<Grid> found;
  for (const char delimiter : {',', ';', '\t'}) {
    Grid grid = grid_of(text, is_whole, delimiter);
    if (grid.names.empty() || (found && grid.names.size() <= found->names.size())) continue;
    const bool has_columns = grid.names.size() > 1 || is_named_so;
    const bool has_names = std::ranges::all_of(grid.names, is_name) && grid.is_even;
    const bool is_known = grid.names.size() > 1 && grid.records > 0 && is_known_shape(grid.names);
    const bool is_table = is_named_so || is_known || (has_names && grid.records >= kConvincing);
    if (has_columns && is_table) found = std::move(grid);
  }
  if (!found) return std::optional<FoundKind>();
  if (is_known_shape(found->names)) {
    return std::optional(FoundKind{FileKind::Table, found->delimiter});
  }
  std::string columns;
  for (size_t i = 0; i < std::min<size_t>(found->names.size(), 5); ++i) {
    columns += (i == 0 ? "" : ", ") + in_quotes(found->names[i]);
  }
  return Error{ErrorCode::BadFile,
               "this is a table (CSV) without columns that are known: it has " + columns +
                   "; name them as rows are, such as \"instruction\" and \"output\", or \"text\""};
}

}  // namespace

const char* file_kind_name(FileKind kind) {
  switch (kind) {
    case FileKind::JsonLines:
      return "jsonl";
    case FileKind::JsonList:
      return "json";
    case FileKind::Table:
      return "table";
    case FileKind::Text:
      return "text";
  }
  return "unknown";
}

std::string column_name(std::string_view field) {
  const size_t first = std::min(field.find_first_not_of(kBlanks), field.size());
  return lower_case(field.substr(first, field.find_last_not_of(kBlanks) + 1 - first));
}

Result<FoundKind> find_kind(std::string_view head, bool is_whole, std::string_view ending) {
  if (auto binary = refuse_binary(head)) return *binary;
  const std::string_view text = without_blanks(head);
  if (text.empty()) return FoundKind{FileKind::Text};
  const std::string start = lower_case(text.substr(0, 64));
  for (const Signature& markup : kMarkups) {
    if (start.starts_with(markup.bytes)) return refused(markup);
  }
  if (begins_object(text)) {
    if (!is_spread_object(text)) return FoundKind{FileKind::JsonLines};
    return Error{ErrorCode::BadFile,
                 "this is a JSON object over several lines; write one row a line (JSON Lines), or "
                 "all rows as one list: [{...}, {...}]"};
  }
  if (text.starts_with('[') && is_list(text)) return FoundKind{FileKind::JsonList};
  const bool is_named_json = ending == ".jsonl" || ending == ".ndjson" || ending == ".json";
  if (is_named_json || is_mostly_rows(text)) return FoundKind{FileKind::JsonLines};
  const auto table = find_table(text, is_whole, ending);
  if (!table) return table.error();
  return table->value_or(FoundKind{FileKind::Text});
}

}  // namespace greylag
