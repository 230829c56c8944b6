// SPDX-License-Identifier: Apache-2.0
// A folder of puzzles is read back, HRM's layout opens, and a folder that breaks a rule does not.
#include "core/puzzle/puzzle_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/base/file.h"
#include "core/puzzle/npy.h"
#include "tests/core/puzzle/small_set.h"
#include "tests/support/temp_dir.h"

namespace greylag {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

class PuzzleSetFolder : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(save_puzzle_set(folder_.path(), "train", small_set({{2, 1}, {3}})));
  }
  std::filesystem::path file(const std::string& name) const { return folder_ / "train" / name; }

  void change(const std::string& key, const json& value) {
    json meta = json::parse(*read_text_file(file("dataset.json"), 10'000));
    if (value.is_discarded()) {
      meta.erase(key);
    } else {
      meta[key] = value;
    }
    ASSERT_TRUE(write_file_atomic(file("dataset.json"), meta.dump()));
  }
  template <typename T>
  void replace(const std::string& part, const std::vector<T>& values) {
    const auto count = static_cast<int64_t>(values.size());
    ASSERT_TRUE(write_npy(file("all__" + part + ".npy"), {count}, std::span(values)));
  }
  std::string refusal() const {
    const auto set = load_puzzle_set(folder_.path(), "train");
    return set ? "accepted" : set.error().message;
  }

  test::TempDir folder_;
};

TEST_F(PuzzleSetFolder, IsReadBack) {
  const PuzzleSet saved = small_set({{2, 1}, {3}});
  const auto set = load_puzzle_set(folder_.path(), "train");
  ASSERT_TRUE(set) << set.error().message;
  EXPECT_EQ(set->task, "sudoku");
  EXPECT_EQ(set->rows, 2);
  EXPECT_EQ(set->columns, 2);
  EXPECT_EQ(set->vocab, 256);
  EXPECT_EQ(set->puzzle_ids, 4);
  EXPECT_EQ(set->inputs, saved.inputs);
  EXPECT_EQ(set->labels, saved.labels);
  EXPECT_EQ(set->ids, saved.ids);
  EXPECT_EQ(set->puzzle_starts, saved.puzzle_starts);
  EXPECT_EQ(set->group_starts, saved.group_starts);
  EXPECT_EQ(set->input(4)[0], 4);
  EXPECT_EQ(set->label(4)[3], 4);
  EXPECT_EQ(set->label(4).size(), 4u);
}

TEST_F(PuzzleSetFolder, SaysWhatHrmWrites) {
  const json meta = json::parse(*read_text_file(file("dataset.json"), 10'000));
  EXPECT_EQ(meta["seq_len"], 4);
  EXPECT_EQ(meta["vocab_size"], 256);
  EXPECT_EQ(meta["total_groups"], 2);
  EXPECT_EQ(meta["mean_puzzle_examples"], 2.0);
  EXPECT_EQ(meta["num_puzzle_identifiers"], 4);
  EXPECT_EQ(meta["sets"], json::array({"all"}));
}

// Without our keys, with int64 grids and int32 indices, as the published folders are.
TEST(PuzzleSetOfHrm, OpensAndTellsItsTask) {
  for (const auto& [task, cells, vocab] :
       {std::tuple{"sudoku", 81, 11}, {"maze", 900, 6}, {"arc", 900, 12}}) {
    const test::TempDir folder;
    const auto file = [&](const char* part) {
      return folder / "test" / (std::string("all__") + part + ".npy");
    };
    std::filesystem::create_directories(folder / "test");
    const std::vector<int64_t> grid(static_cast<size_t>(cells), 3);
    const std::vector<int32_t> starts{0, 1}, ids{0};
    ASSERT_TRUE(write_npy(file("inputs"), {1, cells}, std::span(grid)));
    ASSERT_TRUE(write_npy(file("labels"), {1, cells}, std::span(grid)));
    ASSERT_TRUE(write_npy(file("puzzle_identifiers"), {1}, std::span(ids)));
    ASSERT_TRUE(write_npy(file("puzzle_indices"), {2}, std::span(starts)));
    ASSERT_TRUE(write_npy(file("group_indices"), {2}, std::span(starts)));
    const json meta = {
        {"pad_id", 0},         {"ignore_label_id", 0},      {"blank_identifier_id", 0},
        {"vocab_size", vocab}, {"seq_len", cells},          {"num_puzzle_identifiers", 1},
        {"total_groups", 1},   {"mean_puzzle_examples", 1}, {"sets", {"all"}}};
    ASSERT_TRUE(write_file_atomic(folder / "test" / "dataset.json", meta.dump()));
    const auto set = load_puzzle_set(folder.path(), "test");
    ASSERT_TRUE(set) << set.error().message;
    EXPECT_EQ(set->task, task);
    EXPECT_EQ(set->rows * set->rows, cells);
    EXPECT_EQ(set->label(0)[5], 3);
  }
}

TEST_F(PuzzleSetFolder, WithoutAFileIsRefused) {
  EXPECT_EQ(load_puzzle_set(folder_.path(), "test").error().code, ErrorCode::NotFound);
  for (const char* part :
       {"inputs", "labels", "puzzle_identifiers", "puzzle_indices", "group_indices"}) {
    const auto path = file(std::string("all__") + part + ".npy");
    const std::string bytes = *read_text_file(path, 10'000);
    std::filesystem::remove(path);
    const auto set = load_puzzle_set(folder_.path(), "train");
    ASSERT_FALSE(set);
    EXPECT_EQ(set.error().code, ErrorCode::NotFound);
    EXPECT_THAT(set.error().message, HasSubstr(part));
    ASSERT_TRUE(write_file_atomic(path, bytes.substr(0, bytes.size() - 1)));
    const auto cut = load_puzzle_set(folder_.path(), "train");
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().code, ErrorCode::BadFile);
    EXPECT_THAT(cut.error().message, AllOf(HasSubstr(part), HasSubstr("does not fit")));
    ASSERT_TRUE(write_file_atomic(path, bytes));
  }
  EXPECT_EQ(refusal(), "accepted");
}

TEST_F(PuzzleSetFolder, WithAWrongDescriptionIsRefused) {
  const std::string meta = *read_text_file(file("dataset.json"), 10'000);
  const json gone = json::value_t::discarded;
  for (const auto& [key, value] :
       std::vector<std::pair<std::string, json>>{{"seq_len", 0},
                                                 {"seq_len", 5},
                                                 {"seq_len", gone},
                                                 {"seq_len", 18446744073709551615u},
                                                 {"vocab_size", 1},
                                                 {"vocab_size", 257},
                                                 {"vocab_size", 200.5},
                                                 {"rows", 3},
                                                 {"rows", -2},
                                                 {"columns", 4611686018427387904},
                                                 {"task", "chess"},
                                                 {"task", 1},
                                                 {"num_puzzle_identifiers", 0},
                                                 {"pad_id", 1},
                                                 {"blank_identifier_id", gone},
                                                 {"ignore_label_id", -100},
                                                 {"sets", json::array({"a", "b"})},
                                                 {"sets", gone}}) {
    change(key, value);
    EXPECT_THAT(refusal(), HasSubstr("dataset.json: \"")) << key << value;
    ASSERT_TRUE(write_file_atomic(file("dataset.json"), meta));
  }
  for (const char* text : {"", "[]", "{"}) {
    ASSERT_TRUE(write_file_atomic(file("dataset.json"), text));
    EXPECT_THAT(refusal(), HasSubstr("dataset.json")) << text;
  }
}

TEST_F(PuzzleSetFolder, WithTokensBeyondTheVocabularyIsRefused) {
  change("vocab_size", 4);  // the labels' last tokens are 0 to 5
  EXPECT_THAT(refusal(), AllOf(HasSubstr("all__inputs.npy"), HasSubstr("number 16 is 4")));
}

TEST_F(PuzzleSetFolder, WithLabelZeroIsRefusedWhenNothingIsIgnored) {
  change("ignore_label_id", nullptr);
  EXPECT_THAT(refusal(), AllOf(HasSubstr("all__labels.npy"), HasSubstr("number 2 is 0")));
}

TEST_F(PuzzleSetFolder, WithWrongStartsIsRefused) {
  for (const auto& starts : std::vector<std::vector<int64_t>>{
           {0, 2, 3}, {0, 2, 2, 6}, {0, 3, 2, 6}, {1, 2, 3, 6}, {0, 2, 3, 7}, {0, -1, 3, 6}, {}}) {
    replace("puzzle_indices", starts);
    EXPECT_THAT(refusal(), HasSubstr("all__puzzle_indices.npy"));
  }
  replace("puzzle_indices", std::vector<int64_t>{0, 2, 3, 6});
  ASSERT_EQ(refusal(), "accepted");
  replace("group_indices", std::vector<int64_t>{0, 4});
  EXPECT_THAT(refusal(), HasSubstr("all__group_indices.npy: it must end with 3"));
  replace("group_indices", std::vector<int64_t>{0, 3});
  replace("puzzle_identifiers", std::vector<int32_t>{1, 2, 4});
  EXPECT_THAT(refusal(), HasSubstr("number 2 is 4"));
  replace("puzzle_identifiers", std::vector<int32_t>{1, 2});
  EXPECT_NE(refusal(), "accepted");
}

}  // namespace
}  // namespace greylag
