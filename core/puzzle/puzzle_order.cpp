// SPDX-License-Identifier: Apache-2.0
// Epoch e draws from two streams of the seed: 2 e picks a puzzle of each group, in the groups'
// order, so that an epoch's length is known without its shuffle; 2 e + 1 shuffles the groups.
#include "core/base/log.h"
#include "core/base/random.h"
#include "core/puzzle/puzzle_set.h"
#include "core/puzzle/shuffle.h"

namespace greylag {
namespace {

constexpr size_t kNear = 1u << 16;  // items kept behind the last position asked for

size_t at_index(int64_t index) { return static_cast<size_t>(index); }

int64_t examples_of(const PuzzleSet& set, int64_t puzzle) {
  return set.puzzle_starts[at_index(puzzle) + 1] - set.puzzle_starts[at_index(puzzle)];
}

// The puzzle that each group gives to the epoch.
std::vector<int64_t> picks(const PuzzleSet& set, uint64_t seed, int64_t epoch) {
  CounterRandom random(seed, 2 * static_cast<uint64_t>(epoch));
  std::vector<int64_t> puzzles(at_index(set.groups()));
  for (size_t group = 0; group < puzzles.size(); ++group) {
    const int64_t first = set.group_starts[group];
    const auto count = static_cast<uint64_t>(set.group_starts[group + 1] - first);
    puzzles[group] = first + static_cast<int64_t>(random.below(count));
  }
  return puzzles;
}

int64_t epoch_length(const PuzzleSet& set, uint64_t seed, int64_t epoch) {
  int64_t length = 0;
  for (const int64_t puzzle : picks(set, seed, epoch)) length += examples_of(set, puzzle);
  return length;
}

// The length of every epoch when the puzzles of a group are of one length; else 0.
int64_t fixed_length(const PuzzleSet& set) {
  int64_t length = 0;
  for (size_t group = 0; group + 1 < set.group_starts.size(); ++group) {
    const int64_t first = set.group_starts[group];
    for (int64_t puzzle = first; puzzle < set.group_starts[group + 1]; ++puzzle) {
      if (examples_of(set, puzzle) != examples_of(set, first)) return 0;
    }
    length += examples_of(set, first);
  }
  return length;
}

}  // namespace

PuzzleOrder::PuzzleOrder(const PuzzleSet& set, uint64_t seed)
    : set_(set), seed_(seed), fixed_length_(fixed_length(set)) {
  check(set.groups() > 0 && set.examples() > 0, "PuzzleOrder: the set is empty");
}

PuzzleOrder::Item PuzzleOrder::at(int64_t position) {
  check(position >= 0, "PuzzleOrder: the position is negative");
  if (position < first_position_) seek(position);
  for (;;) {
    const int64_t end = first_position_ + static_cast<int64_t>(items_.size());
    if (position < end) return items_[at_index(position - first_position_)];
    if (position - end > static_cast<int64_t>(kNear)) {
      seek(position);
    }
    fill(next_epoch_);
  }
}

void PuzzleOrder::seek(int64_t position) {
  if (fixed_length_ > 0) {
    next_epoch_ = position / fixed_length_;
    first_position_ = next_epoch_ * fixed_length_;
    items_.clear();
    return;
  }
  // Forwards from the end of what is laid out, or from the start.
  if (position < first_position_) {
    next_epoch_ = first_position_ = 0;
  } else {
    first_position_ += static_cast<int64_t>(items_.size());
  }
  items_.clear();
  for (;;) {
    const int64_t length = epoch_length(set_, seed_, next_epoch_);
    if (position < first_position_ + length) return;
    first_position_ += length;
    ++next_epoch_;
  }
}

void PuzzleOrder::fill(int64_t epoch) {
  if (items_.size() > 2 * kNear) {
    const size_t far = items_.size() - kNear;
    items_.erase(items_.begin(), items_.begin() + static_cast<int64_t>(far));
    first_position_ += static_cast<int64_t>(far);
  }
  std::vector<int64_t> puzzles = picks(set_, seed_, epoch);
  CounterRandom random(seed_, 2 * static_cast<uint64_t>(epoch) + 1);
  shuffle(std::span(puzzles), random);
  for (const int64_t puzzle : puzzles) {
    const int64_t end = set_.puzzle_starts[at_index(puzzle) + 1];
    for (int64_t i = set_.puzzle_starts[at_index(puzzle)]; i < end; ++i) {
      items_.push_back({i, set_.ids[at_index(puzzle)]});
    }
  }
  next_epoch_ = epoch + 1;
}

}  // namespace greylag
