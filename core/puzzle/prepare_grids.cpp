// SPDX-License-Identifier: Apache-2.0
// Sudokus and mazes. Puzzle i that is generated draws from stream i of the seed; augmentations and
// the choice of lines have streams far above.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/base/file.h"
#include "core/puzzle/class_split.h"
#include "core/puzzle/dihedral.h"
#include "core/puzzle/maze.h"
#include "core/puzzle/prepared.h"
#include "core/puzzle/puzzle_csv.h"
#include "core/puzzle/set_builder.h"
#include "core/puzzle/shuffle.h"
#include "core/puzzle/sudoku_generator.h"
#include "core/puzzle/sudoku_symmetry.h"

namespace greylag {
namespace {

constexpr int64_t kMostRejected = 20'000;  // in a row, before generating gives up
constexpr uint64_t kAugmentStream = uint64_t{1} << 40, kChoiceStream = uint64_t{1} << 41;

struct Original {
  std::vector<uint8_t> puzzle, answer;
  int64_t rating = 0;  // of a Sudoku
};

std::string as_text(const std::vector<uint8_t>& tokens) { return {tokens.begin(), tokens.end()}; }

class Task {
 public:
  explicit Task(const PrepareOptions& options)
      : options_(options),
        is_maze_(options.task == "maze"),
        size_(options.size != 0 ? options.size : (is_maze_ ? 30 : 9)) {}

  Status check() {
    if (is_maze_) return {};  // generate_maze and the CSV file say
    auto shape = sudoku_shape(size_);
    if (!shape) return shape.error();
    shape_ = *shape;
    return {};
  }
  int64_t size() const { return size_; }
  int64_t cells() const { return size_ * size_; }

  // Nothing that passes: an empty puzzle.
  Result<Original> generate(uint64_t stream) const {
    CounterRandom random(options_.seed, stream);
    if (is_maze_) {
      auto maze = generate_maze(
          {.size = size_, .min_path = options_.min_path, .braid = options_.braid}, random);
      if (!maze) return maze.error();
      return Original{std::move(maze->map), std::move(maze->answer)};
    }
    Sudoku sudoku = generate_sudoku(shape_, options_.clues, random);
    const bool is_wanted = sudoku.rating >= options_.min_rating &&
                           (options_.clues == 0 || sudoku.clues <= options_.clues);
    if (!is_wanted) return Original{};
    return Original{std::move(sudoku.puzzle), std::move(sudoku.answer), sudoku.rating};
  }

  std::string canonical(const std::vector<uint8_t>& puzzle) const {
    return is_maze_ ? canonical_maze(static_cast<size_t>(size_), puzzle)
                    : canonical_sudoku(shape_, puzzle);
  }
  // Equal for puzzles of one canonical form, and cheaper.
  std::string invariant(const std::vector<uint8_t>& puzzle) const {
    return is_maze_ ? canonical(puzzle) : sudoku_invariant(shape_, puzzle);
  }

  Prepared build(const std::vector<Original>& train, const std::vector<Original>& test) const {
    Prepared prepared;
    const int64_t vocab = is_maze_ ? kMazeVocab : shape_.vocab();
    SetBuilder trained(options_.task, size_, size_, vocab), tested = trained;
    for (size_t group = 0; group < train.size(); ++group) {
      trained.add_example(train[group].puzzle, train[group].answer);
      trained.close_puzzle(0);
      CounterRandom random(options_.seed, kAugmentStream + group);
      for (int64_t i = 1; i <= options_.augmentations; ++i)
        augment(train[group], i, random, trained);
      trained.close_group();
      count(train[group], prepared.report);
    }
    for (const Original& original : test) {
      tested.add_example(original.puzzle, original.answer);
      tested.close_puzzle(0);
      tested.close_group();
    }
    const auto originals = static_cast<double>(train.size());
    prepared.report.mean_clues /= originals;
    prepared.report.mean_rating /= originals;
    prepared.report.mean_steps /= originals;
    prepared.train = trained.finish(1);
    prepared.test = tested.finish(1);
    return prepared;
  }

 private:
  void augment(const Original& original, int64_t number, CounterRandom& random,
               SetBuilder& into) const {
    if (is_maze_) {
      const auto side = static_cast<size_t>(size_);
      const auto image = static_cast<uint8_t>(number);
      into.add_example(dihedral(image, original.puzzle, side, side),
                       dihedral(image, original.answer, side, side));
    } else {
      const SudokuSymmetry symmetry = random_sudoku_symmetry(shape_, random);
      into.add_example(apply(symmetry, shape_, original.puzzle),
                       apply(symmetry, shape_, original.answer));
    }
    into.close_puzzle(0);
  }

  void count(const Original& original, PrepareReport& report) const {
    if (is_maze_) {
      report.mean_steps += 1 + static_cast<double>(std::count(original.answer.begin(),
                                                              original.answer.end(), kMazePath));
      return;
    }
    report.mean_clues += static_cast<double>(count_clues(original.puzzle));
    report.mean_rating += static_cast<double>(original.rating);
  }

