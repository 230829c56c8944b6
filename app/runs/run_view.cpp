// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/runs/run_view.h"

#include <QFileInfo>
#include <QLocale>
#include <QRegularExpression>

namespace {

// A core that goes on from a file has that file's shape, which the configuration does not hold.
void addCoreRows(const greylag::protocol::RunConfig& config, QVariantList& rows) {
  const auto add = [&rows](const QString& label, const QString& value) {
    rows.append(QVariantMap{{QStringLiteral("label"), label}, {QStringLiteral("value"), value}});
  };
  const auto count = [](int64_t value) {
    return QLocale().toString(static_cast<qlonglong>(value));
  };
  if (!config.hrm_core.empty()) {
    add(RunView::tr("Goes on from"), QString::fromStdString(config.hrm_core));
  } else {
    add(RunView::tr("Core width"),
        config.hrm_width == 0 ? RunView::tr("half the model's") : count(config.hrm_width));
    add(RunView::tr("Blocks per module"), count(config.hrm_blocks));
    add(RunView::tr("H-cycles × L-cycles"),
        RunView::tr("%1 × %2").arg(count(config.hrm_h_cycles), count(config.hrm_l_cycles)));
  }
  add(RunView::tr("Deep supervision"), QLocale().toString(config.hrm_ds_weight, 'g', 3));
  add(RunView::tr("Halting"),
      config.hrm_halting
          ? RunView::tr("above %1").arg(QLocale().toString(config.hrm_halt_tau, 'g', 4))
          : RunView::tr("off"));
  const std::string& backbone = config.hrm_backbone;
  add(RunView::tr("Model beside the core"), backbone == "lora"   ? RunView::tr("learns by LoRA")
                                            : backbone == "full" ? RunView::tr("learns too")
                                                                 : RunView::tr("frozen"));
}

}  // namespace

RunView::RunView(QObject* parent) : QObject(parent) {}

void RunView::setLibrary(RunLibrary* library) {
  if (m_library == library) return;
  if (m_library) disconnect(m_library, nullptr, this, nullptr);
  m_library = library;
  if (m_library) {
    connect(m_library, &RunLibrary::runChanged, this, [this](const QString& id) {
      if (id == m_runId) refresh();
    });
  }
  emit libraryChanged();
  refresh();
  emit seriesChanged();
}

void RunView::setRunId(const QString& id) {
  if (m_runId == id) return;
  m_runId = id;
  refresh();
  emit seriesChanged();
}

void RunView::refresh() {
  const greylag::protocol::RunStatus* row = m_library ? m_library->find(m_runId) : nullptr;
  m_exists = row != nullptr;
  const std::string before = greylag::protocol::encode(m_status.config);
  m_status = m_exists ? *row : greylag::protocol::RunStatus();
  m_checkpoints.setCheckpoints(m_status.checkpoints);
  emit changed();
  if (before != greylag::protocol::encode(m_status.config)) emit settingsChanged();
}

RunSeries* RunView::series() const { return m_library ? m_library->seriesOf(m_runId) : nullptr; }

QVariant RunView::role(int role) const {
  if (!m_library) return {};
  const RunListModel* runs = m_library->runs();
  const int row = runs->indexOf(m_runId);
  return row < 0 ? QVariant() : runs->data(runs->index(row), role);
}

bool RunView::canChat() const {
  const greylag::protocol::RunConfig& config = m_status.config;
  if (config.method == "hrm") return config.hrm_backbone != "full";
  return config.method != "full";
}

QString RunView::checkpointNote() const {
  if (checkpointCount() == 0) {
    return tr("None yet. The first is written after some steps, or by “Save now”.");
  }
  if (canChat() && canMerge()) {
    return tr("Chat with one, or merge it into a model that works anywhere.");
  }
  if (canChat()) {
    return tr("Chat with one. A reasoning core cannot be merged: it works beside its model.");
  }
  if (canMerge()) return tr("A full checkpoint is a whole model: install it to chat with it.");
  return tr(
      "A reasoning core cannot be merged, and Chat cannot use this one yet: it belongs to the "
      "changed model beside it, in the run's folder.");
}

QString RunView::speedText() const {
  if (!isLive() || m_status.tokens_per_second <= 0) return {};
  return tr("%1 tokens/s").arg(QLocale().toString(m_status.tokens_per_second, 'f', 0));
}

QString RunView::advice() const {
  const auto& saves = m_checkpoints.rows();
  const QString saved =
      saves.empty() ? tr("It begins again, because nothing was saved yet.")
                    : tr("It goes on from the checkpoint of step %1.")
                          .arg(QLocale().toString(static_cast<qlonglong>(saves.front().step)));
  const bool hadNoRoom = m_status.state == "paused" && !m_status.error.empty();
  if (m_status.state == "failed" || hadNoRoom) return tr("Resume tries again. %1").arg(saved);
  if (m_status.state == "interrupted") {
    return tr("The trainer ended without saying why (power, memory, or killed). %1").arg(saved);
  }
  if (m_status.state == "paused") {
    return tr("It is saved and waits, keeping its memory. Resume continues exactly where it was.");
  }
  return {};
}

QVariantList RunView::settings() const {
  QVariantList rows;
  if (!m_exists) return rows;
  const greylag::protocol::RunConfig& config = m_status.config;
  const QLocale locale;
  const auto add = [&rows](const QString& label, const QString& value) {
    rows.append(QVariantMap{{QStringLiteral("label"), label}, {QStringLiteral("value"), value}});
  };
  const auto count = [&locale](int64_t value) {
    return locale.toString(static_cast<qlonglong>(value));
  };
  add(tr("Method"), methodName(config.method));
  add(tr("Model"), baseModelName(config));
  add(tr("Data"), QFileInfo(QString::fromStdString(config.data)).fileName());
  add(tr("Steps"), count(config.steps));
  add(tr("Learning rate"), locale.toString(config.lr, 'g', 3));
  add(tr("Batch"), config.accumulation > 1
                       ? tr("%1 × %2").arg(count(config.batch), count(config.accumulation))
                       : count(config.batch));
  add(tr("Context"), count(config.context));
  const bool isCore = config.method == "hrm";
  if (config.method == "lora" || (isCore && config.hrm_backbone == "lora")) {
    add(tr("Rank"), count(config.rank));
  }
  if (isCore) addCoreRows(config, rows);
  if (config.patience > 0) add(tr("Patience"), count(config.patience));
  add(tr("Seed"), count(config.seed));
  add(tr("Folder"), QString::fromStdString(m_status.folder));
  return rows;
}

QString RunView::adapterId(qlonglong step) const {
  return m_runId + QLatin1Char('@') + QString::number(step);
}

QString RunView::mergedName() const {
  static const QRegularExpression odd(QStringLiteral("[^\\w.-]+"),
                                      QRegularExpression::UseUnicodePropertiesOption);
  QString name = baseModel() + QLatin1Char('-') + this->name();
  return name.replace(odd, QStringLiteral("-")).left(80);
}

QString RunView::nameProblem(const QString& name) const {
  static const QRegularExpression separator(QStringLiteral("[/\\\\:*?\"<>|]"));
  if (name.trimmed().isEmpty()) return tr("Give the model a name.");
  if (name.startsWith(QLatin1Char('.')) || name.contains(separator)) {
    return tr("A name must not begin with a dot or hold / \\ : * ? \" < > |.");
  }
  return {};
}
