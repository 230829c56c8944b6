// SPDX-License-Identifier: Apache-2.0
#include "core/data/split.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <unordered_map>

#include "core/base/random.h"

namespace greylag {
namespace {

constexpr uint64_t kSplitStream = 0x53504C4954;  // "SPLIT"

// Of `count` rows or windows; one at least, if any are wanted and two are there.
size_t validation_count(size_t count, double share) {
  if (count < 2 || !(share > 0)) return 0;
  const double wanted = std::round(static_cast<double>(count) * std::min(share, 1.0));
  return std::clamp<size_t>(static_cast<size_t>(wanted), 1, count - 1);
}

void append(std::vector<Sample>& samples, std::vector<Sample>&& more) {
  samples.insert(samples.end(), std::make_move_iterator(more.begin()),
                 std::make_move_iterator(more.end()));
}

// Units that are equal, which go to one side together.
struct Group {
  size_t weight = 0;
  size_t units = 0;
  bool is_validation = false;
};

class Split {
 public:
  Split(const std::vector<SplitUnit>& units, bool is_text) : units_(units), is_text_(is_text) {
    for (const SplitUnit& unit : units) {
      Group& group = groups_[unit.identity];
      group.weight += weight_of(unit);
      ++group.units;
      weight_ += weight_of(unit);
    }
  }

  size_t weight() const { return weight_; }
  bool is_validation(const SplitUnit& unit) const {
    return groups_.at(unit.identity).is_validation;
  }
  bool is_alone(const SplitUnit& unit) const { return groups_.at(unit.identity).units == 1; }

  // Takes groups in a shuffled order while they fit. False when not even one does.
  bool choose(size_t wanted, uint64_t seed) {
    std::vector<size_t> order(units_.size());
    std::iota(order.begin(), order.end(), size_t{0});
    CounterRandom random(seed, kSplitStream);
    for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    size_t taken = 0;
    for (const size_t i : order) {
      Group& group = groups_.at(units_[i].identity);
      if (group.is_validation || taken + group.weight > wanted) continue;
      group.is_validation = true;
      taken += group.weight;
    }
    return taken > 0;
  }

  // The lightest group, if another one stays to be learned.
  void choose_lightest() {
    if (groups_.size() < 2) return;
    Group* lightest = nullptr;
    for (const SplitUnit& unit : units_) {
      Group& group = groups_.at(unit.identity);
      if (lightest == nullptr || group.weight < lightest->weight) lightest = &group;
    }
    lightest->is_validation = true;
  }

 private:
  size_t weight_of(const SplitUnit& unit) const { return is_text_ ? unit.windows.size() : 1; }

  const std::vector<SplitUnit>& units_;
  bool is_text_;
  size_t weight_ = 0;
  std::unordered_map<uint64_t, Group> groups_;
};

}  // namespace

void split_units(std::vector<SplitUnit>&& units, bool is_text, const DatasetOptions& options,
                 Dataset& dataset) {
  Split split(units, is_text);
  const size_t wanted = validation_count(split.weight(), options.validation_share);
  size_t tail = 0;  // windows at the end of tail_unit
  const SplitUnit* tail_unit = nullptr;
  if (wanted > 0 && !split.choose(wanted, options.seed)) {
    const auto last = std::find_if(units.rbegin(), units.rend(), [&](const SplitUnit& unit) {
      return is_text && split.is_alone(unit) && unit.windows.size() > wanted;
    });
    if (last == units.rend()) {
      split.choose_lightest();
    } else {
      tail_unit = &*last;
      tail = wanted;
    }
  }
  for (SplitUnit& unit : units) {
    if (split.is_validation(unit)) {
      append(dataset.validation, std::move(unit.windows));
      continue;
    }
    std::vector<Sample> held_back;
    if (&unit == tail_unit) {
      const auto border = unit.windows.end() - static_cast<ptrdiff_t>(tail);
      held_back.assign(std::make_move_iterator(border),
                       std::make_move_iterator(unit.windows.end()));
      unit.windows.erase(border, unit.windows.end());
    }
    append(dataset.train, std::move(unit.windows));
    append(dataset.validation, std::move(held_back));
  }
}

}  // namespace greylag
