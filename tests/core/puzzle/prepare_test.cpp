// SPDX-License-Identifier: Apache-2.0
// Prepared folders hold right answers, and no test puzzle can be turned into a training puzzle.
#include "core/puzzle/prepare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/file.h"
#include "core/puzzle/arc.h"
#include "core/puzzle/maze.h"
#include "core/puzzle/puzzle_set.h"
#include "core/puzzle/sudoku_generator.h"
#include "core/puzzle/sudoku_solver.h"
#include "core/puzzle/sudoku_symmetry.h"
#include "tests/support/temp_dir.h"

namespace greylag {
namespace {

using testing::HasSubstr;

class Prepare : public testing::Test {
 protected:
  PrepareReport prepare(const PrepareOptions& options, const std::string& name = "out") {
    const auto report = prepare_puzzles(options, folder_ / name);
    EXPECT_TRUE(report) << report.error().message;
    return report ? *report : PrepareReport{};
  }
  std::string refusal(const PrepareOptions& options) {
    const auto report = prepare_puzzles(options, folder_ / "out");
    return report ? "accepted" : report.error().message;
  }
  PuzzleSet set(const std::string& split, const std::string& name = "out") {
    auto loaded = load_puzzle_set(folder_ / name, split);
    EXPECT_TRUE(loaded) << loaded.error().message;
    return loaded ? *loaded : PuzzleSet{};
  }
  std::filesystem::path write(const std::string& name, const std::string& text) {
    EXPECT_TRUE(write_file_atomic(folder_ / name, text));
    return folder_ / name;
  }