  const PrepareOptions& options_;
  bool is_maze_;
  int64_t size_;
  SudokuShape shape_;
};

Result<Prepared> generated(const PrepareOptions& options, const Task& task,
                           const PrepareProgress& progress) {
  std::vector<Original> train, test;
  ClassSplit split(options.count, options.test_count);
  int64_t rejected = 0;
  for (uint64_t stream = 0; !split.is_full(); ++stream) {
    auto original = task.generate(stream);
    if (!original) return original.error();
    std::optional<Side> side;
    if (!original->puzzle.empty()) {
      side = split.place(as_text(original->puzzle), task.canonical(original->puzzle));
    }
    if (side) (*side == Side::Train ? train : test).push_back(std::move(*original));
    rejected = side ? 0 : rejected + 1;
    if (rejected > kMostRejected) {
      return Error{ErrorCode::InvalidArgument,
                   "only " + std::to_string(split.placed()) + " of " +
                       std::to_string(options.count + options.test_count) +
                       " puzzles came up that are new and as asked: ask for fewer, a lower rating "
                       "or another number of clues"};
    }
    if (progress && !progress(split.placed(), options.count + options.test_count)) {
      return Error{ErrorCode::Cancelled, "stopped"};
    }
  }
  return task.build(train, test);
}

// A fair choice of `most` lines (0 = all), in random order.
Result<std::vector<Original>> read_file(const std::filesystem::path& path,
                                        const PrepareOptions& options, const Task& task,
                                        int64_t most, uint64_t stream,
                                        const PrepareProgress& progress) {
  std::vector<Original> chosen;
  CounterRandom random(options.seed, stream);
  uint64_t offered = 0;
  Status wrong_size;
  const Status done =
      read_puzzle_csv(path, options.task, [&](CsvPuzzle& puzzle, const CsvPosition& position) {
        if (puzzle.size != task.size()) {
          wrong_size =
              Error{ErrorCode::BadFile,
                    path_to_utf8(path.filename()) + ": line " + std::to_string(puzzle.line) +
                        ", column question: it has " + std::to_string(puzzle.size) + " rows, not " +
                        std::to_string(task.size())};
          return false;
        }
        if (puzzle.rating >= options.min_rating) {
          ++offered;
          Original original{std::move(puzzle.puzzle), std::move(puzzle.answer), puzzle.rating};
          if (most == 0 || chosen.size() < static_cast<size_t>(most)) {
            chosen.push_back(std::move(original));
          } else if (const uint64_t place = random.below(offered); place < chosen.size()) {
            chosen[place] = std::move(original);
          }
        }
        return !progress || progress(static_cast<int64_t>(position.done_bytes),
                                     static_cast<int64_t>(position.total_bytes));
      });
  if (!wrong_size) return wrong_size.error();
  if (!done) return done.error();
  if (chosen.empty() || chosen.size() < static_cast<size_t>(most)) {
    return Error{ErrorCode::InvalidArgument,
                 path_to_utf8(path.filename()) + " holds " + std::to_string(chosen.size()) +
                     " puzzles of this rating; " +
                     (most == 0 ? "none can be chosen" : std::to_string(most) + " are asked for")};
  }
  shuffle(std::span(chosen), random);
  return chosen;
}

// Takes out of `test` what can be turned into a puzzle of `train`.
int64_t drop_shared(const Task& task, const std::vector<Original>& train,
                    std::vector<Original>& test) {
  std::unordered_map<std::string, std::vector<const Original*>> by_invariant;
  for (const Original& original : train) {
    by_invariant[task.invariant(original.puzzle)].push_back(&original);
  }
  std::unordered_map<std::string, std::unordered_set<std::string>> forms;  // of those met
  return static_cast<int64_t>(std::erase_if(test, [&](const Original& original) {
    const std::string invariant = task.invariant(original.puzzle);
    const auto alike = by_invariant.find(invariant);
    if (alike == by_invariant.end()) return false;
    auto& known = forms[invariant];
    if (known.empty()) {
      for (const Original* one : alike->second) known.insert(task.canonical(one->puzzle));
    }
    return known.contains(task.canonical(original.puzzle));
  }));
}

Result<Prepared> read_files(const PrepareOptions& options, const Task& task,
                            const PrepareProgress& progress) {
  const bool is_one_file = options.test_source.empty();
  const int64_t wanted =
      options.count == 0 ? 0 : options.count + (is_one_file ? options.test_count : 0);
  auto train = read_file(options.source, options, task, wanted, kChoiceStream, progress);
  if (!train) return train.error();
  std::vector<Original> test;
  if (is_one_file) {
    if (static_cast<size_t>(options.test_count) >= train->size()) {
      return Error{ErrorCode::InvalidArgument,
                   "the test would take all " + std::to_string(train->size()) + " puzzles"};
    }
    const auto first = train->end() - options.test_count;
    test.assign(std::move_iterator(first), std::move_iterator(train->end()));
    train->erase(first, train->end());
  } else {
    auto read = read_file(options.test_source, options, task, options.test_count, kChoiceStream + 1,
                          progress);
    if (!read) return read.error();
    test = std::move(*read);
  }
  const auto examples = static_cast<int64_t>(train->size()) * (options.augmentations + 1);
  if (const Status done = check_prepared_size(examples, task.cells()); !done) return done.error();
  const int64_t dropped = drop_shared(task, *train, test);
  if (test.empty()) {
    return Error{ErrorCode::InvalidArgument, "every test puzzle is a training puzzle as well"};
  }
  Prepared prepared = task.build(*train, test);
  prepared.report.dropped = dropped;
  return prepared;
}

}  // namespace

Result<Prepared> prepare_grids(const PrepareOptions& options, const PrepareProgress& progress) {
  Task task(options);
  if (const Status done = task.check(); !done) return done.error();
  if (!options.source.empty()) return read_files(options, task, progress);
  if (task.size() > 200) return Error{ErrorCode::InvalidArgument, "a maze has at most 200 rows"};
  const int64_t examples = options.count * (options.augmentations + 1);
  if (const Status done = check_prepared_size(examples, task.cells()); !done) return done.error();
  return generated(options, task, progress);
}

}  // namespace greylag
