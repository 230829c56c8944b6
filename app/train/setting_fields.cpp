// SPDX-License-Identifier: GPL-3.0-or-later
// Ranges keep typing errors out; the engine checks its own bounds again. What a reasoning core's
// settings mean: facts hrm.md 4.3 to 4.6.
#include "app/train/setting_fields.h"

#include <QCoreApplication>
#include <array>

namespace {

using greylag::protocol::RunConfig;

constexpr std::array kBackbones{
    SettingOption{"frozen", QT_TRANSLATE_NOOP("SettingList", "Frozen")},
    SettingOption{"lora", QT_TRANSLATE_NOOP("SettingList", "Learns by LoRA")},
    SettingOption{"full", QT_TRANSLATE_NOOP("SettingList", "Learns too")},
};
constexpr std::array kOptimizers{
    SettingOption{"adamw", QT_TRANSLATE_NOOP("SettingList", "AdamW")},
    SettingOption{"adam_atan2", QT_TRANSLATE_NOOP("SettingList", "Adam-atan2")},
};
constexpr std::array kGates{
    SettingOption{"none", QT_TRANSLATE_NOOP("SettingList", "None")},
    SettingOption{"token", QT_TRANSLATE_NOOP("SettingList", "For each token")},
};
constexpr std::array kGradientCycles{
    SettingOption{"1", QT_TRANSLATE_NOOP("SettingList", "Each cycle by itself")},
    SettingOption{kAllCycles, QT_TRANSLATE_NOOP("SettingList", "All cycles")},
    SettingOption{"0", QT_TRANSLATE_NOOP("SettingList", "Last calls only")},
};

constexpr std::array kFields{
    SettingField{
        .key = "steps",
        .label = QT_TRANSLATE_NOOP("SettingList", "Steps"),
        .hint = QT_TRANSLATE_NOOP("SettingList",
                                  "How often the weights are improved. More learns more, and "
                                  "memorises more."),
        .low = 1,
        .high = 10'000'000,
        .whole = &RunConfig::steps},
    SettingField{
        .key = "lr",
        .label = QT_TRANSLATE_NOOP("SettingList", "Learning rate"),
        .hint = QT_TRANSLATE_NOOP(
            "SettingList", "Size of one improvement at its peak. Too high makes the loss jump."),
        .low = 1e-8,
        .high = 1,
        .real = &RunConfig::lr},
    SettingField{
        .key = "batch",
        .label = QT_TRANSLATE_NOOP("SettingList", "Batch"),
        .hint = QT_TRANSLATE_NOOP(
            "SettingList", "Samples looked at together. More is steadier and needs more memory."),
        .low = 1,
        .high = 1024,
        .whole = &RunConfig::batch},
    SettingField{.key = "context",
                 .label = QT_TRANSLATE_NOOP("SettingList", "Context"),
                 .hint = QT_TRANSLATE_NOOP("SettingList",
                                           "Tokens of a sample at most; longer ones are cut."),
                 .low = 16,
                 .high = 1'048'576,
                 .whole = &RunConfig::context},
    SettingField{
        .key = "hrm_core",
        .label = QT_TRANSLATE_NOOP("SettingList", "Start from"),
        .hint = QT_TRANSLATE_NOOP("SettingList",
                                  "A fresh core, or one of this model that learns on. Then "
                                  "its shape is kept."),
        .word = &RunConfig::hrm_core},
    SettingField{
        .key = "hrm_width",
        .label = QT_TRANSLATE_NOOP("SettingList", "Core width"),
        .hint = QT_TRANSLATE_NOOP("SettingList",
                                  "Numbers per token inside the core, a multiple of 64. 0: "
                                  "half the model's width."),
        .low = 0,
        .high = 8192,
        .whole = &RunConfig::hrm_width},
    SettingField{.key = "hrm_blocks",
                 .label = QT_TRANSLATE_NOOP("SettingList", "Blocks"),
                 .hint = QT_TRANSLATE_NOOP("SettingList",
                                           "RWKV-7 blocks in each of the core's two modules."),
                 .low = 1,
                 .high = 64,
                 .whole = &RunConfig::hrm_blocks},
    SettingField{.key = "hrm_h_cycles",
                 .label = QT_TRANSLATE_NOOP("SettingList", "H-cycles"),
                 .hint = QT_TRANSLATE_NOOP("SettingList",
                                           "How often the slow module thinks about each token: the "
                                           "largest effort in Chat."),
                 .low = 1,
                 .high = 64,
                 .whole = &RunConfig::hrm_h_cycles},
    SettingField{.key = "hrm_l_cycles",
                 .label = QT_TRANSLATE_NOOP("SettingList", "L-cycles"),
                 .hint = QT_TRANSLATE_NOOP("SettingList",
                                           "How often the fast module works in each H-cycle."),
                 .low = 1,
                 .high = 64,
                 .whole = &RunConfig::hrm_l_cycles},
    SettingField{.key = "hrm_grad_cycles",
                 .label = QT_TRANSLATE_NOOP("SettingList", "Gradient cycles"),
                 .hint = QT_TRANSLATE_NOOP("SettingList",
                                           "How far back each cycle's loss reaches. All cycles is "
                                           "exact and needs the most memory, last calls only the "
                                           "least."),
                 .whole = &RunConfig::hrm_grad_cycles,
                 .options = kGradientCycles},
    SettingField{.key = "hrm_ds_weight",
                 .label = QT_TRANSLATE_NOOP("SettingList", "Deep supervision weight"),
                 .hint = QT_TRANSLATE_NOOP(
                     "SettingList",
                     "How much the loss of each earlier cycle counts; the last one's counts 1."),
                 .low = 0,
                 .high = 10,
                 .real = &RunConfig::hrm_ds_weight},
    SettingField{.key = "hrm_halting",
                 .label = QT_TRANSLATE_NOOP("SettingList", "Halting"),
                 .hint = QT_TRANSLATE_NOOP("SettingList",
                                           "Lets tokens that are sure stop before the last cycle."),
                 .flag = &RunConfig::hrm_halting},
    SettingField{
        .key = "hrm_halt_tau",
        .label = QT_TRANSLATE_NOOP("SettingList", "Halting threshold"),
        .hint = QT_TRANSLATE_NOOP("SettingList", "A token stops when it is surer than this."),
        .low = 0.01,
        .high = 0.9999,
        .real = &RunConfig::hrm_halt_tau},
    SettingField{
        .key = "hrm_backbone",
        .label = QT_TRANSLATE_NOOP("SettingList", "Model beside the core"),
        .hint = QT_TRANSLATE_NOOP("SettingList",
                                  "Frozen: it stays as it is, and training is cheapest. If it "
                                  "learns too, the core works with the changed model only."),
        .word = &RunConfig::hrm_backbone,
        .options = kBackbones},
    SettingField{
        .key = "rank",
        .label = QT_TRANSLATE_NOOP("SettingList", "Rank"),
        .hint = QT_TRANSLATE_NOOP(
            "SettingList", "Size of the LoRA adapter: 8 for a manner, 32 and more for facts."),
        .low = 1,
        .high = 1024,
        .whole = &RunConfig::rank},
    SettingField{.key = "seed",
                 .label = QT_TRANSLATE_NOOP("SettingList", "Seed"),
                 .hint = QT_TRANSLATE_NOOP("SettingList",
                                           "The same seed and settings give the same result."),
                 .low = 0,
                 .high = 9e15,
                 .whole = &RunConfig::seed},
    SettingField{
        .key = "accumulation",
        .label = QT_TRANSLATE_NOOP("SettingList", "Accumulation"),
        .hint = QT_TRANSLATE_NOOP(
            "SettingList", "Batches added up for one step: a larger batch without more memory."),
        .low = 1,
        .high = 4096,
        .whole = &RunConfig::accumulation,
        .isExpert = true},
    SettingField{.key = "alpha",
                 .label = QT_TRANSLATE_NOOP("SettingList", "LoRA alpha"),
                 .hint = QT_TRANSLATE_NOOP("SettingList", "The adapter counts alpha / rank times."),
                 .low = 1e-3,
                 .high = 65536,
                 .real = &RunConfig::alpha,
                 .isExpert = true},
    SettingField{.key = "train_norms",
                 .label = QT_TRANSLATE_NOOP("SettingList", "Layer norms too"),
                 .hint = QT_TRANSLATE_NOOP("SettingList",
                                           "Trains the layer norms beside the matrices, as "
                                           "RWKV-PEFT does unless told otherwise."),
                 .flag = &RunConfig::train_norms,
                 .isExpert = true},
    SettingField{
        .key = "hrm_backbone_lr",
        .label = QT_TRANSLATE_NOOP("SettingList", "The model's learning rate"),
        .hint = QT_TRANSLATE_NOOP("SettingList", "Of the model beside the core. 0: what suits it."),
        .low = 0,
        .high = 1,
        .real = &RunConfig::hrm_backbone_lr,
        .isExpert = true},
    SettingField{
        .key = "hrm_tap",
        .label = QT_TRANSLATE_NOOP("SettingList", "Tap"),
        .hint = QT_TRANSLATE_NOOP("SettingList",
                                  "The core comes after this many blocks of the model. -1: "
                                  "after all."),
        .low = -1,
        .high = 1024,
        .whole = &RunConfig::hrm_tap,
        .isExpert = true},
    SettingField{
        .key = "hrm_share",
        .label = QT_TRANSLATE_NOOP("SettingList", "One module for both roles"),
        .hint = QT_TRANSLATE_NOOP("SettingList",
                                  "Halves the core's size: the slow and the fast module share "
                                  "their weights."),
        .flag = &RunConfig::hrm_share,
        .isExpert = true},
    SettingField{.key = "hrm_gate",
                 .label = QT_TRANSLATE_NOOP("SettingList", "Gate"),
                 .hint = QT_TRANSLATE_NOOP(
                     "SettingList", "Lets the core learn for which tokens its answer counts."),
                 .word = &RunConfig::hrm_gate,
                 .options = kGates,
                 .isExpert = true},
    SettingField{.key = "hrm_halt_weight",
                 .label = QT_TRANSLATE_NOOP("SettingList", "Halting loss weight"),
                 .hint = QT_TRANSLATE_NOOP("SettingList",
                                           "How much it counts to know when an answer is right."),
                 .low = 0,
                 .high = 10,
                 .real = &RunConfig::hrm_halt_weight,
                 .isExpert = true},
    SettingField{.key = "hrm_explore",
                 .label = QT_TRANSLATE_NOOP("SettingList", "Full-depth share"),
                 .hint = QT_TRANSLATE_NOOP(
                     "SettingList", "Part of the tokens that may not stop early in training."),
                 .low = 0,
                 .high = 1,
                 .real = &RunConfig::hrm_explore,
                 .isExpert = true},
    SettingField{.key = "hrm_alpha_warmup_steps",
                 .label = QT_TRANSLATE_NOOP("SettingList", "Strength warm-up steps"),
                 .hint = QT_TRANSLATE_NOOP(
                     "SettingList", "Steps until the core counts in full; 0: from the start."),
                 .low = 0,
                 .high = 1'000'000,
                 .whole = &RunConfig::hrm_alpha_warmup_steps,
                 .isExpert = true},
    SettingField{
        .key = "warmup_steps",
        .label = QT_TRANSLATE_NOOP("SettingList", "Warm-up steps"),
        .hint = QT_TRANSLATE_NOOP("SettingList", "Steps until the learning rate reaches its peak."),
        .low = 0,
        .high = 1'000'000,
        .whole = &RunConfig::warmup_steps,
        .isExpert = true},
    SettingField{.key = "optimizer",
                 .label = QT_TRANSLATE_NOOP("SettingList", "Optimizer"),
                 .hint = QT_TRANSLATE_NOOP("SettingList", "How gradients become improvements."),
                 .word = &RunConfig::optimizer,
                 .options = kOptimizers,
                 .isExpert = true},
    SettingField{.key = "weight_decay",
                 .label = QT_TRANSLATE_NOOP("SettingList", "Weight decay"),
                 .hint = QT_TRANSLATE_NOOP("SettingList", "Pulls large matrices towards zero."),
                 .low = 0,
                 .high = 10,
                 .real = &RunConfig::weight_decay,
                 .isExpert = true},
    SettingField{
        .key = "clip",
        .label = QT_TRANSLATE_NOOP("SettingList", "Gradient clip"),
        .hint = QT_TRANSLATE_NOOP("SettingList", "Largest gradient norm; 0 switches it off."),
        .low = 0,
        .high = 1e6,
        .real = &RunConfig::clip,
        .isExpert = true},
    SettingField{.key = "l2wrap",
                 .label = QT_TRANSLATE_NOOP("SettingList", "L2Wrap"),
                 .hint = QT_TRANSLATE_NOOP("SettingList", "Keeps logits small; 0 switches it off."),
                 .low = 0,
                 .high = 1,
                 .real = &RunConfig::l2wrap,
                 .isExpert = true},
    SettingField{
        .key = "validation_share",
        .label = QT_TRANSLATE_NOOP("SettingList", "Validation share"),
        .hint = QT_TRANSLATE_NOOP("SettingList",
                                  "Part of the data that is held back to see whether it learned."),
        .low = 0,
        .high = 0.5,
        .real = &RunConfig::validation_share,
        .isExpert = true},
    SettingField{
        .key = "validate_every",
        .label = QT_TRANSLATE_NOOP("SettingList", "Validate every"),
        .hint = QT_TRANSLATE_NOOP("SettingList", "Steps between two validations; 0 is never."),
        .low = 0,
        .high = 1'000'000,
        .whole = &RunConfig::validate_every,
        .isExpert = true},
    SettingField{
        .key = "patience",
        .label = QT_TRANSLATE_NOOP("SettingList", "Patience"),
        .hint = QT_TRANSLATE_NOOP("SettingList",
                                  "The run ends after this many validations without a better "
                                  "loss; 0 switches it off."),
        .low = 0,
        .high = 1'000'000,
        .whole = &RunConfig::patience,
        .isExpert = true},
    SettingField{
        .key = "min_delta",
        .label = QT_TRANSLATE_NOOP("SettingList", "Smallest gain"),
        .hint = QT_TRANSLATE_NOOP("SettingList",
                                  "A validation loss is better when it is lower by more than "
                                  "this."),
        .low = 0,
        .high = 100,
        .real = &RunConfig::min_delta,
        .isExpert = true},
    SettingField{
        .key = "grace_steps",
        .label = QT_TRANSLATE_NOOP("SettingList", "Grace steps"),
        .hint = QT_TRANSLATE_NOOP("SettingList", "Patience does not count before this step."),
        .low = 0,
        .high = 10'000'000,
        .whole = &RunConfig::grace_steps,
        .isExpert = true},
    SettingField{
        .key = "save_every",
        .label = QT_TRANSLATE_NOOP("SettingList", "Save every"),
        .hint = QT_TRANSLATE_NOOP("SettingList",
                                  "Steps between two checkpoints. The last step is always saved."),
        .low = 1,
        .high = 1'000'000,
        .whole = &RunConfig::save_every,
        .isExpert = true},
    SettingField{.key = "keep_last",
                 .label = QT_TRANSLATE_NOOP("SettingList", "Checkpoints kept"),
                 .hint = QT_TRANSLATE_NOOP("SettingList", "The newest ones, beside the best one."),
                 .low = 1,
                 .high = 1000,
                 .whole = &RunConfig::keep_last,
                 .isExpert = true},
    SettingField{.key = "threads",
                 .label = QT_TRANSLATE_NOOP("SettingList", "Threads"),
                 .hint = QT_TRANSLATE_NOOP("SettingList", "0 uses all processor cores."),
                 .low = 0,
                 .high = 1024,
                 .whole = &RunConfig::threads,
                 .isExpert = true},
};

}  // namespace

std::span<const SettingField> settingFields() { return kFields; }

QString settingText(const char* source) {
  return QCoreApplication::translate("SettingList", source);
}

int settingRow(const QString& key) {
  for (size_t i = 0; i < kFields.size(); ++i) {
    if (key == QLatin1String(kFields[i].key)) return static_cast<int>(i);
  }
  return -1;
}