  test::TempDir folder_;
};

std::set<std::string> sudoku_forms(const PuzzleSet& set) {
  const SudokuShape shape = *sudoku_shape(set.rows);
  std::set<std::string> forms;
  for (int64_t i = 0; i < set.examples(); ++i) {
    EXPECT_TRUE(is_sudoku_solution(shape, set.input(i), set.label(i)));
    EXPECT_EQ(solve_sudoku(shape, set.input(i)).answers, 1);
    forms.insert(canonical_sudoku(shape, set.input(i)));
  }
  return forms;
}

std::set<std::string> maze_forms(const PuzzleSet& set) {
  const auto side = static_cast<size_t>(set.rows);
  std::set<std::string> forms;
  for (int64_t i = 0; i < set.examples(); ++i) {
    EXPECT_TRUE(is_maze_solution(side, set.input(i), set.label(i)));
    forms.insert(canonical_maze(side, set.input(i)));
  }
  return forms;
}

std::vector<std::string> shared(const std::set<std::string>& a, const std::set<std::string>& b) {
  std::vector<std::string> both;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  return both;
}

TEST_F(Prepare, MakesSudokusOfEverySize) {
  for (const int64_t size : {4, 6, 9}) {
    const auto report = prepare({.size = size, .count = 30, .test_count = 10, .augmentations = 3});
    EXPECT_EQ(report.train_groups, 30);
    EXPECT_EQ(report.train_examples, 120);
    EXPECT_EQ(report.test_examples, 10);
    EXPECT_GT(report.mean_clues, 3);
    const PuzzleSet train = set("train"), test = set("test");
    EXPECT_EQ(train.task, "sudoku");
    EXPECT_EQ(train.vocab, size + 2);
    EXPECT_EQ(train.group_starts[1], 4);
    EXPECT_TRUE(shared(sudoku_forms(train), sudoku_forms(test)).empty());
  }
}

TEST_F(Prepare, AugmentationsAreOfTheirGroup) {
  prepare({.size = 6, .count = 5, .test_count = 1, .augmentations = 4});
  const PuzzleSet train = set("train");
  const SudokuShape shape = *sudoku_shape(6);
  std::set<std::string> forms;
  for (int64_t i = 0; i < 25; ++i) {
    const std::string form = canonical_sudoku(shape, train.input(i));
    EXPECT_EQ(form, canonical_sudoku(shape, train.input(i / 5 * 5)));
    forms.insert(form);
  }
  EXPECT_EQ(forms.size(), 5u);
}

TEST_F(Prepare, KeepsToCluesAndRating) {
  const auto few = prepare({.count = 10, .test_count = 5, .clues = 24, .min_rating = 20});
  EXPECT_LE(few.mean_clues, 24);
  EXPECT_GE(few.mean_rating, 20);
  const PuzzleSet train = set("train");
  for (int64_t i = 0; i < 10; ++i) {
    EXPECT_LE(count_clues(train.input(i)), 24);
    EXPECT_GE(solve_sudoku(*sudoku_shape(9), train.input(i)).guesses, 20);
  }
}

TEST_F(Prepare, SaysWhenNoMorePuzzlesComeUp) {
  EXPECT_THAT(refusal({.size = 4, .count = 10, .test_count = 5, .min_rating = 100}),
              HasSubstr("only 0 of 15 puzzles"));
}

TEST_F(Prepare, GivesTheSameFilesForTheSameSeed) {
  const PrepareOptions options{.size = 6, .count = 10, .test_count = 5, .augmentations = 2};
  prepare(options, "a");
  prepare(options, "b");
  PrepareOptions other = options;
  other.seed = 2;
  prepare(other, "c");
  EXPECT_EQ(set("train", "a").inputs, set("train", "b").inputs);
  EXPECT_EQ(set("test", "a").inputs, set("test", "b").inputs);
  EXPECT_NE(set("train", "a").inputs, set("train", "c").inputs);
}

TEST_F(Prepare, MakesMazes) {
  const auto report = prepare({.task = "maze",
                               .size = 11,
                               .count = 20,
                               .test_count = 10,
                               .augmentations = 7,
                               .min_path = 15,
                               .braid = 0.3});
  EXPECT_EQ(report.train_examples, 160);
  EXPECT_GT(report.mean_steps, 15);
  const PuzzleSet train = set("train"), test = set("test");
  EXPECT_EQ(train.vocab, 6);
  const auto forms = maze_forms(train);
  EXPECT_EQ(forms.size(), 20u);  // the eight images are one form
  EXPECT_TRUE(shared(forms, maze_forms(test)).empty());
}

std::string csv(int64_t size, uint64_t first, uint64_t count, uint64_t turns_of = ~uint64_t{0}) {
  const SudokuShape shape = *sudoku_shape(size);
  CounterRandom turns(1, 1);
  std::string text = "source,question,answer,rating\n";
  for (uint64_t i = first; i < first + count; ++i) {
    CounterRandom random(77, i);
    Sudoku sudoku = generate_sudoku(shape, 0, random);
    if (i < turns_of + count && i >= turns_of) {
      const auto symmetry = random_sudoku_symmetry(shape, turns);
      sudoku.puzzle = apply(symmetry, shape, sudoku.puzzle);
      sudoku.answer = apply(symmetry, shape, sudoku.answer);
    }
    std::string question = format_sudoku(shape, sudoku.puzzle);
    std::string answer = format_sudoku(shape, sudoku.answer);
    std::erase(question, '\n');
    std::erase(answer, '\n');
    text += "x," + question + "," + answer + "," + std::to_string(i) + "\n";
  }
  return text;
}

TEST_F(Prepare, ReadsCsvFilesAndDropsWhatBothHold) {
  PrepareOptions options{.size = 9, .count = 0, .test_count = 0, .augmentations = 1};
  options.source = write("train.csv", csv(9, 0, 20));
  options.test_source = write("test.csv", csv(9, 15, 15, 15));  // five turned ones of training
  const auto report = prepare(options);
  EXPECT_EQ(report.train_groups, 20);
  EXPECT_EQ(report.dropped, 5);
  EXPECT_EQ(report.test_examples, 10);
  EXPECT_TRUE(shared(sudoku_forms(set("train")), sudoku_forms(set("test"))).empty());
}

TEST_F(Prepare, ChoosesLinesByRatingAndSeed) {
  PrepareOptions options{.size = 6, .count = 8, .test_count = 4, .min_rating = 20};
  options.source = write("one.csv", csv(6, 0, 60));
  const auto report = prepare(options);
  EXPECT_EQ(report.train_groups, 8);
  EXPECT_GE(report.mean_rating, 20);
  EXPECT_LE(report.test_examples + report.dropped, 4);
  EXPECT_TRUE(shared(sudoku_forms(set("train")), sudoku_forms(set("test"))).empty());
  const PuzzleSet first = set("train");
  options.seed = 2;
  prepare(options);
  EXPECT_NE(set("train").inputs, first.inputs);
  options.count = 100;
  EXPECT_THAT(refusal(options), HasSubstr("holds 40 puzzles"));
  options.count = 8;
  options.size = 9;
  EXPECT_THAT(refusal(options), HasSubstr("one.csv: line 2, column question: it has 6 rows"));
}

TEST_F(Prepare, StopsWhenToldToAndSavesNothing) {
  int64_t last = 0;
  const auto report = prepare_puzzles({.size = 4, .count = 20, .test_count = 5}, folder_ / "out",
                                      [&](int64_t done, int64_t total) {
                                        EXPECT_EQ(total, 25);
                                        EXPECT_GE(done, last);
                                        last = done;
                                        return done < 10;
                                      });
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::Cancelled);
  EXPECT_EQ(last, 10);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
}

TEST_F(Prepare, RefusesOptionsThatCannotBe) {
  EXPECT_THAT(refusal({.task = "chess"}), HasSubstr("sudoku, maze or arc"));
  EXPECT_THAT(refusal({.size = 5}), HasSubstr("4, 6 or 9"));
  EXPECT_THAT(refusal({.count = -1}), HasSubstr("0 or more"));
  EXPECT_THAT(refusal({.count = 0}), HasSubstr("count of 1 or more"));
  EXPECT_THAT(refusal({.task = "maze", .size = 500}), HasSubstr("200 rows"));
  EXPECT_THAT(refusal({.task = "maze", .augmentations = 8}), HasSubstr("at most 7"));
  EXPECT_THAT(refusal({.task = "arc"}), HasSubstr("source"));
  EXPECT_THAT(refusal({.test_source = "x.csv"}), HasSubstr("source of training"));
  EXPECT_THAT(refusal({.count = 1'000'000, .augmentations = 1000}), HasSubstr("16 GiB"));
}

// Task "both" stands in both folders; its tests must not train. "leak" shows a test of "eval".
class PrepareArc : public Prepare {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_ / "arc" / "training");
    std::filesystem::create_directories(folder_ / "arc" / "evaluation");
    const std::string test = R"({"input":[[5,0],[0,5]],"output":[[5,5],[0,5]]})";
    const std::string turned = R"({"input":[[0,7],[7,0]],"output":[[0,7],[7,7]]})";
    const auto task = [](const std::string& demonstration, const std::string& tests) {
      return R"({"train":[)" + demonstration + R"(],"test":[)" + tests + "]}";
    };
    const std::string plain = R"({"input":[[1,2,3]],"output":[[3],[2],[1]]})";
    const std::string small = R"({"input":[[1,2]],"output":[[4]]})";
    write("arc/training/leak.json", task(plain + "," + turned, small));
    write("arc/training/both.json", task(plain, small));
    write("arc/evaluation/both.json", task(small, R"({"input":[[8]]})"));
    write("arc/evaluation/eval.json", task(plain, test));
    options_.task = "arc";
    options_.source = folder_ / "arc";
    options_.augmentations = 6;
  }
  PrepareOptions options_;
};

