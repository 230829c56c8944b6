// SPDX-License-Identifier: Apache-2.0
#include "core/runs/run_config.h"

#include <gtest/gtest.h>

#include <cmath>

namespace greylag {
namespace {

protocol::RunConfig valid() {
  protocol::RunConfig config;
  config.model = "base.pth";
  config.data = "text.jsonl";
  return config;
}

TEST(RunConfig, ComesBackFromYamlUnchanged) {
  protocol::RunConfig config = valid();
  config.name = "a \"quoted\" näme: #1\nline";
  config.lr = 1.0 / 3.0;
  config.epsilon = 1e-18;
  config.seed = 9007199254740991;
  config.skip_bad_rows = true;
  const auto back = parse_run_config(format_run_config(config));
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(format_run_config(*back), format_run_config(config));
  EXPECT_EQ(back->name, config.name);
  EXPECT_EQ(back->lr, config.lr);
  EXPECT_EQ(back->epsilon, 1e-18);
  EXPECT_EQ(back->seed, config.seed);
  EXPECT_TRUE(back->skip_bad_rows);
}

TEST(RunConfig, MissingKeysKeepTheirDefaults) {
  const auto config = parse_run_config("model: m.pth\n");
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->steps, 200);
}

TEST(RunConfig, BadYamlNamesTheKey) {
  for (const char* yaml : {"steps: many\n", "stepz: 3\n"}) {
    const auto config = parse_run_config(yaml);
    ASSERT_FALSE(config.ok());
    EXPECT_EQ(config.error().code, ErrorCode::BadFile);
    EXPECT_NE(config.error().message.find("step"), std::string::npos) << config.error().message;
  }
  EXPECT_FALSE(parse_run_config("[1, 2").ok());
  EXPECT_FALSE(parse_run_config("- a\n- b\n").ok());
  EXPECT_FALSE(parse_run_config("").ok());
}

// The width of a model that cannot be read counts as 768.
TEST(RunConfig, FillsRatesByMethod) {
  const std::pair<const char*, double> rates[] = {
      {"lora", 1.3e-3}, {"full", 1.3e-4}, {"state", 1.0}, {"hrm", 2e-4}};
  for (const auto& [method, lr] : rates) {
    protocol::RunConfig config = valid();
    config.method = method;
    const auto complete = complete_run_config(config);
    ASSERT_TRUE(complete.ok());
    EXPECT_EQ(complete->lr, lr);
    EXPECT_EQ(complete->lr_final, lr / 10);
    EXPECT_GE(complete->threads, 1);
  }
}

TEST(RunConfig, RefusesWhatIsOutOfBoundsByName) {
  const auto refused = [](const char* field, const auto& change) {
    protocol::RunConfig config = valid();
    change(config);
    const auto complete = complete_run_config(config);
    ASSERT_FALSE(complete.ok()) << field;
    EXPECT_EQ(complete.error().code, ErrorCode::InvalidArgument);
    EXPECT_EQ(complete.error().message.rfind(field, 0), 0u) << complete.error().message;
  };
  refused("model", [](auto& c) { c.model.clear(); });
  refused("data", [](auto& c) { c.data.clear(); });
  refused("method", [](auto& c) { c.method = "magic"; });
  refused("steps", [](auto& c) { c.steps = 0; });
  refused("lr ", [](auto& c) { c.lr = -1; });
  refused("lr ", [](auto& c) { c.lr = NAN; });
  refused("lr_final", [](auto& c) { c.lr_final = 1; });
  refused("batch", [](auto& c) { c.batch = 0; });
  refused("context", [](auto& c) { c.context = 8; });
  refused("rank", [](auto& c) { c.rank = 4096; });
  refused("beta1", [](auto& c) { c.beta1 = 1; });
  refused("epsilon", [](auto& c) { c.epsilon = 0; });
  refused("validation_share", [](auto& c) { c.validation_share = 0.9; });
  refused("keep_last", [](auto& c) { c.keep_last = 0; });
  refused("seed", [](auto& c) { c.seed = -1; });
  refused("optimizer", [](auto& c) { c.optimizer = "sgd"; });
  refused("patience", [](auto& c) { c.patience = -1; });
  refused("hrm_blocks", [](auto& c) { c.hrm_blocks = 0; });
  const auto refused_core = [&](const char* field, const auto& change) {
    refused(field, [&](auto& c) {
      c.method = "hrm";
      change(c);
    });
  };
  refused_core("hrm_width", [](auto& c) { c.hrm_width = 100; });
  refused_core("hrm_gate", [](auto& c) { c.hrm_gate = "open"; });
  refused_core("hrm_backbone", [](auto& c) { c.hrm_backbone = "thawed"; });
  refused_core("hrm_halt_tau", [](auto& c) { c.hrm_halt_tau = 1; });
  refused_core("hrm_grad_cycles must be 1 (each cycle by itself), 4", [](auto& c) {
    c.hrm_h_cycles = 4;
    c.hrm_grad_cycles = 2;
  });
  refused_core("hrm_backbone_lr must be at most 1e-5", [](auto& c) {
    c.hrm_backbone = "full";
    c.hrm_backbone_lr = 1e-4;
  });
}

TEST(RunConfig, PathsThatAreNoUtf8AndOtherTextsComeBack) {
  for (const std::string text :
       {"/d/\xEE\xBF\xA9.jsonl", "/a\\b \"c\"", "/tab\there", "/\xF0\x9F\xA6\xA2"}) {
    protocol::RunConfig config = valid();
    config.data = text;
    const auto back = parse_run_config(format_run_config(config));
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_EQ(back->data, text);
  }
}

TEST(RunConfig, ChangesAreNamedWithBothValues) {
  const protocol::RunConfig was = valid();
  EXPECT_TRUE(config_changes(was, was).empty());
  protocol::RunConfig is = was;
  is.seed = 2;
  is.lr_final = 0.25;
  is.name = "b";
  const auto changes = config_changes(was, is);
  ASSERT_EQ(changes.size(), 3u);
  EXPECT_EQ(changes[0].field + changes[0].was + changes[0].is, "name\"\"\"b\"");
  EXPECT_EQ(changes[1].field + changes[1].was + changes[1].is, "lr_final0.00.25");
  EXPECT_EQ(changes[2].field + changes[2].was + changes[2].is, "seed12");
  EXPECT_FALSE(changes[0].is_fixed || changes[1].is_fixed);
  EXPECT_TRUE(changes[2].is_fixed);
}

TEST(RunConfig, ABackboneHasARateOfItsOwn) {
  protocol::RunConfig config = valid();
  config.method = "hrm";
  for (const auto& [backbone, lr] :
       {std::pair{"frozen", 0.0}, std::pair{"lora", 1.3e-3}, std::pair{"full", 1e-5}}) {
    config.hrm_backbone = backbone;
    EXPECT_EQ(complete_run_config(config)->hrm_backbone_lr, lr) << backbone;
  }
}

}  // namespace
}  // namespace greylag
