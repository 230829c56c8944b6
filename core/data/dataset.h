// SPDX-License-Identifier: Apache-2.0
// What is in a training file? JSON Lines, a JSON list, a table (CSV, TSV) or plain text becomes
// samples: tokens and, per token, whether its prediction is learned. What a file is, its content
// says, never its name. Every problem has a line number, and nothing is left out untold.
// docs/training-data.md: every kind of file and shape of row, read or refused.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/prompt/chat_prompt.h"
#include "core/tokenizer/tokenizer.h"

namespace greylag {

enum class RowProblem {
  BadJson,
  NotAnObject,
  NoKnownKey,
  BadUtf8,
  EmptyAnswer,
  WrongRoles,
  EmptyText,
  TooLong,
  Duplicate,
  BadTokens,
  Ambiguous,       // two keys of which one would be dropped
  BadTable,        // a record that does not fit its header
  Cut,             // longer than a window
  NotText,         // a NUL byte
  Preference,      // an answer that is better or worse than another
  UnreadKey,       // not known, so not read
  UnsupportedKey,  // known to change what is learned, and not read
};
const char* row_problem_name(RowProblem problem);  // "bad_json", ...

struct DataError {
  int64_t line = 0;  // from 1
  RowProblem problem = RowProblem::BadJson;
  std::string message;   // one sentence: what is wrong and what is expected
  bool is_fatal = true;  // false: a note (Cut, Duplicate, UnreadKey)
};

// How many rows have a problem, counted over the whole file.
struct ProblemCount {
  RowProblem problem = RowProblem::BadJson;
  bool is_fatal = true;
  int64_t rows = 0;
  int64_t first_line = 0;
  std::string first_message;
};
// One sentence for each: how many of the file's rows are left out, cut, alike or not wholly read.
std::vector<std::string> describe_problems(const std::vector<ProblemCount>& problems, int64_t rows);

// One training sample. learned[i] says whether tokens[i] is a target (predicted from what is before
// it). A document ends with token 0. load_dataset gives windows: at most context + 1 tokens, each
// starts with the last token of the one before it, learned[0] is 0, at least one other is 1.
struct Sample {
  std::vector<int32_t> tokens;
  std::vector<uint8_t> learned;
  int64_t line = 0;
};

struct DatasetOptions {
  int64_t context = 512;  // tokens of a training window; longer samples are cut into windows
  double validation_share = 0.05;
  uint64_t seed = 1;
  bool is_skipping_bad_rows = false;  // false: any fatal error refuses the file
};

struct Dataset {
  std::vector<Sample> train, validation;
  std::vector<DataError> errors;       // the first 1000
  std::vector<ProblemCount> problems;  // of all
  int64_t rows = 0, usable_rows = 0;   // of plain text: documents
  int64_t tokens = 0, learned_tokens = 0;
  std::string sha256;  // of the file
};

// One row as prompt spans. unread_keys: what the row says besides, in keys that are not known.
struct ParsedRow {
  std::vector<PromptSpan> spans;
  std::vector<std::string> unread_keys;
};
// BadFile in one sentence; *problem (may be null) says which kind.
Result<ParsedRow> parse_row(std::string_view text, RowProblem* problem);

// A row's spans as tokens + mask, without the final 0. Each span is tokenised on its own when the
// mask changes at its border.
Sample tokenise(std::span<const PromptSpan> spans, const Tokenizer& tokenizer);

// Streams the file. Plain text is cut at each <|endoftext|> into documents, and these into windows
// of context + 1 tokens, all learned. Rows and documents are split by a shuffle of `seed` and stay
// in file order; equal ones are on one side. Of a text that is one document, the tail is for
// validation. BadFile when the file is of a kind that cannot be read (in its own name), when
// nothing is usable, or when rows are bad and is_skipping_bad_rows is false (the first error's
// message and line).
Result<Dataset> load_dataset(const std::filesystem::path& path, const Tokenizer& tokenizer,
                             const DatasetOptions& options);

// Streams the whole file, reports every error (up to max_errors), keeps the first max_samples
// samples for the preview.
struct DataReport {
  std::string kind;  // "jsonl", "json" (a list), "table" or "text"
  int64_t rows = 0, usable_rows = 0, tokens = 0, learned_tokens = 0, longest = 0;
  // Counts of rows (plain text: of windows) by token length: 0-31, 32-63, 64-127, ... doubling.
  std::vector<int64_t> histogram;
  std::vector<DataError> errors;       // the first max_errors
  std::vector<ProblemCount> problems;  // of all
  struct Preview {
    int64_t line = 0;
    std::vector<PromptSpan> spans;
  };
  std::vector<Preview> previews;
};
// Errors of scan_file: BadFile for a kind of file that cannot be read, Cancelled once stop has
// fired.
Result<DataReport> check_dataset(const std::filesystem::path& path, const Tokenizer& tokenizer,
                                 const DatasetOptions& options, size_t max_errors,
                                 size_t max_samples, const std::stop_token& stop = {});

}  // namespace greylag
