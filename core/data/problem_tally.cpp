// SPDX-License-Identifier: Apache-2.0
#include "core/data/problem_tally.h"

#include <algorithm>

namespace greylag {
namespace {

// "3 of 10 rows"; of plain text, whose rows are documents, lines are left out.
std::string share_of(const ProblemCount& count, int64_t rows) {
  const bool is_of_rows = count.rows <= rows;
  return std::to_string(count.rows) +
         (is_of_rows ? " of " + std::to_string(rows) + " rows" : " lines");
}

}  // namespace

void ProblemTally::add(const DataError& error) {
  const auto found = std::ranges::find_if(counts_, [&](const ProblemCount& count) {
    return count.problem == error.problem && count.is_fatal == error.is_fatal;
  });
  if (found != counts_.end()) {
    ++found->rows;
  } else {
    counts_.push_back({error.problem, error.is_fatal, 1, error.line, error.message});
  }
}

std::vector<ProblemCount> ProblemTally::counts() const {
  std::vector<ProblemCount> counts = counts_;
  std::stable_partition(counts.begin(), counts.end(),
                        [](const ProblemCount& count) { return count.is_fatal; });
  return counts;
}

std::vector<std::string> describe_problems(const std::vector<ProblemCount>& problems,
                                           int64_t rows) {
  std::vector<std::string> sentences;
  for (const ProblemCount& count : problems) {
    const std::string what = count.is_fatal                           ? " left out"
                             : count.problem == RowProblem::Cut       ? " cut into windows"
                             : count.problem == RowProblem::Duplicate ? " repeated"
                                                                      : " not wholly read";
    sentences.push_back(share_of(count, rows) + what + " (" + row_problem_name(count.problem) +
                        "); the first in line " + std::to_string(count.first_line) + ": " +
                        count.first_message);
  }
  return sentences;
}

}  // namespace greylag
