// SPDX-License-Identifier: Apache-2.0
// Text and rules.
#include "core/puzzle/sudoku.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace greylag {
namespace {

using testing::HasSubstr;

constexpr char kFour[] = "12|34\n34|12\n--+--\n21|43\n43|21";

std::string refusal(std::string_view text) {
  const auto grid = parse_sudoku(text);
  return grid ? "accepted" : grid.error().message;
}

TEST(Sudoku, IsParsedInManyForms) {
  const auto grid = parse_sudoku("1.|.4\n34|12\n--+--\n21|43\n_0|21\n");
  ASSERT_TRUE(grid) << grid.error().message;
  EXPECT_EQ(grid->shape.size(), 4u);
  EXPECT_EQ(grid->tokens, (std::vector<uint8_t>{2, 1, 1, 5, 4, 5, 2, 3, 3, 2, 5, 4, 1, 1, 3, 2}));
  EXPECT_EQ(format_sudoku(grid->shape, grid->tokens), "1..4\n3412\n2143\n..21\n");
  EXPECT_EQ(count_clues(grid->tokens), 12);
  EXPECT_EQ(parse_sudoku(format_sudoku(grid->shape, grid->tokens))->tokens, grid->tokens);
  EXPECT_EQ(parse_sudoku(std::string(36, '.'))->shape.box_rows, 2u);
  EXPECT_EQ(parse_sudoku(std::string(36, '.'))->shape.box_columns, 3u);
  EXPECT_EQ(parse_sudoku(std::string(81, '9'))->shape.size(), 9u);
}

TEST(Sudoku, SaysWhatIsWrongWithItsText) {
  EXPECT_THAT(refusal("12x4"), HasSubstr("character 3"));
  EXPECT_THAT(refusal(std::string(80, '.')), HasSubstr("80 cells"));
  EXPECT_THAT(refusal(""), HasSubstr("0 cells"));
  EXPECT_THAT(refusal("1....5.........."), HasSubstr("row 2, column 2 holds 5"));
  EXPECT_FALSE(sudoku_shape(5));
}

TEST(Sudoku, BoxesOfSixAreTwoRowsByThreeColumns) {
  const SudokuShape six = *sudoku_shape(6);
  EXPECT_EQ(six.box_of(0), six.box_of(8));   // row 1, column 2
  EXPECT_NE(six.box_of(0), six.box_of(3));   // next stack
  EXPECT_NE(six.box_of(0), six.box_of(12));  // next band
  EXPECT_EQ(six.box_of(35), 5u);
}

TEST(Sudoku, NamesTheCellsThatRepeatADigit) {
  const auto check = [](const std::string& text) {
    const auto grid = parse_sudoku(text);
    return sudoku_violations(grid->shape, grid->tokens);
  };
  EXPECT_TRUE(check(kFour).empty());
  EXPECT_EQ(check("1..1............"), (std::vector<size_t>{0, 3}));   // row
  EXPECT_EQ(check("1...........1..."), (std::vector<size_t>{0, 12}));  // column
  EXPECT_EQ(check("1....1.........."), (std::vector<size_t>{0, 5}));   // box
  EXPECT_TRUE(check("1.....1.........").empty());
}

TEST(Sudoku, SolutionsAreFullRightAndKeepTheClues) {
  const auto answer = parse_sudoku(kFour);
  const auto puzzle = parse_sudoku("1...............");
  const SudokuShape shape = answer->shape;
  EXPECT_TRUE(is_sudoku_solution(shape, puzzle->tokens, answer->tokens));
  EXPECT_TRUE(is_sudoku_solution(shape, answer->tokens, answer->tokens));
  const auto other = parse_sudoku("2...............");
  EXPECT_FALSE(is_sudoku_solution(shape, other->tokens, answer->tokens));
  EXPECT_FALSE(is_sudoku_solution(shape, puzzle->tokens, puzzle->tokens));
  auto wrong = answer->tokens;
  std::swap(wrong[4], wrong[5]);
  EXPECT_FALSE(is_sudoku_solution(shape, puzzle->tokens, wrong));
  wrong = answer->tokens;
  wrong[15] = 6;  // a fifth digit
  EXPECT_FALSE(is_sudoku_solution(shape, puzzle->tokens, wrong));
  wrong.pop_back();
  EXPECT_FALSE(is_sudoku_solution(shape, puzzle->tokens, wrong));
}

}  // namespace
}  // namespace greylag
