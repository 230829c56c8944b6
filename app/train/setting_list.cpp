// SPDX-License-Identifier: GPL-3.0-or-later
// The table of fields. Ranges keep typing errors out; the engine checks its own bounds again.
#include "app/train/setting_list.h"

#include <QCoreApplication>
#include <QLocale>
#include <array>
#include <cmath>
#include <iterator>

using greylag::protocol::RunConfig;

namespace {

struct Field {
  const char* key;
  const char* label;
  const char* hint;
  double low, high;
  int64_t RunConfig::*whole;  // one of these two is set
  double RunConfig::*real;
  bool isExpert;
};

#define GREYLAG_FIELD(text) QT_TRANSLATE_NOOP("SettingList", text)

const std::array kFields{
    Field{
        "steps", GREYLAG_FIELD("Steps"),
        GREYLAG_FIELD("How often the weights are improved. More learns more, and memorises more."),
        1, 10'000'000, &RunConfig::steps, nullptr, false},
    Field{"lr", GREYLAG_FIELD("Learning rate"),
          GREYLAG_FIELD("Size of one improvement at its peak. Too high makes the loss jump."), 1e-8,
          1, nullptr, &RunConfig::lr, false},
    Field{"batch", GREYLAG_FIELD("Batch"),
          GREYLAG_FIELD("Samples looked at together. More is steadier and needs more memory."), 1,
          4096, &RunConfig::batch, nullptr, false},
    Field{"context", GREYLAG_FIELD("Context"),
          GREYLAG_FIELD("Tokens of a sample at most; longer ones are cut."), 8, 1'048'576,
          &RunConfig::context, nullptr, false},
    Field{"rank", GREYLAG_FIELD("Rank"),
          GREYLAG_FIELD("Size of the LoRA adapter: 8 for a manner, 32 and more for facts."), 1,
          4096, &RunConfig::rank, nullptr, false},
    Field{"seed", GREYLAG_FIELD("Seed"),
          GREYLAG_FIELD("The same seed and settings give the same result."), 0, 9e15,
          &RunConfig::seed, nullptr, false},
    Field{"accumulation", GREYLAG_FIELD("Accumulation"),
          GREYLAG_FIELD("Batches added up for one step: a larger batch without more memory."), 1,
          65536, &RunConfig::accumulation, nullptr, true},
    Field{"alpha", GREYLAG_FIELD("LoRA alpha"),
          GREYLAG_FIELD("The adapter counts alpha / rank times."), 1e-3, 65536, nullptr,
          &RunConfig::alpha, true},
    Field{"warmup_steps", GREYLAG_FIELD("Warm-up steps"),
          GREYLAG_FIELD("Steps until the learning rate reaches its peak."), 0, 1'000'000,
          &RunConfig::warmup_steps, nullptr, true},
    Field{"weight_decay", GREYLAG_FIELD("Weight decay"),
          GREYLAG_FIELD("Pulls large matrices towards zero."), 0, 10, nullptr,
          &RunConfig::weight_decay, true},
    Field{"clip", GREYLAG_FIELD("Gradient clip"),
          GREYLAG_FIELD("Largest gradient norm; 0 switches it off."), 0, 1e6, nullptr,
          &RunConfig::clip, true},
    Field{"l2wrap", GREYLAG_FIELD("L2Wrap"),
          GREYLAG_FIELD("Keeps logits small; 0 switches it off."), 0, 1, nullptr,
          &RunConfig::l2wrap, true},
    Field{"validation_share", GREYLAG_FIELD("Validation share"),
          GREYLAG_FIELD("Part of the data that is held back to see whether it learned."), 0, 0.9,
          nullptr, &RunConfig::validation_share, true},
    Field{"validate_every", GREYLAG_FIELD("Validate every"),
          GREYLAG_FIELD("Steps between two validations; 0 is never."), 0, 1'000'000,
          &RunConfig::validate_every, nullptr, true},
    Field{"save_every", GREYLAG_FIELD("Save every"),
          GREYLAG_FIELD("Steps between two checkpoints. The last step is always saved."), 1,
          1'000'000, &RunConfig::save_every, nullptr, true},
    Field{"keep_last", GREYLAG_FIELD("Checkpoints kept"),
          GREYLAG_FIELD("The newest ones, beside the best one."), 1, 1000, &RunConfig::keep_last,
          nullptr, true},
    Field{"threads", GREYLAG_FIELD("Threads"), GREYLAG_FIELD("0 uses all processor cores."), 0,
          1024, &RunConfig::threads, nullptr, true},
};

#undef GREYLAG_FIELD

const Field& field(int row) { return kFields[static_cast<size_t>(row)]; }

QString say(const char* source) { return QCoreApplication::translate("SettingList", source); }

int rowOf(const QString& key) {
  for (size_t i = 0; i < kFields.size(); ++i) {
    if (key == QLatin1String(kFields[i].key)) return static_cast<int>(i);
  }
  return -1;
}

// Without group separators, so that the text can be edited and read back.
QString format(const Field& field, double value) {
  QLocale locale;
  locale.setNumberOptions(QLocale::OmitGroupSeparator);
  if (field.whole != nullptr) return locale.toString(static_cast<qlonglong>(value));
  return locale.toString(value, 'g', 6);
}

// Both 0.001 and the locale's 0,001 are understood.
bool parse(const QString& text, double* value) {
  bool isNumber = false;
  *value = QLocale().toDouble(text.trimmed(), &isNumber);
  if (!isNumber) *value = QLocale::c().toDouble(text.trimmed(), &isNumber);
  return isNumber && std::isfinite(*value);
}

}  // namespace

