// SPDX-License-Identifier: GPL-3.0-or-later
// Which settings of a training plan can be changed, in what range, and for which method? The table
// behind SettingList: a number, a switch, or one of a few words of a RunConfig per field.
#pragma once

#include <QString>
#include <span>

#include "core/protocol/training.h"

struct SettingOption {
  const char* word;  // as in RunConfig
  const char* label;
};

struct SettingField {
  using RunConfig = greylag::protocol::RunConfig;

  const char* key;  // the name in RunConfig
  const char* label;
  const char* hint;
  double low = 0, high = 0;  // of a number
  // One of these four is set.
  int64_t RunConfig::*whole = nullptr;
  double RunConfig::*real = nullptr;
  bool RunConfig::*flag = nullptr;
  std::string RunConfig::*word = nullptr;
  // Of words; a whole number with options is one of them, or "all" for the H-cycles. The options of
  // hrm_core are the cores that fit the model.
  std::span<const SettingOption> options = {};
  bool isExpert = false;

  bool isNumber() const { return (whole != nullptr || real != nullptr) && options.empty(); }
  bool isChoice() const { return word != nullptr || !options.empty(); }
};

// In the order of the view.
std::span<const SettingField> settingFields();
// A label, hint or option in the user's language.
QString settingText(const char* source);
// Row of a key; -1 if there is none.
int settingRow(const QString& key);

inline constexpr const char* kAllCycles = "all";