TEST_F(PrepareArc, GivesEachVersionAnId) {
  const auto report = prepare(options_);
  EXPECT_EQ(report.train_groups, 3);  // leak, both (evaluation), eval
  EXPECT_EQ(report.train_examples, 7 * (2 + 1 + 1));
  EXPECT_EQ(report.test_groups, 2);
  EXPECT_EQ(report.test_examples, 7 * 2);
  EXPECT_EQ(report.dropped, 1 + 2);
  const auto names =
      nlohmann::json::parse(*read_text_file(folder_ / "out/identifiers.json", 1 << 20));
  const PuzzleSet train = set("train"), test = set("test");
  EXPECT_EQ(static_cast<int64_t>(names.size()), train.puzzle_ids);
  EXPECT_EQ(test.puzzle_ids, train.puzzle_ids);
  EXPECT_EQ(std::set<int32_t>(train.ids.begin(), train.ids.end()).size(), 21u);
  for (const int32_t id : test.ids)
    EXPECT_EQ(std::count(train.ids.begin(), train.ids.end(), id), 1);
}

TEST_F(PrepareArc, TestsAreUndoneToTheOriginal) {
  prepare(options_);
  const auto names =
      nlohmann::json::parse(*read_text_file(folder_ / "out/identifiers.json", 1 << 20));
  const PuzzleSet test = set("test");
  int seen = 0;
  for (int64_t puzzle = 0; puzzle < test.puzzles(); ++puzzle) {
    const auto at = static_cast<size_t>(puzzle);
    const auto version =
        parse_arc_version(names[static_cast<size_t>(test.ids[at])].get<std::string>());
    ASSERT_TRUE(version);
    const int64_t example = test.puzzle_starts[at];
    const ArcGrid input = undo(version->augmentation, decode_arc(test.input(example)));
    if (version->task == "both") {
      EXPECT_EQ(input, (ArcGrid{1, 1, {8}}));
      EXPECT_EQ(std::count(test.label(example).begin(), test.label(example).end(), 0), 900);
      continue;
    }
    EXPECT_EQ(input, (ArcGrid{2, 2, {5, 0, 0, 5}}));
    EXPECT_EQ(undo(version->augmentation, decode_arc(test.label(example))),
              (ArcGrid{2, 2, {5, 5, 0, 5}}));
    ++seen;
  }
  EXPECT_EQ(seen, 7);
}

TEST_F(PrepareArc, NamesAFileThatIsWrong) {
  write("arc/evaluation/eval.json", "{}");
  EXPECT_THAT(refusal(options_), HasSubstr("eval.json"));
  options_.source = folder_ / "nowhere";
  EXPECT_THAT(refusal(options_), HasSubstr("training"));
}

}  // namespace
}  // namespace greylag
