// SPDX-License-Identifier: GPL-3.0-or-later
// Texts become values, values become a RunConfig. The table of fields is in setting_fields.cpp.
#include "app/train/setting_list.h"

#include <algorithm>

#include "app/number_text.h"

using greylag::protocol::AdapterStatus;
using greylag::protocol::RunConfig;

namespace {

constexpr int64_t kCoreWidthStep = 64;  // a core's width is made of heads of this size
constexpr double kMostFullRate = 1e-5;  // of a whole model beside a core; facts hrm.md 4.5

const SettingField& field(int row) { return settingFields()[static_cast<size_t>(row)]; }

NumberRange rangeOf(const SettingField& field) {
  return {field.low, field.high, field.whole != nullptr};
}

QString format(const SettingField& field, double value) {
  return editableNumber(value, field.whole != nullptr);
}

}  // namespace

SettingList::SettingList(QObject* parent) : QAbstractListModel(parent) {
  for (size_t i = 0; i < settingFields().size(); ++i) {
    m_rows.append(defaultOf(static_cast<int>(i)));
  }
}

SettingList::Row SettingList::defaultOf(int row) const {
  static const RunConfig defaults;
  const SettingField& wanted = field(row);
  if (wanted.word != nullptr) return {0, QString::fromStdString(defaults.*wanted.word), {}};
  double value = 0;
  if (wanted.flag != nullptr) {
    value = defaults.*wanted.flag ? 1 : 0;
  } else if (wanted.whole != nullptr) {
    value = static_cast<double>(defaults.*wanted.whole);
  } else if (wanted.real == &RunConfig::lr) {
    value = greylag::protocol::default_learning_rate(m_method, m_width);
  } else {
    value = defaults.*wanted.real;
  }
  return {value, wanted.isNumber() ? format(wanted, value) : QString::number(value), {}};
}

bool SettingList::isChanged(int row) const {
  const Row usual = defaultOf(row);
  if (field(row).isChoice()) return m_rows[row].text != usual.text;
  return m_rows[row].value != usual.value;
}

bool SettingList::isWord(const char* key, const char* word) const {
  return m_rows[settingRow(QLatin1String(key))].text == QLatin1String(word);
}

bool SettingList::isUsed(int row) const {
  const QLatin1String key(field(row).key);
  const bool isCore = m_method == "hrm";
  if (key == QLatin1String("rank") || key == QLatin1String("alpha") ||
      key == QLatin1String("train_norms")) {
    return m_method == "lora" || (isCore && isWord("hrm_backbone", "lora"));
  }
  if (key == QLatin1String("min_delta") || key == QLatin1String("grace_steps")) {
    return number(QStringLiteral("patience")) > 0;
  }
  if (!key.startsWith(QLatin1String("hrm_"))) return true;
  if (!isCore) return false;
  if (key == QLatin1String("hrm_core")) return !m_cores.empty();
  if (key == QLatin1String("hrm_backbone_lr")) return !isWord("hrm_backbone", "frozen");
  if (key == QLatin1String("hrm_halt_tau") || key == QLatin1String("hrm_halt_weight") ||
      key == QLatin1String("hrm_explore")) {
    return number(QStringLiteral("hrm_halting")) > 0;
  }
  for (const char* shape : {"hrm_width", "hrm_blocks", "hrm_h_cycles", "hrm_l_cycles", "hrm_tap",
                            "hrm_share", "hrm_gate"}) {
    if (key == QLatin1String(shape)) return chosenCore() == nullptr;
  }
  return true;
}

const AdapterStatus* SettingList::chosenCore() const {
  const std::string path = m_rows[settingRow(QStringLiteral("hrm_core"))].text.toStdString();
  const auto found = std::find_if(m_cores.begin(), m_cores.end(),
                                  [&](const AdapterStatus& core) { return core.path == path; });
  return found == m_cores.end() ? nullptr : &*found;
}

int64_t SettingList::cycles() const {
  const AdapterStatus* core = chosenCore();
  return core != nullptr ? core->cycles
                         : static_cast<int64_t>(number(QStringLiteral("hrm_h_cycles")));
}

