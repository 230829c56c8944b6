// SPDX-License-Identifier: GPL-3.0-or-later
// Bits per weight are those of the formats (gpu/quant/quant.h); the errors are what
// quant_error_test prints: root mean square over standard deviation, of normal weights.
#include "app/models/model_conversion.h"

#include <QLocale>
#include <QRegularExpression>
#include <array>

#include "app/models/figures.h"
#include "core/protocol/codec.h"

using greylag::Result;
using greylag::protocol::ConversionList;
using greylag::protocol::ConversionStatus;
using greylag::protocol::ConvertRequest;

namespace {

enum Format { Gguf = 1, Safetensors = 2, Pth = 4 };

struct NumberFormat {
  const char* value;
  double bits, error;  // per weight of a large matrix
  int formats;
};
constexpr auto kTypes = std::to_array<NumberFormat>({
    {"q8_0", 8.5, 0.005, Gguf | Safetensors},
    {"q6_k", 6.5625, 0.017, Gguf | Safetensors},
    {"q5_k", 5.5, 0.035, Gguf | Safetensors},
    {"q4_k", 4.5, 0.071, Gguf | Safetensors},
    {"q5_0", 5.5, 0.043, Gguf | Safetensors},
    {"q4_0", 4.5, 0.086, Gguf | Safetensors},
    {"int8", 8, 0.011, Safetensors},
    {"nf4", 4.25, 0.092, Safetensors},
    {"f16", 16, 0, Gguf | Safetensors | Pth},
    {"bf16", 16, 0, Gguf | Safetensors | Pth},
    {"f32", 32, 0, Gguf | Safetensors | Pth},
});

int formatOf(const QString& extension) {
  if (extension == QLatin1String(".gguf")) return Gguf;
  return extension == QLatin1String(".pth") ? Pth : Safetensors;
}

}  // namespace

void ModelConversion::setEngine(EngineState* engine) {
  if (m_engine == engine) return;
  if (m_engine) disconnect(m_engine, nullptr, this, nullptr);
  m_engine = engine;
  if (m_engine) {
    connect(m_engine, &EngineState::connected, this, &ModelConversion::fetch);
    connect(m_engine, &EngineState::eventReceived, this, &ModelConversion::handleEvent);
    fetch();
  }
  emit engineChanged();
}

// A conversion goes on while the window is closed.
void ModelConversion::fetch() {
  if (!isReady()) return;
  m_engine->client()
      ->get(QStringLiteral("/engine/conversions"))
      ->as<ConversionList>(this, [this](const Result<ConversionList>& list) {
        if (!list.ok() || list.value().conversions.empty()) return;
        const ConversionStatus& status = list.value().conversions.front();
        if (status.state == "running") take(status);
      });
}

double ModelConversion::progress() const {
  if (m_status.bytes_total == 0) return -1;
  return static_cast<double>(m_status.bytes_done) / static_cast<double>(m_status.bytes_total);
}

QString ModelConversion::detail() const {
  if (m_status.bytes_total == 0) return {};
  const QString written =
      tr("%1 of %2 written").arg(sizeText(m_status.bytes_done), sizeText(m_status.bytes_total));
  const QString left = m_status.seconds_left > 0 ? durationText(m_status.seconds_left) : QString();
  return left.isEmpty() ? written : tr("%1 · %2 left").arg(written, left);
}

QVariantList ModelConversion::types(const QString& format) const {
  QVariantList rows;
  for (const NumberFormat& type : kTypes) {
    if ((type.formats & formatOf(format)) == 0) continue;
    const QString value = QString::fromLatin1(type.value);
    const QString bits = tr("%1 bits per weight").arg(QLocale().toString(type.bits, 'g', 3));
    const QString note =
        type.error == 0
            ? bits
            : tr("%1, error %2 %").arg(bits, QLocale().toString(100 * type.error, 'f', 1));
    rows.append(QVariantMap{{QStringLiteral("value"), value},
                            {QStringLiteral("text"), value},
                            {QStringLiteral("note"), note}});
  }
  return rows;
}

QString ModelConversion::sizeNote(const QString& type, double parameters) const {
  for (const NumberFormat& known : kTypes) {
    if (type != QLatin1String(known.value) || parameters <= 0) continue;
    return tr("about %1").arg(sizeText(static_cast<uint64_t>(parameters * known.bits / 8)));
  }
  return {};
}

QString ModelConversion::proposedName(const QString& modelId, const QString& type) const {
  QString name = modelId;
  static const QRegularExpression unfit(QStringLiteral("[^\\w.-]"),
                                        QRegularExpression::UseUnicodePropertiesOption);
  name.replace(unfit, QStringLiteral("-"));
  return name + QLatin1Char('-') + type;
}

QString ModelConversion::nameProblem(const QString& name) const {
  static const QRegularExpression separator(QStringLiteral("[/\\\\:*?\"<>|]"));
  const QString trimmed = name.trimmed();
  if (trimmed.isEmpty()) return tr("The model needs a name.");
  if (trimmed.startsWith(QLatin1Char('.')) || trimmed.contains(separator)) {
    return tr("A name does not begin with a dot and has none of / \\ : * ? \" < > |.");
  }
  return {};
}

void ModelConversion::start(const QString& modelId, const QString& type, const QString& fileName) {
  if (!isReady()) return emit failed(tr("The engine is not running, so nothing can be converted."));
  ConvertRequest request;
  request.name = fileName.toStdString();
  request.type = type.toStdString();
  m_engine->client()
      ->post(QStringLiteral("/engine/models/") + EngineClient::idPath(modelId) +
                 QStringLiteral("/convert"),
             request)
      ->as<ConversionStatus>(this, [this](const Result<ConversionStatus>& status) {
        if (!status.ok()) return emit failed(QString::fromStdString(status.error().message));
        if (!isRunning()) take(status.value());
      });
}

void ModelConversion::cancel() {
  if (!isReady() || !isRunning()) return;
  m_engine->client()
      ->post(QStringLiteral("/engine/conversions/cancel"))
      ->as<ConversionList>(this, [this](const Result<ConversionList>& list) {
        if (!list.ok()) emit failed(QString::fromStdString(list.error().message));
      });
}

void ModelConversion::handleEvent(const QString& type, const QByteArray& json) {
  if (type != QLatin1String("conversion")) return;
  const auto status = greylag::protocol::decode<ConversionStatus>(json.toStdString());
  if (status.ok()) take(status.value());
}

void ModelConversion::take(const ConversionStatus& status) {
  const bool wasRunning = isRunning();
  m_status = status;
  emit changed();
  if (isRunning()) return;
  if (status.state == "done") {
    QString message = tr("%1 is in your library (%2)").arg(name(), sizeText(status.size_bytes));
    for (const std::string& note : status.notes) {
      message += QStringLiteral(". ") + QString::fromStdString(note);
    }
    emit finished(message);
  } else if (status.state == "cancelled" && wasRunning) {
    emit finished(tr("Stopped. Converting to %1 again goes on from here.").arg(name()));
  } else if (status.state == "failed") {
    emit failed(tr("%1 was not made: %2").arg(name(), QString::fromStdString(status.error)));
  }
}
