// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the token file that the engine keeps; a renewed token comes with the reply.
#include "app/server/api_access.h"

#include <QJsonDocument>
#include <QJsonObject>

#include "core/base/file.h"

namespace {
constexpr uint64_t kTokenLimit = 4096;

// A text as a JSON (and so Python and JavaScript) literal.
QString quoted(const QString& text) {
  const QByteArray array =
      QJsonDocument(QJsonObject{{QStringLiteral("t"), text}}).toJson(QJsonDocument::Compact);
  return QString::fromUtf8(array.mid(5, array.size() - 6));
}
}  // namespace

void ApiAccess::setEngine(EngineState* engine) {
  if (m_engine == engine) {
    return;
  }
  if (m_engine) {
    disconnect(m_engine, nullptr, this, nullptr);
  }
  m_engine = engine;
  emit engineChanged();
  if (!engine) {
    return;
  }
  connect(engine, &EngineState::connected, this, &ApiAccess::readToken);
  if (engine->isConnected()) {
    readToken();
  }
}

void ApiAccess::readToken() {
  const auto text = greylag::read_text_file(m_engine->home().api_token(), kTokenLimit);
  m_token = text.ok() ? QString::fromStdString(*text).trimmed() : QString();
  emit accessChanged();
}

QString ApiAccess::baseUrl() const {
  return m_engine ? QStringLiteral("http://127.0.0.1:%1/v1").arg(m_engine->port()) : QString();
}

QString ApiAccess::example(const QString& language, const QString& model, bool hidden) const {
  const QString token = hidden ? QString(12, QChar(0x2022)) : m_token;
  const QString name = quoted(model);
  if (language == QLatin1String("python")) {
    return QStringLiteral(
               "from openai import OpenAI\n\n"
               "client = OpenAI(base_url=\"%1\", api_key=\"%2\")\n"
               "stream = client.chat.completions.create(\n"
               "    model=%3,\n"
               "    messages=[{\"role\": \"user\", \"content\": \"Hello\"}],\n"
               "    stream=True,\n"
               ")\n"
               "for chunk in stream:\n"
               "    if chunk.choices:\n"
               "        print(chunk.choices[0].delta.content or \"\", end=\"\")")
        .arg(baseUrl(), token, name);
  }
  if (language == QLatin1String("javascript")) {
    return QStringLiteral(
               "import OpenAI from \"openai\";\n\n"
               "const client = new OpenAI({ baseURL: \"%1\", apiKey: \"%2\" });\n"
               "const stream = await client.chat.completions.create({\n"
               "  model: %3,\n"
               "  messages: [{ role: \"user\", content: \"Hello\" }],\n"
               "  stream: true,\n"
               "});\n"
               "for await (const chunk of stream) {\n"
               "  process.stdout.write(chunk.choices[0]?.delta?.content ?? \"\");\n"
               "}")
        .arg(baseUrl(), token, name);
  }
  QString body = QStringLiteral(
                     "{\"model\": %1, \"stream\": true,\n"
                     "       \"messages\": [{\"role\": \"user\", \"content\": \"Hello\"}]}")
                     .arg(name);
  body.replace(QLatin1Char('\''), QLatin1String("'\\''"));
  return QStringLiteral(
             "curl %1/chat/completions \\\n"
             "  -H \"Authorization: Bearer %2\" \\\n"
             "  -H \"Content-Type: application/json\" \\\n"
             "  -d '%3'")
      .arg(baseUrl(), token, body);
}

void ApiAccess::renewToken() {
  if (!m_engine) {
    return;
  }
  m_engine->client()
      ->post(QStringLiteral("/engine/token/renew"))
      ->then(this, [this](const EngineResponse& response) {
        if (!response.ok()) {
          emit failed(response.error);
          return;
        }
        m_token = QJsonDocument::fromJson(response.body)
                      .object()
                      .value(QLatin1String("token"))
                      .toString();
        emit accessChanged();
        emit renewed();
      });
}