int SettingList::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

QHash<int, QByteArray> SettingList::roleNames() const {
  return {{Key, "key"},           {Label, "label"},         {Hint, "hint"},
          {Value, "valueText"},   {Default, "defaultText"}, {IsChanged, "isChanged"},
          {IsExpert, "isExpert"}, {IsUsed, "isUsed"},       {Problem, "problem"},
          {Kind, "kind"},         {Options, "options"},     {ValueName, "valueName"},
          {Range, "rangeText"}};
}

QVariantList SettingList::optionsOf(int row) const {
  QVariantList list;
  const auto add = [&list](const QString& value, const QString& text) {
    list.append(QVariantMap{{QStringLiteral("value"), value}, {QStringLiteral("text"), text}});
  };
  if (field(row).word == &RunConfig::hrm_core) {
    add({}, tr("A fresh core"));
    for (const AdapterStatus& core : m_cores) {
      add(QString::fromStdString(core.path), QString::fromStdString(core.id));
    }
  }
  for (const SettingOption& option : field(row).options) {
    add(QString::fromLatin1(option.word), settingText(option.label));
  }
  return list;
}

QString SettingList::nameOf(int row, const Row& value) const {
  if (field(row).flag != nullptr) return value.value > 0 ? tr("on") : tr("off");
  if (!field(row).isChoice()) return value.text;
  for (const QVariant& option : optionsOf(row)) {
    const QVariantMap map = option.toMap();
    if (map[QStringLiteral("value")].toString() == value.text) {
      return map[QStringLiteral("text")].toString();
    }
  }
  return value.text;
}

