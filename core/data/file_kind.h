// SPDX-License-Identifier: Apache-2.0
// What is a training file? Its first bytes say, not its name: "rows.jsonl.txt" is read as rows, and
// a PDF called "book.txt" is refused as one. A name can only make it stricter.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace greylag {

enum class FileKind { JsonLines, JsonList, Table, Text };
const char* file_kind_name(FileKind kind);  // "jsonl", "json", "table", "text"

struct FoundKind {
  FileKind kind = FileKind::Text;
  char delimiter = ',';  // of a table
};

// head: the file's first bytes, is_whole when they are all. ending: of its name, ".txt". BadFile,
// in the kind's own name and with a way out: archives, documents, binary files, web pages, other
// encodings, one JSON object over many lines, tables without a column that is known.
Result<FoundKind> find_kind(std::string_view head, bool is_whole, std::string_view ending);

// A column's name as a row's key: lower case, without blanks at its ends.
std::string column_name(std::string_view field);

}  // namespace greylag
