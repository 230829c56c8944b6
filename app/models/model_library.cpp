// SPDX-License-Identifier: GPL-3.0-or-later
// Lists, events and actions on installed models and adapters. Import and inspection are in
// model_import.cpp, downloads in model_downloads.cpp.
#include "app/models/model_library.h"

#include "app/models/figures.h"
#include "core/protocol/codec.h"

using greylag::Result;
using greylag::protocol::AdapterList;
using greylag::protocol::AdapterStatus;
using greylag::protocol::AlphaRequest;
using greylag::protocol::Catalogue;
using greylag::protocol::DeleteReply;
using greylag::protocol::DownloadList;
using greylag::protocol::ModelList;
using greylag::protocol::ModelStatus;

namespace {

template <typename T>
QString messageOf(const Result<T>& result) {
  return QString::fromStdString(result.error().message);
}

}  // namespace

ModelLibrary::ModelLibrary(QObject* parent) : QObject(parent) {}

void ModelLibrary::setEngine(EngineState* engine) {
  if (m_engine == engine) return;
  if (m_engine) disconnect(m_engine, nullptr, this, nullptr);
  m_engine = engine;
  if (m_engine) {
    connect(m_engine, &EngineState::connected, this, &ModelLibrary::refresh);
    connect(m_engine, &EngineState::eventReceived, this, &ModelLibrary::handleEvent);
    connect(m_engine, &EngineState::statusChanged, this, [this] {
      showMachine();
      emit countsChanged();
    });
    showMachine();
    refresh();
  }
  emit engineChanged();
}

void ModelLibrary::showMachine() {
  m_catalogue.setDiskFree(static_cast<uint64_t>(m_engine->diskFreeBytes()));
  m_catalogue.setMemory(static_cast<uint64_t>(m_engine->deviceMemoryBytes()));
}

QString ModelLibrary::diskText() const {
  if (!m_engine || m_engine->diskFreeBytes() <= 0) return {};
  return tr("%1 free on this disk").arg(sizeText(static_cast<uint64_t>(m_engine->diskFreeBytes())));
}

void ModelLibrary::refresh() {
  if (!isReady()) return;
  m_engine->client()
      ->get(QStringLiteral("/engine/models"))
      ->as<ModelList>(this, [this](const Result<ModelList>& list) {
        if (!list.ok()) return emit failed(messageOf(list));
        m_models.setRows(list.value().models);
        m_isLoaded = true;
        emit countsChanged();
      });
  m_engine->client()
      ->get(QStringLiteral("/engine/downloads"))
      ->as<DownloadList>(this, [this](const Result<DownloadList>& list) {
        if (!list.ok()) return emit failed(messageOf(list));
        m_downloads.setRows(list.value().downloads);
        m_catalogue.joinDownloads(m_downloads);
        emit countsChanged();
      });
  fetchAdapters();
  fetchCatalogue();
}

void ModelLibrary::fetchAdapters() {
  if (!isReady()) return;
  m_engine->client()
      ->get(QStringLiteral("/engine/adapters"))
      ->as<AdapterList>(this, [this](const Result<AdapterList>& list) {
        if (!list.ok()) return emit failed(messageOf(list));
        setAdapters(list.value());
      });
}

void ModelLibrary::setAdapters(const AdapterList& list) {
  m_adapters.setRows(list.adapters);
  emit countsChanged();
}

void ModelLibrary::fetchCatalogue() {
  if (!isReady()) return;
  m_engine->client()
      ->get(QStringLiteral("/engine/catalogue"))
      ->as<Catalogue>(this, [this](const Result<Catalogue>& list) {
        if (!list.ok()) return emit failed(messageOf(list));
        m_catalogue.setEntries(list.value().entries, m_downloads);
        emit countsChanged();
      });
}

void ModelLibrary::handleEvent(const QString& type, const QByteArray& json) {
  using namespace greylag::protocol;
  const std::string text = json.toStdString();
  if (type == QLatin1String("models")) {
    const Result<ModelList> list = decode<ModelList>(text);
    if (!list.ok()) return;
    m_models.setRows(list.value().models);
    m_isLoaded = true;
    emit countsChanged();
    fetchAdapters();
    fetchCatalogue();
  } else if (type == QLatin1String("model")) {
    const Result<ModelStatus> row = decode<ModelStatus>(text);
    if (!row.ok()) return;
    m_models.upsert(row.value());
    emit countsChanged();
  } else if (type == QLatin1String("download")) {
    const Result<DownloadStatus> row = decode<DownloadStatus>(text);
    if (row.ok()) handleDownload(row.value());
  } else if (type == QLatin1String("import")) {
    const Result<ImportStatus> row = decode<ImportStatus>(text);
    if (row.ok()) handleImport(row.value());
  }
}

