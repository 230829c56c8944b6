// SPDX-License-Identifier: GPL-3.0-or-later
// Builds the shared objects and prepares a QML engine for them.
#include "app/app_context.h"

#include <QCoreApplication>
#include <QLibraryInfo>
#include <QLocale>
#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QQmlNetworkAccessManagerFactory>
#include <QTranslator>
#include <QVariant>

#include "app/chat/chat_store.h"
#include "app/engine/engine_state.h"
#include "app/icon_provider.h"
#include "app/settings/app_settings.h"
#include "core/base/file.h"

namespace {
constexpr const char* kProperty = "greylagContext";

// QML has no network: an image address inside a model's answer must not call anybody.
class NoNetwork : public QNetworkAccessManager {
 public:
  using QNetworkAccessManager::QNetworkAccessManager;

 protected:
  QNetworkReply* createRequest(Operation operation, const QNetworkRequest& /*request*/,
                               QIODevice* /*body*/) override {
    return QNetworkAccessManager::createRequest(operation, QNetworkRequest(QUrl()), nullptr);
  }
};

class NoNetworkFactory : public QQmlNetworkAccessManagerFactory {
 public:
  QNetworkAccessManager* create(QObject* parent) override { return new NoNetwork(parent); }
};
}  // namespace

AppContext::AppContext(const greylag::Home& home, const QString& engineProgram)
    : m_home(home),
      m_settings(std::make_unique<AppSettings>(home)),
      m_engine(std::make_unique<EngineState>(home, engineProgram)) {
  connect(m_settings.get(), &AppSettings::languageChanged, this, &AppContext::applyLanguage);
  applyLanguage();
}

AppContext::~AppContext() {
  QCoreApplication::removeTranslator(m_appTexts.get());
  QCoreApplication::removeTranslator(m_qtTexts.get());
}

greylag::Status AppContext::openChats() {
  auto store =
      ChatStore::open(QString::fromStdString(greylag::path_to_utf8(m_home.chats_database())));
  if (!store.ok()) {
    return store.error();
  }
  m_chats = std::move(*store);
  return {};
}

void AppContext::install(QQmlEngine* engine) {
  static NoNetworkFactory noNetwork;  // has no state; must outlive every engine
  m_qml = engine;
  engine->setProperty(kProperty, QVariant::fromValue(static_cast<QObject*>(this)));
  engine->setNetworkAccessManagerFactory(&noNetwork);
  engine->addImportPath(QStringLiteral("qrc:/qt/qml"));
  engine->addImageProvider(QStringLiteral("icon"), new IconProvider);
}

AppContext* AppContext::of(QQmlEngine* engine) {
  return qobject_cast<AppContext*>(engine->property(kProperty).value<QObject*>());
}

void AppContext::applyLanguage() {
  QCoreApplication::removeTranslator(m_appTexts.get());
  QCoreApplication::removeTranslator(m_qtTexts.get());
  const QString code = m_settings->effectiveLanguage();
  m_appTexts = std::make_unique<QTranslator>();
  m_qtTexts = std::make_unique<QTranslator>();
  if (m_appTexts->load(QStringLiteral(":/i18n/greylag_%1.qm").arg(code))) {
    QCoreApplication::installTranslator(m_appTexts.get());
  }
  if (m_qtTexts->load(QStringLiteral("qtbase_%1").arg(code),
                      QLibraryInfo::path(QLibraryInfo::TranslationsPath))) {
    QCoreApplication::installTranslator(m_qtTexts.get());
  }
  QLocale::setDefault(code == QLatin1String("de")
                          ? QLocale(QLocale::German, QLocale::Germany)
                          : QLocale(QLocale::English, QLocale::UnitedStates));
  if (m_qml) {
    m_qml->retranslate();
  }
}
