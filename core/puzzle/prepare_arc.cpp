// SPDX-License-Identifier: Apache-2.0
// ARC (facts hrm.md 1.8): a group per task; its versions are puzzles with ids of their own. All
// pairs of training tasks and the demonstrations of evaluation tasks train; the tests of evaluation
// tasks test, under the same versions. In training all pairs of a version but one are moved to a
// random place of the 30 x 30 cells.
#include <algorithm>
#include <unordered_set>

#include "core/puzzle/arc_task.h"
#include "core/puzzle/prepared.h"
#include "core/puzzle/set_builder.h"

namespace greylag {
namespace {

constexpr int64_t kDrawsPerVersion = 5;  // until augmentations of a plain task repeat themselves

class Builder {
 public:
  explicit Builder(const PrepareOptions& options) : options_(options) {}

  // moved: pairs for training; still: pairs for the test. One may be empty.
  void add(const std::string& name, const std::vector<ArcPair>& moved,
           const std::vector<ArcPair>& still, uint64_t stream) {
    if (moved.empty() && still.empty()) return;
    CounterRandom random(options_.seed, stream);
    std::unordered_set<std::string> seen;
    int64_t versions = 0;
    for (int64_t draw = 0;
         versions <= options_.augmentations && draw <= kDrawsPerVersion * options_.augmentations;
         ++draw) {
      ArcVersion version{name, {}};
      if (draw > 0) version.augmentation = random_arc_augmentation(random);
      if (!seen.insert(contents(version.augmentation, moved, still)).second) continue;
      ++versions;
      const auto id = static_cast<int32_t>(prepared_.names.size());
      prepared_.names.push_back(name_arc_version(version));
      add_moved(version.augmentation, moved, random);
      train_.close_puzzle(id);
      for (const ArcPair& pair : still) {
        test_.add_example(encode_arc(apply(version.augmentation, pair.input)),
                          label(apply(version.augmentation, pair.output)));
      }
      test_.close_puzzle(id);
    }
    train_.close_group();
    test_.close_group();
  }

  Prepared finish(int64_t dropped) {
    const auto ids = static_cast<int64_t>(prepared_.names.size());
    prepared_.train = train_.finish(ids);
    prepared_.test = test_.finish(ids);
    prepared_.report.dropped = dropped;
    return std::move(prepared_);
  }

 private:
  static SetBuilder empty() {
    return SetBuilder("arc", static_cast<int64_t>(kArcSide), static_cast<int64_t>(kArcSide),
                      kArcVocab);
  }

  // An output that is not told asks nothing.
  static std::vector<uint8_t> label(const ArcGrid& grid, size_t top = 0, size_t left = 0) {
    if (grid.rows == 0) return std::vector<uint8_t>(kArcCells, 0);
    return encode_arc(grid, top, left);
  }

  static std::string contents(const ArcAugmentation& augmentation,
                              const std::vector<ArcPair>& moved,
                              const std::vector<ArcPair>& still) {
    std::string bytes;
    for (const auto* pairs : {&moved, &still}) {
      for (const ArcPair& pair : *pairs) {
        for (const ArcGrid* side : {&pair.input, &pair.output}) {
          const ArcGrid grid = apply(augmentation, *side);
          bytes += static_cast<char>(grid.rows);
          bytes.insert(bytes.end(), grid.colours.begin(), grid.colours.end());
        }
      }
    }
    return bytes;
  }

  void add_moved(const ArcAugmentation& augmentation, const std::vector<ArcPair>& pairs,
                 CounterRandom& random) {
    const uint64_t still = pairs.empty() ? 0 : random.below(pairs.size());
    for (size_t i = 0; i < pairs.size(); ++i) {
      const ArcGrid input = apply(augmentation, pairs[i].input);
      const ArcGrid output = apply(augmentation, pairs[i].output);
      size_t top = random.below(kArcSide - std::max(input.rows, output.rows) + 1);
      size_t left = random.below(kArcSide - std::max(input.columns, output.columns) + 1);
      if (i == still) top = left = 0;
      train_.add_example(encode_arc(input, top, left), label(output, top, left));
    }
  }

  const PrepareOptions& options_;
  SetBuilder train_ = empty(), test_ = empty();
  Prepared prepared_;
};

// Takes the pairs out that test somewhere; how many.
int64_t drop_tests(const std::unordered_set<std::string>& tests, std::vector<ArcPair>& pairs) {
  return static_cast<int64_t>(std::erase_if(
      pairs, [&](const ArcPair& pair) { return tests.contains(canonical_arc_pair(pair)); }));
}

}  // namespace

Result<Prepared> prepare_arc(const PrepareOptions& options, const PrepareProgress& progress) {
  auto training = read_arc_tasks(options.source / "training");
  if (!training) return training.error();
  auto evaluation = read_arc_tasks(options.source / "evaluation");
  if (!evaluation) return evaluation.error();

  std::unordered_set<std::string> tests, names;
  int64_t examples = 0, dropped = 0;
  for (const ArcTask& task : *evaluation) {
    names.insert(task.name);
    examples += static_cast<int64_t>(task.demonstrations.size() + task.tests.size());
    for (const ArcPair& pair : task.tests) tests.insert(canonical_arc_pair(pair));
  }
  for (ArcTask& task : *training) {
    const auto has_answer = [](const ArcPair& pair) { return pair.output.rows > 0; };
    std::copy_if(task.tests.begin(), task.tests.end(), std::back_inserter(task.demonstrations),
                 has_answer);
    if (names.contains(task.name)) {  // its tests are those of the evaluation
      dropped += static_cast<int64_t>(task.demonstrations.size());
      task.demonstrations.clear();
    }
    examples += static_cast<int64_t>(task.demonstrations.size());
  }
  const Status size =
      check_prepared_size(examples * (options.augmentations + 1), static_cast<int64_t>(kArcCells));
  if (!size) return size.error();

  Builder builder(options);
  const auto total = static_cast<int64_t>(training->size() + evaluation->size());
  int64_t done = 0;
  for (auto* tasks : {&*training, &*evaluation}) {
    for (ArcTask& task : *tasks) {
      dropped += drop_tests(tests, task.demonstrations);
      const std::vector<ArcPair> none;
      const bool is_test = tasks == &*evaluation;
      builder.add(task.name, task.demonstrations, is_test ? task.tests : none,
                  static_cast<uint64_t>(done));
      ++done;
      if (progress && !progress(done, total)) return Error{ErrorCode::Cancelled, "stopped"};
    }
  }
  Prepared prepared = builder.finish(dropped);
  if (prepared.train.examples() == 0) {
    return Error{ErrorCode::InvalidArgument, "no pair is left to train on"};
  }
  return prepared;
}

}  // namespace greylag