SettingList::SettingList(QObject* parent) : QAbstractListModel(parent) {
  for (size_t i = 0; i < kFields.size(); ++i) {
    const int row = static_cast<int>(i);
    m_rows.append({defaultOf(row), format(field(row), defaultOf(row)), {}});
  }
}

double SettingList::defaultOf(int row) const {
  static const RunConfig defaults;
  const Field& wanted = field(row);
  if (wanted.whole != nullptr) return static_cast<double>(defaults.*wanted.whole);
  if (wanted.real != &RunConfig::lr) return defaults.*wanted.real;
  return greylag::protocol::default_learning_rate(m_method, m_width);
}

bool SettingList::isUsed(int row) const {
  const Field& wanted = field(row);
  const bool isLora = wanted.whole == &RunConfig::rank || wanted.real == &RunConfig::alpha;
  return !isLora || m_method == "lora";
}

int SettingList::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

QHash<int, QByteArray> SettingList::roleNames() const {
  return {{Key, "key"},           {Label, "label"},         {Hint, "hint"},
          {Value, "valueText"},   {Default, "defaultText"}, {IsChanged, "isChanged"},
          {IsExpert, "isExpert"}, {IsUsed, "isUsed"},       {Problem, "problem"}};
}

QVariant SettingList::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const int row = index.row();
  switch (role) {
    case Key:
      return QString::fromLatin1(field(row).key);
    case Label:
      return say(field(row).label);
    case Hint:
      return say(field(row).hint);
    case Value:
      return m_rows[row].text;
    case Default:
      return format(field(row), defaultOf(row));
    case IsChanged:
      return m_rows[row].value != defaultOf(row);
    case IsExpert:
      return field(row).isExpert;
    case IsUsed:
      return isUsed(row);
    case Problem:
      return m_rows[row].problem;
    default:
      return {};
  }
}

void SettingList::setMethod(const std::string& method) {
  if (m_method != method) follow(method, m_width);
}

void SettingList::setModelWidth(int64_t width) {
  if (m_width != width) follow(m_method, width);
}

void SettingList::follow(const std::string& method, int64_t width) {
  const int rate = rowOf(QStringLiteral("lr"));
  const bool isFollowing = m_rows[rate].value == defaultOf(rate);
  m_method = method;
  m_width = width;
  if (isFollowing) take(rate, format(field(rate), defaultOf(rate)));
  emit dataChanged(index(0), index(rowCount() - 1), {Value, Default, IsChanged, IsUsed});
  emit edited();
}

void SettingList::take(int row, const QString& text) {
  const Field& wanted = field(row);
  Row& target = m_rows[row];
  target.text = text;
  double value = 0;
  const bool isNumber = parse(text, &value);
  if (!isNumber || (wanted.whole != nullptr && value != std::floor(value))) {
    target.problem = wanted.whole != nullptr
                         ? tr("%1 must be a whole number.").arg(say(wanted.label))
                         : tr("%1 must be a number.").arg(say(wanted.label));
  } else if (value < wanted.low || value > wanted.high) {
    target.problem =
        tr("%1 must be between %2 and %3.")
            .arg(say(wanted.label), format(wanted, wanted.low), format(wanted, wanted.high));
  } else {
    target.problem.clear();
    target.value = value;
  }
}

void SettingList::setText(const QString& key, const QString& text) {
  const int row = rowOf(key);
  if (row < 0 || m_rows[row].text == text) return;
  take(row, text);
  emit dataChanged(index(row), index(row), {Value, IsChanged, Problem});
  emit edited();
}

void SettingList::restoreDefaults() {
  for (int row = 0; row < rowCount(); ++row) take(row, format(field(row), defaultOf(row)));
  emit dataChanged(index(0), index(rowCount() - 1), {Value, IsChanged, Problem});
  emit edited();
}

int SettingList::changedCount() const {
  int count = 0;
  for (int row = 0; row < rowCount(); ++row) {
    if (isUsed(row) && m_rows[row].value != defaultOf(row)) ++count;
  }
  return count;
}

QString SettingList::problem() const {
  for (int row = 0; row < rowCount(); ++row) {
    if (isUsed(row) && !m_rows[row].problem.isEmpty()) return m_rows[row].problem;
  }
  return {};
}

double SettingList::number(const QString& key) const {
  const int row = rowOf(key);
  return row < 0 ? 0 : m_rows[row].value;
}

void SettingList::apply(RunConfig& config) const {
  for (int row = 0; row < rowCount(); ++row) {
    const Field& wanted = field(row);
    if (wanted.whole != nullptr) {
      config.*wanted.whole = static_cast<int64_t>(m_rows[row].value);
    } else {
      config.*wanted.real = m_rows[row].value;
    }
  }
}
