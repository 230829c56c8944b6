// SPDX-License-Identifier: GPL-3.0-or-later
// Copying files into the library one after the other, and looking into a file without copying it.
#include <QFileInfo>

#include "app/models/figures.h"
#include "app/models/model_library.h"

using greylag::Result;
using greylag::protocol::ImportStatus;
using greylag::protocol::ModelStatus;
using greylag::protocol::PathRequest;

void ModelLibrary::importFiles(const QList<QUrl>& files) {
  if (!isReady()) return emit failed(tr("The engine is not running, so nothing can be imported."));
  const bool isIdle = m_imports.isEmpty();
  for (const QUrl& file : files) {
    if (!file.isLocalFile()) {
      emit failed(tr("Only files of this computer can be imported; use “Download from a link” for "
                     "%1.")
                      .arg(file.toDisplayString()));
      continue;
    }
    const QFileInfo info(file.toLocalFile());
    if (info.isDir()) {
      emit failed(tr("%1 is a folder. Choose the checkpoint file inside it.").arg(info.fileName()));
    } else if (!m_imports.contains(info.absoluteFilePath())) {
      m_imports.append(info.absoluteFilePath());
    }
  }
  if (isIdle && !m_imports.isEmpty()) startImport();
  emit importChanged();
}

void ModelLibrary::startImport() {
  const QString path = m_imports.first();
  m_import = {};
  m_import.path = path.toStdString();
  m_import.state = "running";
  emit importChanged();
  PathRequest request;
  request.path = path.toStdString();
  m_engine->client()
      ->post(QStringLiteral("/engine/models/import"), request)
      ->as<ImportStatus>(this, [this, path](const Result<ImportStatus>& status) {
        if (status.ok()) return handleImport(status.value());
        ImportStatus lost;
        lost.path = path.toStdString();
        lost.state = "failed";
        lost.error = status.error().message;
        handleImport(lost);
      });
}

// The reply and the events say the same; only the first word about the end counts.
void ModelLibrary::handleImport(const ImportStatus& status) {
  const QString path = QString::fromStdString(status.path);
  if (m_imports.isEmpty() || path != m_imports.first()) return;
  if (status.state == "running") {
    if (status.bytes_done >= m_import.bytes_done) m_import = status;
    emit importChanged();
    return;
  }
  const QString name = importName();
  m_imports.removeFirst();
  if (status.state == "done") {
    emit finished(tr("%1 is installed").arg(name));
  } else {
    emit failed(tr("%1 was not imported: %2").arg(name, QString::fromStdString(status.error)));
  }
  if (!m_imports.isEmpty() && isReady()) {
    startImport();
  } else {
    m_imports.clear();
    emit importChanged();
    refresh();
  }
}

QString ModelLibrary::importName() const {
  return m_imports.isEmpty() ? QString() : QFileInfo(m_imports.first()).fileName();
}

double ModelLibrary::importProgress() const {
  if (m_import.bytes_total == 0) return -1;
  return static_cast<double>(m_import.bytes_done) / static_cast<double>(m_import.bytes_total);
}

QString ModelLibrary::importDetail() const {
  QString text;
  if (m_import.bytes_total > 0) {
    text = tr("%1 of %2 copied").arg(sizeText(m_import.bytes_done), sizeText(m_import.bytes_total));
  }
  const int waiting = static_cast<int>(m_imports.size()) - 1;
  if (waiting > 0) {
    if (!text.isEmpty()) text += QStringLiteral(" · ");
    text += tr("%n more waiting", nullptr, waiting);
  }
  return text;
}

void ModelLibrary::inspectFile(const QUrl& file) {
  const QString path = file.toLocalFile();
  if (!path.isEmpty()) inspectPath(path, QFileInfo(path).fileName());
}

void ModelLibrary::inspectModel(const QString& id) {
  if (const ModelStatus* row = m_models.find(id)) {
    inspectPath(QString::fromStdString(row->path), id);
  }
}

void ModelLibrary::inspectPath(const QString& path, const QString& name) {
  if (!isReady()) return;
  m_inspectedName = name;
  m_inspection.clear();
  m_inspectionProblem.clear();
  emit inspected();
  PathRequest request;
  request.path = path.toStdString();
  m_engine->client()
      ->post(QStringLiteral("/engine/models/inspect"), request)
      ->as<ModelStatus>(this, [this, name](const Result<ModelStatus>& status) {
        if (name != m_inspectedName) return;
        if (status.ok()) {
          showInspection(status.value());
        } else {
          m_inspectionProblem = QString::fromStdString(status.error().message);
        }
        emit inspected();
      });
}

void ModelLibrary::showInspection(const ModelStatus& status) {
  m_inspection.clear();
  const auto add = [this](const QString& label, const QString& value) {
    if (value.isEmpty()) return;
    m_inspection.append(
        QVariantMap{{QStringLiteral("label"), label}, {QStringLiteral("value"), value}});
  };
  const auto number = [](int64_t value) {
    return value > 0 ? QLocale().toString(static_cast<qlonglong>(value)) : QString();
  };
  add(tr("Architecture"), QString::fromStdString(status.architecture));
  add(tr("File format"), QString::fromStdString(status.format));
  add(tr("Parameters"), number(status.parameters));
  add(tr("Number format"), QString::fromStdString(status.dtype));
  add(tr("Layers"), number(status.layers));
  add(tr("Width"), number(status.width));
  add(tr("Heads"), number(status.heads));
  add(tr("Vocabulary size"), number(status.vocab));
  add(tr("Vocabulary"), vocabularyText(status.vocabulary));
  add(tr("Size"), sizeText(status.size_bytes));
  add(tr("File"), QString::fromStdString(status.path));
  m_inspectionProblem = QString::fromStdString(status.problem);
}
