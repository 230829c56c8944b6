// SPDX-License-Identifier: Apache-2.0
// Task files are read whole or refused with the place.
#include "core/puzzle/arc_task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/file.h"
#include "tests/support/temp_dir.h"

namespace greylag {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr char kTask[] =
    R"({"train":[{"input":[[0,1]],"output":[[9],[2]]}],"test":[{"input":[[3]]}]})";

std::string refusal(std::string_view text) {
  const auto task = parse_arc_task("t", text);
  if (task) return "accepted";
  EXPECT_EQ(task.error().code, ErrorCode::BadFile);
  return task.error().message;
}

TEST(ArcTask, IsReadFromJson) {
  const auto task = parse_arc_task("t", kTask);
  ASSERT_TRUE(task) << task.error().message;
  EXPECT_EQ(task->name, "t");
  EXPECT_EQ(task->demonstrations[0].input, (ArcGrid{1, 2, {0, 1}}));
  EXPECT_EQ(task->demonstrations[0].output, (ArcGrid{2, 1, {9, 2}}));
  EXPECT_EQ(task->tests[0].input, (ArcGrid{1, 1, {3}}));
  EXPECT_EQ(task->tests[0].output, ArcGrid{});
}

TEST(ArcTask, IsRefusedWithThePlace) {
  EXPECT_THAT(refusal("[1]"), HasSubstr("JSON object"));
  EXPECT_THAT(refusal("{"), HasSubstr("JSON object"));
  EXPECT_THAT(refusal(R"({"train":[]})"), HasSubstr("\"train\""));
  EXPECT_THAT(refusal(R"({"train":[{"input":[[1]],"output":[[1]]}]})"), HasSubstr("\"test\""));
  for (const char* output : {"1", "[]", "[[]]", "[[1],[1,2]]", "[[10]]", "[[-1]]", "[[0.5]]",
                             "[[\"1\"]]", "[1]", "null"}) {
    const std::string text = std::string(R"({"train":[{"input":[[1]],"output":[[1]]},)") +
                             R"({"input":[[1]],"output":)" + output +
                             R"(}],"test":[{"input":[[1]]}]})";
    EXPECT_THAT(refusal(text), AllOf(HasSubstr("pair 2 of \"train\""), HasSubstr("\"output\"")))
        << output;
  }
  std::string wide = "[[0";
  for (int i = 0; i < 30; ++i) wide += ",0";
  EXPECT_THAT(refusal(R"({"train":[{"input":)" + wide + R"(]],"output":[[1]]}],"test":[]})"),
              HasSubstr("pair 1"));
  EXPECT_THAT(refusal(R"({"train":[{"input":[[1]]}],"test":[{"input":[[1]]}]})"),
              HasSubstr("\"output\""));
  EXPECT_THAT(refusal(R"({"train":[7],"test":[{"input":[[1]]}]})"), HasSubstr("pair 1"));
}

TEST(ArcTask, FoldersAreReadByName) {
  const test::TempDir folder;
  EXPECT_EQ(read_arc_tasks(folder.path()).error().code, ErrorCode::NotFound);
  EXPECT_EQ(read_arc_tasks(folder / "none").error().code, ErrorCode::NotFound);
  for (const char* name : {"b.json", "a.json", "readme.txt"}) {
    ASSERT_TRUE(write_file_atomic(folder / name, kTask));
  }
  const auto tasks = read_arc_tasks(folder.path());
  ASSERT_TRUE(tasks) << tasks.error().message;
  ASSERT_EQ(tasks->size(), 2u);
  EXPECT_EQ((*tasks)[0].name, "a");
  ASSERT_TRUE(write_file_atomic(folder / "c.json", "{}"));
  EXPECT_THAT(read_arc_tasks(folder.path()).error().message, HasSubstr("c.json"));
}

TEST(ArcTask, PairsHaveACanonicalForm) {
  CounterRandom random(5, 0);
  const ArcPair pair{{2, 3, {0, 1, 2, 3, 1, 0}}, {1, 2, {2, 4}}};
  const std::string form = canonical_arc_pair(pair);
  for (int i = 0; i < 30; ++i) {
    const ArcAugmentation augmentation = random_arc_augmentation(random);
    const ArcPair image{apply(augmentation, pair.input), apply(augmentation, pair.output)};
    ASSERT_EQ(canonical_arc_pair(image), form);
  }
  EXPECT_NE(canonical_arc_pair({pair.input, {1, 2, {2, 1}}}), form);
  EXPECT_NE(canonical_arc_pair({pair.input, {2, 1, {2, 4}}}), form);
  EXPECT_NE(canonical_arc_pair({{2, 3, {1, 0, 2, 3, 1, 0}}, pair.output}), form);
}

}  // namespace
}  // namespace greylag