QVariant SettingList::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const int row = index.row();
  const SettingField& wanted = field(row);
  switch (role) {
    case Key:
      return QString::fromLatin1(wanted.key);
    case Label:
      return settingText(wanted.label);
    case Hint:
      return settingText(wanted.hint);
    case Value:
      return m_rows[row].text;
    case Default:
      return nameOf(row, defaultOf(row));
    case IsChanged:
      return isChanged(row);
    case IsExpert:
      return wanted.isExpert;
    case IsUsed:
      return isUsed(row);
    case Problem:
      return m_rows[row].problem;
    case Kind:
      return wanted.isNumber()        ? QStringLiteral("number")
             : wanted.flag != nullptr ? QStringLiteral("switch")
                                      : QStringLiteral("choice");
    case Options:
      return optionsOf(row);
    case ValueName:
      return nameOf(row, m_rows[row]);
    case Range:
      if (!wanted.isNumber()) return QString();
      return rangeText(rangeOf(wanted));
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

void SettingList::setCores(std::vector<AdapterStatus> cores) {
  m_cores = std::move(cores);
  const int row = settingRow(QStringLiteral("hrm_core"));
  const bool isGone = !m_rows[row].text.isEmpty() && chosenCore() == nullptr;
  if (isGone) m_rows[row] = defaultOf(row);
  emit dataChanged(index(0), index(rowCount() - 1));
  if (isGone) emit edited();
}

void SettingList::follow(const std::string& method, int64_t width) {
  const int rate = settingRow(QStringLiteral("lr"));
  const bool isFollowing = !isChanged(rate);
  m_method = method;
  m_width = width;
  if (isFollowing) m_rows[rate] = defaultOf(rate);
  emit dataChanged(index(0), index(rowCount() - 1));
  emit edited();
}

void SettingList::take(int row, const QString& text) {
  const SettingField& wanted = field(row);
  Row& target = m_rows[row];
  target.text = text;
  if (wanted.isChoice()) return;
  if (wanted.flag != nullptr) {
    target.value = text == QLatin1String("1") ? 1 : 0;
    return;
  }
  const QString label = settingText(wanted.label);
  const TypedNumber typed = readNumber(text, rangeOf(wanted));
  if (!typed.problem.isEmpty()) {
    target.problem = tr("%1: %2").arg(label, typed.problem);
  } else if (wanted.whole == &RunConfig::hrm_width &&
             static_cast<int64_t>(typed.value) % kCoreWidthStep != 0) {
    target.problem = tr("%1 must be 0 or a multiple of %2.").arg(label).arg(kCoreWidthStep);
  } else {
    target.problem.clear();
    target.value = typed.value;
  }
}

void SettingList::setText(const QString& key, const QString& text) {
  const int row = settingRow(key);
  if (row < 0 || m_rows[row].text == text) return;
  take(row, text);
  // What is used, and what may be, depends on other settings.
  emit dataChanged(index(0), index(rowCount() - 1), {Value, IsChanged, IsUsed, Problem, ValueName});
  emit edited();
}

void SettingList::restoreDefaults() {
  for (int row = 0; row < rowCount(); ++row) m_rows[row] = defaultOf(row);
  emit dataChanged(index(0), index(rowCount() - 1));
  emit edited();
}

QJsonObject SettingList::changes() const {
  QJsonObject changes;
  for (int row = 0; row < rowCount(); ++row) {
    if (!isChanged(row)) continue;
    const QString key = QString::fromLatin1(field(row).key);
    changes[key] = field(row).isChoice() ? QJsonValue(m_rows[row].text) : m_rows[row].value;
  }
  return changes;
}

void SettingList::restore(const QJsonObject& changes) {
  for (int row = 0; row < rowCount(); ++row) {
    const SettingField& wanted = field(row);
    const QJsonValue saved = changes[QLatin1String(wanted.key)];
    if (wanted.isChoice()) {
      // The cores of the model are not known yet; setCores looks at this one.
      const auto isOption = [&](const SettingOption& o) { return saved == QLatin1String(o.word); };
      const bool isKnown = wanted.word == &RunConfig::hrm_core ||
                           std::any_of(wanted.options.begin(), wanted.options.end(), isOption);
      if (saved.isString() && isKnown) m_rows[row].text = saved.toString();
    } else if (saved.isDouble()) {
      take(row, wanted.isNumber() ? format(wanted, saved.toDouble())
                                  : QString::number(saved.toDouble()));
      if (!m_rows[row].problem.isEmpty()) m_rows[row] = defaultOf(row);
    }
  }
  emit dataChanged(index(0), index(rowCount() - 1));
  emit edited();
}

int SettingList::changedCount() const {
  int count = 0;
  for (int row = 0; row < rowCount(); ++row) {
    if (isUsed(row) && isChanged(row)) ++count;
  }
  return count;
}

QString SettingList::problem() const {
  for (int row = 0; row < rowCount(); ++row) {
    if (isUsed(row) && !m_rows[row].problem.isEmpty()) return m_rows[row].problem;
  }
  const int rate = settingRow(QStringLiteral("hrm_backbone_lr"));
  if (isUsed(rate) && isWord("hrm_backbone", "full") && m_rows[rate].value > kMostFullRate) {
    return tr("%1 must be at most %2 when the whole model learns.")
        .arg(settingText(field(rate).label), format(field(rate), kMostFullRate));
  }
  return {};
}

double SettingList::number(const QString& key) const {
  const int row = settingRow(key);
  return row < 0 ? 0 : m_rows[row].value;
}

void SettingList::apply(RunConfig& config) const {
  for (int row = 0; row < rowCount(); ++row) {
    const SettingField& wanted = field(row);
    const Row value = isUsed(row) ? m_rows[row] : defaultOf(row);
    if (wanted.word != nullptr) {
      config.*wanted.word = value.text.toStdString();
    } else if (wanted.flag != nullptr) {
      config.*wanted.flag = value.value > 0;
    } else if (wanted.isChoice()) {
      config.*wanted.whole =
          value.text == QLatin1String(kAllCycles) ? cycles() : value.text.toLongLong();
    } else if (wanted.whole != nullptr) {
      config.*wanted.whole = static_cast<int64_t>(value.value);
    } else {
      config.*wanted.real = value.value;
    }
  }
}
