// SPDX-License-Identifier: Apache-2.0
// What is in a training file? JSONL rows ({"text"}, {"messages"}, {"instruction","input","output"},
// or token ids as of hrm_lm) or plain text become samples: tokens and, per token, whether its
// prediction is learned. Every problem has a line number. Facts: rwkv7-and-training 3.
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
};
const char* row_problem_name(RowProblem problem);  // "bad_json", ...

struct DataError {
  int64_t line = 0;  // from 1
  RowProblem problem = RowProblem::BadJson;
  std::string message;   // one sentence: what is wrong and what is expected
  bool is_fatal = true;  // false: a warning (TooLong by tokens: will be cut; Duplicate)
};

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
  std::vector<DataError> errors;
  int64_t rows = 0;  // 1 for plain text
  int64_t tokens = 0, learned_tokens = 0;
  std::string sha256;  // of the file
};

// Parses one JSONL row into prompt spans; used by the loader, the checker and the mask preview.
Result<std::vector<PromptSpan>> parse_row(std::string_view line, RowProblem* problem);

// A row's spans as tokens + mask, without the final 0. Each span is tokenised on its own when the
// mask changes at its border.
Sample tokenise(std::span<const PromptSpan> spans, const Tokenizer& tokenizer);

// Streams the file. A file whose first non-blank byte is not '{' or that ends in .txt is plain text
// (.jsonl, .ndjson and .json never are): one long document cut into windows of context + 1 tokens,
// all learned. Plain-text validation is the file's tail; JSONL rows are split by a shuffle of
// `seed` and stay in file order. BadFile when nothing is usable, or when rows are bad and
// is_skipping_bad_rows is false (the first error's message and line). `errors` holds at most 1000.
Result<Dataset> load_dataset(const std::filesystem::path& path, const Tokenizer& tokenizer,
                             const DatasetOptions& options);

// Streams the whole file, reports every error (up to max_errors), keeps the first max_samples
// samples for the preview.
struct DataReport {
  std::string kind;  // "jsonl" or "text"
  int64_t rows = 0, usable_rows = 0, tokens = 0, learned_tokens = 0, longest = 0;
  // Counts of rows (plain text: of windows) by token length: 0-31, 32-63, 64-127, ... doubling.
  std::vector<int64_t> histogram;
  std::vector<DataError> errors;
  struct Preview {
    int64_t line = 0;
    std::vector<PromptSpan> spans;
  };
  std::vector<Preview> previews;
};
// Errors of scan_file; Cancelled once stop has fired.
Result<DataReport> check_dataset(const std::filesystem::path& path, const Tokenizer& tokenizer,
                                 const DatasetOptions& options, size_t max_errors,
                                 size_t max_samples, const std::stop_token& stop = {});

}  // namespace greylag
