// SPDX-License-Identifier: Apache-2.0
// Checks the options, prepares both splits in memory, then saves them.
#include "core/puzzle/prepare.h"

#include <nlohmann/json.hpp>

#include "core/base/file.h"
#include "core/puzzle/prepared.h"

namespace greylag {
namespace {

Error wrong(std::string message) { return {ErrorCode::InvalidArgument, std::move(message)}; }

Status check_options(const PrepareOptions& options) {
  if (options.task != "sudoku" && options.task != "maze" && options.task != "arc") {
    return wrong("the task must be sudoku, maze or arc, not \"" + options.task + "\"");
  }
  if (options.count < 0 || options.test_count < 0 || options.augmentations < 0 ||
      options.clues < 0 || options.min_rating < 0) {
    return wrong("counts of puzzles, augmentations, clues and guesses must be 0 or more");
  }
  if (options.count > 1'000'000'000 || options.test_count > 1'000'000'000 ||
      options.augmentations > 1'000'000) {
    return wrong("a billion puzzles and a million augmentations are the most");
  }
  if (options.task == "arc") {
    if (options.source.empty()) {
      return wrong("ARC tasks need a source: the folder that holds training and evaluation");
    }
    return {};
  }
  if (options.source.empty() && !options.test_source.empty()) {
    return wrong("a test source needs a source of training puzzles beside it");
  }
  if (options.source.empty() && (options.count == 0 || options.test_count == 0)) {
    return wrong("generating needs a count of 1 or more for training and for the test");
  }
  if (options.test_source.empty() && options.test_count == 0) {
    return wrong("the test puzzles taken from the source must be 1 or more");
  }
  if (options.task == "maze" && options.augmentations > 7) {
    return wrong("a maze has 7 other images: ask for at most 7 augmentations");
  }
  return {};
}

}  // namespace

Status check_prepared_size(int64_t examples, int64_t cells) {
  if (examples <= kMostPreparedBytes / (2 * cells)) return {};
  return Error{ErrorCode::TooLarge, std::to_string(examples) + " training examples of " +
                                        std::to_string(cells) +
                                        " cells take more than 16 GiB: ask for fewer puzzles or "
                                        "augmentations"};
}

Result<PrepareReport> prepare_puzzles(const PrepareOptions& options,
                                      const std::filesystem::path& folder,
                                      const PrepareProgress& progress) {
  if (const Status done = check_options(options); !done) return done.error();
  auto prepared =
      options.task == "arc" ? prepare_arc(options, progress) : prepare_grids(options, progress);
  if (!prepared) return prepared.error().in("preparing puzzles");
  if (const Status done = save_puzzle_set(folder, "train", prepared->train); !done) {
    return done.error();
  }
  if (const Status done = save_puzzle_set(folder, "test", prepared->test); !done) {
    return done.error();
  }
  const std::string names = nlohmann::json(prepared->names)
                                .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (const Status done = write_file_atomic(folder / "identifiers.json", names); !done) {
    return done.error();
  }
  PrepareReport& report = prepared->report;
  report.train_groups = prepared->train.groups();
  report.train_examples = prepared->train.examples();
  report.test_groups = prepared->test.groups();
  report.test_examples = prepared->test.examples();
  return report;
}

}  // namespace greylag