void ModelLibrary::postModel(const QString& id, const QString& word) {
  if (!isReady()) return;
  const QString path = QStringLiteral("/engine/models/") + EngineClient::idPath(id) + word;
  m_engine->client()->post(path)->as<ModelStatus>(this, [this](const Result<ModelStatus>& row) {
    if (!row.ok()) {
      emit failed(messageOf(row));
      refresh();
      return;
    }
    m_models.upsert(row.value());
  });
}

void ModelLibrary::load(const QString& id) {
  if (const ModelStatus* row = m_models.find(id)) {
    ModelStatus busy = *row;
    busy.is_loading = true;
    m_models.upsert(busy);
  }
  postModel(id, QStringLiteral("/load"));
}

void ModelLibrary::unload(const QString& id) { postModel(id, QStringLiteral("/unload")); }

void ModelLibrary::remove(const QString& id) {
  if (!isReady()) return;
  m_engine->client()
      ->del(QStringLiteral("/engine/models/") + EngineClient::idPath(id))
      ->as<DeleteReply>(this, [this, id](const Result<DeleteReply>& reply) {
        if (!reply.ok()) return emit failed(messageOf(reply));
        m_models.remove(id);
        emit countsChanged();
        emit finished(tr("%1 deleted, %2 regained").arg(id, sizeText(reply.value().freed_bytes)));
        fetchAdapters();
        fetchCatalogue();
      });
}

void ModelLibrary::setAlpha(const QString& adapterId, double alpha) {
  if (!isReady()) return;
  const QString path = QStringLiteral("/engine/adapters/%1/alpha");
  m_engine->client()
      ->post(path.arg(EngineClient::idPath(adapterId)), AlphaRequest{alpha})
      ->as<AdapterStatus>(this, [this](const Result<AdapterStatus>& row) {
        if (!row.ok()) return emit failed(messageOf(row));
        m_adapters.upsert(row.value());
      });
}

void ModelLibrary::removeAdapter(const QString& id) {
  if (!isReady()) return;
  m_engine->client()
      ->del(QStringLiteral("/engine/adapters/") + EngineClient::idPath(id))
      ->as<DeleteReply>(this, [this, id](const Result<DeleteReply>& reply) {
        if (!reply.ok()) return emit failed(messageOf(reply));
        m_adapters.remove(id);
        emit countsChanged();
        emit finished(tr("%1 deleted, %2 regained").arg(id, sizeText(reply.value().freed_bytes)));
      });
}

QString ModelLibrary::removalText(const QString& id) const {
  const ModelStatus* row = m_models.find(id);
  if (row == nullptr) return {};
  QString text = tr("The file is removed from this computer and %1 become free. To have it again "
                    "you need to download or import it again.")
                     .arg(sizeText(row->size_bytes));
  QStringList needed;
  for (const greylag::protocol::AdapterStatus& adapter : m_adapters.rows()) {
    if (QString::fromStdString(adapter.base_model) == id) {
      needed.append(QString::fromStdString(adapter.id));
    }
  }
  if (!needed.isEmpty()) {
    const int count = static_cast<int>(needed.size());
    text += QStringLiteral("\n\n") +
            tr("%n adapter(s) or state(s) work only with this model and rest until it is back: %1",
               nullptr, count)
                .arg(needed.mid(0, 5).join(QStringLiteral(", ")) +
                     (count > 5 ? QStringLiteral(", …") : QString()));
  }
  return text;
}

QString ModelLibrary::adapterRemovalText(const QString& id) const {
  const greylag::protocol::AdapterStatus* row = m_adapters.find(id);
  if (row == nullptr) return {};
  const QString size = sizeText(row->size_bytes);
  if (row->run.empty()) {
    return tr("The file is removed and %1 become free. Chats that use it fall back to the model "
              "alone.")
        .arg(size);
  }
  return tr("This is a checkpoint of the run “%1”. It is removed and %2 become free; the run can "
            "no "
            "longer continue from this step.")
      .arg(QString::fromStdString(row->run), size);
}
