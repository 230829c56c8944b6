// SPDX-License-Identifier: Apache-2.0
// /engine/reason: which reasoners there are, a puzzle solved as a stream, and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/api/api_client.h"
#include "tests/support/tiny_reasoner.h"

namespace greylag {
namespace {

using nlohmann::json;
using test::ApiEngine;
using test::ApiReply;
using testing::HasSubstr;

class ReasonApi : public testing::Test {
 protected:
  ReasonApi()
      : engine_([](EngineOptions& options) {
          test::write_tiny_reasoner(options.home.models() / "grid.safetensors");
        }) {}
  // Those of HOME: the one in the box is always there.
  json own_reasoners() const {
    json own = json::array();
    const json all = engine_.call("GET", "/engine/reason/models").json();
    for (const json& model : all["models"]) {
      if (!model["is_builtin"].get<bool>()) own.push_back(model);
    }
    return own;
  }
  ApiReply solve(const json& body) const { return engine_.post("/engine/reason/solve", body); }
  ApiEngine engine_;
};

TEST_F(ReasonApi, ListsReasonersApartFromModelsThatTalk) {
  const json list = own_reasoners();
  ASSERT_EQ(list.size(), 1u) << list;
  const json& model = list[0];
  EXPECT_EQ(model["id"], "grid");
  EXPECT_EQ(model["recipe"], "trm");
  EXPECT_EQ(model["task"], "sudoku");
  EXPECT_EQ(model["mixer"], "mlp_t");
  EXPECT_EQ(model["rows"], 4);
  EXPECT_EQ(model["problem"], "");
  EXPECT_GT(model["parameters"], 1000);
  for (const char* route : {"/engine/models", "/v1/models"}) {
    EXPECT_THAT(engine_.call("GET", route).body, testing::Not(HasSubstr("grid"))) << route;
  }
  const json inspected = engine_.post("/engine/models/inspect", {{"path", model["path"]}}).json();
  EXPECT_EQ(inspected["architecture"], "puzzle");
  EXPECT_EQ(inspected["problem"], "");
}

TEST_F(ReasonApi, StreamsTheAnswerAfterEachSegment) {
  const ApiReply reply = solve({{"puzzle", test::kTinyPuzzle}, {"segments", 3}, {"rollouts", 2}});
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.head, HasSubstr("text/event-stream"));
  const auto events = reply.events();
  ASSERT_EQ(events.size(), 5u) << reply.body;
  for (size_t i = 0; i < 3; ++i) {
    const json event = json::parse(events[i]);
    EXPECT_EQ(event["segment"], i + 1);
    EXPECT_EQ(event["model"], "grid");
    ASSERT_EQ(event["cells"].size(), 16u);
    EXPECT_EQ(event["cells"][0], 2);  // given
    EXPECT_EQ(event["cells"][1], 3);
    EXPECT_EQ(event["confidence"].size(), 16u);
    EXPECT_TRUE(event["has_rules"].get<bool>());
    EXPECT_EQ(event["violations"], event["violated"].size());
    EXPECT_FALSE(event["is_last"].get<bool>());
  }
  const json last = json::parse(events[3]);
  EXPECT_TRUE(last["is_last"].get<bool>());
  EXPECT_EQ(last["end"], "segments");
  EXPECT_EQ(last["cells"], json::parse(events[2])["cells"]);
  EXPECT_EQ(events[4], "[DONE]");
}

TEST_F(ReasonApi, TakesCellsAsNumbers) {
  std::vector<int> cells(16, 1);
  cells[5] = 4;
  const auto events = solve({{"cells", cells}, {"segments", 1}}).events();
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(json::parse(events[0])["cells"][5], 4);
}

TEST_F(ReasonApi, RefusesWhatItCannotSolve) {
  struct Case {
    json body;
    int status;
    const char* message;
  };
  const std::string puzzle = test::kTinyPuzzle;
  const Case cases[] = {
      {json::object(), 400, "either as text or as cells"},
      {{{"puzzle", puzzle}, {"cells", {1}}}, 400, "either as text or as cells"},
      {{{"puzzle", std::string(36, '.')}}, 400, "36 cells"},
      {{{"puzzle", "11.............."}}, 400, "contradict"},
      {{{"puzzle", "hello"}}, 400, ""},
      {{{"cells", std::vector<int>(16, 9)}}, 400, "tokens are 0 to 5"},
      {{{"cells", "1"}}, 400, "wrong type"},
      {{{"puzzle", puzzle}, {"segments", 0}}, 400, "segments"},
      {{{"puzzle", puzzle}, {"rollouts", 1000}}, 400, "rollouts"},
      {{{"puzzle", puzzle}, {"puzzle_id", 1}}, 400, "puzzle_id"},
      {{{"puzzle", puzzle}, {"model", "nobody"}}, 404, "nobody"},
      {{{"puzzle", puzzle}, {"model", "tiny"}}, 404, "tiny"},  // it talks
  };
  for (const Case& one : cases) {
    const ApiReply reply = solve(one.body);
    EXPECT_EQ(reply.status, one.status) << one.body;
    EXPECT_THAT(reply.json()["error"]["message"].get<std::string>(), HasSubstr(one.message));
  }
  EXPECT_EQ(engine_.call("POST", "/engine/reason/solve", "{").status, 400);
  EXPECT_EQ(engine_.call("GET", "/engine/reason/solve").status, 405);
}

// Of our generator: 28 clues.
TEST_F(ReasonApi, TheReasonerInTheBoxSolvesASudoku) {
  const ApiReply reply =
      solve({{"puzzle",
              "..6594.2.4......8...27.......74...6.1.3.5.8.7....7.395..5.23...2..9.."
              ".5.9........"}});
  const auto events = reply.events();
  ASSERT_GE(events.size(), 2u) << reply.body;
  EXPECT_THAT(reply.body, HasSubstr("greylag-sudoku"));
  const json last = json::parse(events[events.size() - 2]);
  EXPECT_TRUE(last["is_solved"].get<bool>()) << last;
}

TEST_F(ReasonApi, ClosingTheStreamLetsTheNextPuzzleIn) {
  const json body = {{"puzzle", test::kTinyPuzzle}, {"segments", 128}, {"rollouts", 64}};
  const std::string bytes = engine_.request("POST", "/engine/reason/solve", body.dump(), "");
  EXPECT_THAT(engine_.hang_up_after(bytes, 400), HasSubstr("200"));
  EXPECT_EQ(solve({{"puzzle", test::kTinyPuzzle}, {"segments", 1}}).events().size(), 3u);
}

TEST_F(ReasonApi, AReasonerCanBeDeleted) {
  EXPECT_EQ(engine_.call("DELETE", "/engine/models/grid").status, 200);
  EXPECT_TRUE(own_reasoners().empty());
  EXPECT_EQ(solve({{"puzzle", test::kTinyPuzzle}, {"model", "grid"}}).status, 404);
}

TEST_F(ReasonApi, NeedsTheControlToken) {
  const std::string head = " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(engine_.port()) +
                           "\r\nAuthorization: Bearer " + engine_.api_token() + "\r\n\r\n";
  EXPECT_EQ(engine_.raw("GET /engine/reason/models" + head).status, 403);
  EXPECT_EQ(engine_.raw("POST /engine/reason/solve" + head).status, 403);
}

}  // namespace
}  // namespace greylag
